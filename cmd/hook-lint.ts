import { existsSync } from 'node:fs';
import path from 'node:path';
import { type HookCheck, checkHooks } from '../lib/deliver/hook-check.ts';
import type { HookFinding } from '../lib/deliver/hook-problems.ts';
import { jsonLine } from '../lib/report/json-line.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import type { Config } from '../lib/words/service.ts';
import { NO_CONFIG } from './no-config.ts';
import type { Options } from './options.ts';
import { writeOut } from './output.ts';
import { readConfig, readConfigIfThere, report, withHooksOption } from './setting.ts';
import type { World } from './world.ts';

/** `puptime hook lint [PATH…]`: what is wrong with hooks, a line for each, on stdout. */
export async function lintHooks(options: Options, world: World): Promise<number> {
  const paths = options._.map((given) => path.resolve(world.cwd, given));
  const missing = paths.findIndex((file) => !existsSync(file));
  if (missing >= 0)
    throw new UserError(
      EXIT.noInput,
      `${safeLine(options._[missing] ?? '')}: there is no such file or directory`,
    );
  const config = withHooksOption(await configFor(options, world), options, world);
  const check = await checkHooks(config, paths.length === 0 ? null : paths, world);
  if (options.quiet !== true) await writeOut(world.stdout, show(check, options));
  if (check.refusal !== null) report(world, `no hook may run: ${check.refusal.text}`);
  return exitCodeOf(check);
}

/** Paths, or --hooks, need no config. */
async function configFor(options: Options, world: World): Promise<Pick<Config, 'hooks' | 'services'>> {
  if (options._.length === 0 && options.hooks === undefined) return readConfig(options, world);
  const config = await readConfigIfThere(options, world);
  // Where nothing says whom hooks run as, they are looked at as those of this user, root or not.
  return config ?? { ...NO_CONFIG, hooks: { ...NO_CONFIG.hooks, user: 'root' } };
}

function show({ findings, count }: HookCheck, options: Options): string {
  const json = options.json === true || options.output === 'json' || options.output === 'ndjson';
  if (json) return findings.map(jsonLine).join('');
  const lines = findings
    .map(({ path: file, text }) => `${safeLine(file, 500)}: ${safeLine(text, 500)}\n`)
    .join('');
  const hooks = count === 1 ? '1 hook' : `${String(count)} hooks`;
  return findings.every(isNoFault) ? `${lines}${hooks}, no problems\n` : lines;
}

function isNoFault({ severity }: HookFinding): boolean {
  return severity === 'passed_over';
}

function exitCodeOf({ findings, refusal }: HookCheck): number {
  if (refusal !== null || findings.some(({ severity }) => severity === 'refused')) return EXIT.notPermitted;
  return findings.every(isNoFault) ? EXIT.ok : EXIT.hookFailed;
}
