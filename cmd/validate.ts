import { type HookPlace, findHookProblems, findHooks } from '../lib/deliver/hook-lookup.ts';
import { openSandbox } from '../lib/deliver/hook-sandbox.ts';
import { placeOfHooks } from '../lib/deliver/hook-setting.ts';
import { hookUser, readPasswd } from '../lib/deliver/hook-user.ts';
import { jsonLine } from '../lib/report/json-line.ts';
import { EVENT_KINDS } from '../lib/words/event.ts';
import { EXIT } from '../lib/words/problem.ts';
import type { Config, Problem } from '../lib/words/service.ts';
import type { Options } from './options.ts';
import { writeOut } from './output.ts';
import { showProblem, withHooksOption } from './setting.ts';
import type { World } from './world.ts';

/** `puptime validate`: every problem of config and hooks at once, on stdout. */
export async function validateConfig(options: Options, world: World): Promise<number> {
  const { loadConfig } = await import('../lib/config/load.ts');
  const files = [...(options.config ?? []), ...options._];
  const checked = await loadConfig({ files: files.length === 0 ? null : files }, world);
  if (!checked.ok) {
    await print(checked.problems, options, world);
    return EXIT.config;
  }
  const config = withHooksOption(checked.value, options, world);
  const found = await hookProblems(config, world);
  await print(
    found.map(({ problem }) => problem),
    options,
    world,
  );
  if (found.some(({ expected }) => !expected)) return EXIT.notPermitted;
  if (options.quiet !== true && options.json !== true) {
    const count = config.services.length;
    await writeOut(
      world.stdout,
      `${config.files.join(', ')}: ${String(count)} ${count === 1 ? 'service' : 'services'}, no problems\n`,
    );
  }
  return EXIT.ok;
}

interface HookFinding {
  readonly problem: Problem;
  /** worth a line, no fault: `page.disabled` */
  readonly expected: boolean;
}

async function hookProblems(config: Config, world: World): Promise<HookFinding[]> {
  const user = hookUser(world.uid, config.hooks.user, readPasswd);
  const place = placeOfHooks(config.hooks, user, world);
  const found = findHookProblems(config.services, place).map(({ path, reason, expected }) => ({
    problem: hookProblem(path, reason),
    expected,
  }));
  const kind = config.hooks.sandbox;
  // Whom hooks run as matters only where there are some.
  if (kind === 'none' && !hasHooks(config, place)) return found;
  const text = await openSandbox({ kind, user, uid: world.uid, path: world.env.PATH }).refusal();
  if (text === null) return found;
  const [file = ''] = config.files;
  const setting = user.kind === 'refused' ? 'hooks.user' : 'hooks.sandbox';
  return [{ problem: { file, line: null, col: null, path: setting, text }, expected: false }, ...found];
}

function hasHooks({ services }: Config, place: HookPlace): boolean {
  return (
    EVENT_KINDS.some((kind) => findHooks(`on_${kind}`, null, place).hooks.length > 0) ||
    services.some(({ hooks }) => Object.values(hooks.run).flat().length > 0)
  );
}

function hookProblem(file: string, reason: string): Problem {
  const bare = reason.startsWith(`${file} `) ? reason.slice(file.length + 1) : reason;
  return { file, line: null, col: null, path: '', text: bare };
}

async function print(problems: readonly Problem[], options: Options, world: World): Promise<void> {
  const json = options.json === true || options.output === 'json' || options.output === 'ndjson';
  const lines = problems.map((problem) => (json ? jsonLine(problem) : `${showProblem(problem)}\n`));
  await writeOut(world.stdout, lines.join(''));
}
