import { chooseHook } from '../lib/deliver/delivery-choice.ts';
import { createHookFinder, type HookFinder } from '../lib/deliver/hook-finder.ts';
import { openHookTrials, type HookTrial } from '../lib/deliver/hook-trial.ts';
import { createRunLines } from '../lib/deliver/run-lines.ts';
import { jsonLine } from '../lib/report/json-line.ts';
import { shortHook } from '../lib/report/delivery-table.ts';
import type { Delivery } from '../lib/words/delivery.ts';
import { showDuration } from '../lib/words/duration-text.ts';
import type { Event } from '../lib/words/event.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import { deliverWorld } from './delivering.ts';
import { exitCodeOf } from './exit-code.ts';
import { listenForInterruption } from './interruption.ts';
import { isForPrograms } from './known-events.ts';
import type { Options } from './options.ts';
import { openOutput } from './output.ts';
import { type ReplayInput, readReplayInput } from './replay-input.ts';
import { readConfig, report, withHooksOption } from './setting.ts';
import type { World } from './world.ts';

interface Step {
  readonly event: Event;
  readonly hook: { readonly path: string };
  /** for on_run: lines of its results file */
  readonly results: string | null;
}

/** `puptime replay FILE…`: the hooks of these events, at once, one after the other, one try each; nothing is remembered. */
export async function replay(options: Options, world: World): Promise<number> {
  if (options.output !== undefined && !['human', 'json', 'ndjson'].includes(options.output))
    throw new UserError(EXIT.usage, `replay -o ${options.output}: expected human, json or ndjson`);
  const config = withHooksOption(await readConfig(options, world), options, world);
  const inputs: ReplayInput[] = [];
  for (const name of options._) inputs.push(await readReplayInput(name, world));
  tellOfInputs(inputs, options, world);
  const interruption = listenForInterruption(null);
  const trials = openHookTrials(config.hooks, interruption.hooks, deliverWorld(world));
  const services = new Map(config.services.map(({ name, hooks }) => [name, hooks]));
  const find = createHookFinder(trials.place, services, (line) => report(world, line));
  const steps = chooseHook(
    options.hook,
    inputs.flatMap((input) => stepsOf(input, find, world)),
  );
  const output = openOutput(world.stdout);
  const counts = { refused: 0, failed: 0, unwritten: inputs.flatMap(({ problems }) => problems).length };
  for (const { event, hook, results } of steps) {
    if (interruption.exitCode() !== null) break;
    if (options['dry-run'] === true) {
      if (options.quiet !== true) output.write(showPlan(event, hook.path, options));
      continue;
    }
    const trial = await trials.run(hook.path, event, results);
    if (trial.kind !== 'done') counts[trial.kind] += 1;
    if (options.quiet !== true) output.write(showTrial(event, trial, options));
  }
  trials.close();
  await output.finish();
  interruption.end();
  return exitCodeOf({ ...counts, status: null }, interruption);
}

function tellOfInputs(inputs: readonly ReplayInput[], options: Options, world: World): void {
  for (const { name, events, results, problems } of inputs) {
    for (const problem of problems) report(world, problem);
    if (options.quiet === true) continue;
    if (results > 0) report(world, `${name}: ${String(results)} results passed over: hooks run for events`);
    if (events.length === 0 && problems.length === 0) report(world, `${name}: there is no event in it`);
  }
}

function stepsOf({ events }: ReplayInput, find: HookFinder, world: World): readonly Step[] {
  const lines = createRunLines();
  return events.flatMap((event) => {
    const results = event.event === 'run' ? lines.text() : null;
    if (event.event !== 'run') lines.add(event);
    const hooks = find(event);
    if (hooks.length === 0 && event.event !== 'result')
      report(world, `on_${event.event} for ${safeLine(event.service)}: no hook is there for it`);
    return hooks.map((hook) => ({ event, hook, results }));
  });
}

function showPlan(event: Event, hook: string, options: Options): string {
  if (isForPrograms(options)) return jsonLine(recordOf(event, hook, null));
  return `${event.event} of ${safeLine(event.service)}: would be given to ${shortHook(hook)}\n`;
}

function showTrial(event: Event, trial: HookTrial, options: Options): string {
  if (isForPrograms(options)) return jsonLine(recordOf(event, trial.path, trial));
  const { path, kind, text, output, duration_ms } = trial;
  const took = duration_ms === null ? '' : ` in ${showDuration(duration_ms)}`;
  const end = kind === 'done' ? 'delivered' : kind;
  const head = `${event.event} of ${safeLine(event.service)}: ${shortHook(path)}: ${end} (${text})${took}\n`;
  if (output === '' || (kind === 'done' && options.verbose !== true)) return head;
  return `${head}${output
    .split('\n')
    .map((line) => `  | ${line}\n`)
    .join('')}`;
}

/** `trial` is null for one that has only been planned. */
function recordOf(event: Event, hook: string, trial: HookTrial | null): Delivery {
  return {
    schema: 'puptime.delivery.v1',
    id: event.id,
    event: event.event,
    service: event.service,
    incident: event.incident?.id ?? null,
    state: trial?.kind ?? 'waiting',
    hook,
    attempts: trial === null || trial.kind === 'refused' ? 0 : 1,
    next: null,
    reason: trial === null || trial.kind === 'done' ? null : trial.text,
    output: trial === null || trial.output === '' ? null : trial.output,
    time: event.time,
    committed: null,
    ended: null,
    summary: event.summary,
  };
}
