import { type HookPlace, findHookProblems, findHooks } from '../lib/deliver/hook-lookup.ts';
import { hookUser, ownerOf, readPasswd } from '../lib/deliver/hook-user.ts';
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
  const found = hookProblems(config, world);
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

function hookProblems(config: Config, world: World): HookFinding[] {
  const user = hookUser(world.uid, config.hooks.user, readPasswd);
  const place = { dir: config.hooks.dir, uid: ownerOf(user)?.uid ?? world.uid };
  const found = findHookProblems(config.services, place).map(({ path, reason, expected }) => ({
    problem: hookProblem(path, reason),
    expected,
  }));
  // Whom hooks run as matters only where there are some.
  if (user.kind !== 'refused' || !hasHooks(config, place)) return found;
  const [file = ''] = config.files;
  const problem = { file, line: null, col: null, path: 'hooks.user', text: user.reason };
  return [{ problem, expected: false }, ...found];
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
