import { findHookProblems } from '../lib/deliver/hook-lookup.ts';
import { hookUser, ownerOf, readPasswd } from '../lib/deliver/hook-user.ts';
import { jsonLine } from '../lib/report/json-line.ts';
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
  const problems = hookProblems(config, world);
  await print(problems, options, world);
  if (problems.length > 0) return EXIT.notPermitted;
  if (options.quiet !== true && options.json !== true) {
    const count = config.services.length;
    await writeOut(
      world.stdout,
      `${config.files.join(', ')}: ${String(count)} ${count === 1 ? 'service' : 'services'}, no problems\n`,
    );
  }
  return EXIT.ok;
}

function hookProblems(config: Config, world: World): Problem[] {
  const user = hookUser(world.uid, config.hooks.user, readPasswd);
  const place = { dir: config.hooks.dir, uid: ownerOf(user)?.uid ?? world.uid };
  const found = findHookProblems(config.services, place).map(({ path, reason }) => hookProblem(path, reason));
  // Root without hooks.user is a problem only where there is a hook to run.
  return found;
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
