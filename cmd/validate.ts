import { checkHooks } from '../lib/deliver/hook-check.ts';
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
  const found = await hookProblems(config, world);
  await print(
    found.map(({ problem }) => problem),
    options,
    world,
  );
  if (found.some(({ passes }) => !passes)) return EXIT.notPermitted;
  if (options.quiet !== true && options.json !== true) {
    const count = config.services.length;
    await writeOut(
      world.stdout,
      `${config.files.join(', ')}: ${String(count)} ${count === 1 ? 'service' : 'services'}, no problems\n`,
    );
  }
  return EXIT.ok;
}

interface HookProblem {
  readonly problem: Problem;
  /** true: worth a line, no fault, such as `page.disabled` */
  readonly passes: boolean;
}

async function hookProblems(config: Config, world: World): Promise<HookProblem[]> {
  const { findings, refusal } = await checkHooks(config, null, world);
  const found = findings.map(({ path: file, severity, text }) => ({
    problem: { file, line: null, col: null, path: '', text },
    passes: severity === 'passed_over' || severity === 'doubtful',
  }));
  if (refusal === null) return found;
  const [file = ''] = config.files;
  const problem = { file, line: null, col: null, path: refusal.key, text: refusal.text };
  return [{ problem, passes: false }, ...found];
}

async function print(problems: readonly Problem[], options: Options, world: World): Promise<void> {
  const json = options.json === true || options.output === 'json' || options.output === 'ndjson';
  const lines = problems.map((problem) => (json ? jsonLine(problem) : `${showProblem(problem)}\n`));
  await writeOut(world.stdout, lines.join(''));
}
