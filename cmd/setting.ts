import path from 'node:path';
import { readSources, type Sources } from '../lib/config/config-files.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import type { Config, Problem } from '../lib/words/service.ts';
import type { Options } from './options.ts';
import type { World } from './world.ts';

/** The checked config that the options name. Every problem goes to stderr; then UserError 78. */
export async function readConfig(options: Options, world: World): Promise<Config> {
  return checkTexts(readTexts(options, world), world);
}

/** The texts of the config that the options name, in two steps for those who may not need the second. */
export function readTexts(options: Options, world: World): Sources {
  return readSources(options.config ?? null, world);
}

export async function checkTexts(texts: Sources, world: World): Promise<Config> {
  const { loadSources } = await import('../lib/config/load.ts');
  const checked = await loadSources(texts, world);
  if (checked.ok) return checked.value;
  refuseProblems(checked.problems, world);
  throw new UserError(EXIT.config, countProblems(checked.problems.length));
}

/** `file:line:col: path: what, expected what`. */
export function showProblem({ file, line, col, path: where, text }: Problem): string {
  const at = line === null ? file : `${file}:${String(line)}:${String(col ?? 1)}`;
  return where === '' ? `${at}: ${text}` : `${at}: ${where}: ${text}`;
}

function countProblems(count: number): string {
  return `the config has ${String(count)} ${count === 1 ? 'problem' : 'problems'}: nothing was probed, nothing is forgotten`;
}

/** Each problem on a line of stderr. */
export function refuseProblems(problems: readonly Problem[], world: World): void {
  world.stderr.write(problems.map((problem) => `${showProblem(problem)}\n`).join(''));
}

/** Where memory and queue are: --state, $PUPTIME_STATE, the config’s, systemd’s, or the usual place. */
export function stateDirectory(options: Options, config: Pick<Config, 'state'> | null, world: World): string {
  const { env } = world;
  const given = namedState(options, world);
  if (given !== undefined) return path.resolve(world.cwd, given);
  if (config?.state) return config.state;
  const systemd = nonEmpty(env['STATE_DIRECTORY']);
  if (systemd !== undefined) return systemd.split(':')[0] ?? systemd;
  if (world.uid === 0) return '/var/lib/puptime';
  const home =
    nonEmpty(env['XDG_STATE_HOME']) ??
    (env['HOME'] === undefined ? undefined : `${env['HOME']}/.local/state`);
  if (home === undefined)
    throw new UserError(EXIT.usage, 'no state directory: HOME is not set; give one with --state');
  return `${home}/puptime`;
}

/** All that stateDirectory looks at, but for the config. */
export function whatNamesState(options: Options, { env, uid }: World): readonly (string | undefined)[] {
  const { PUPTIME_STATE, STATE_DIRECTORY, XDG_STATE_HOME, HOME } = env;
  return [options.state, PUPTIME_STATE, STATE_DIRECTORY, XDG_STATE_HOME, HOME, String(uid)];
}

/** True when --state or $PUPTIME_STATE says where it is. */
export function namesState(options: Options, world: World): boolean {
  return namedState(options, world) !== undefined;
}

function namedState(options: Options, { env }: World): string | undefined {
  return options.state ?? nonEmpty(env['PUPTIME_STATE']);
}

/** The config with the hooks directory of --hooks, if there is one. */
export function withHooksOption<T extends Pick<Config, 'hooks'>>(
  config: T,
  options: Options,
  world: World,
): T {
  if (options.hooks === undefined) return config;
  return { ...config, hooks: { ...config.hooks, dir: path.resolve(world.cwd, options.hooks) } };
}

/** One line on stderr. */
export function report(world: World, line: string): void {
  world.stderr.write(`puptime: ${line}\n`);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** The config where there is one, for commands that can do without. Throws UserError 78 when it is invalid, as for all. */
export async function readConfigIfThere(options: Options, world: World): Promise<Config | null> {
  try {
    return await readConfig(options, world);
  } catch (error) {
    if (error instanceof UserError && options.config === undefined && error.exitCode === EXIT.noInput)
      return null;
    throw error;
  }
}
