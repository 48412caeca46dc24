import { parseShorthand } from '../lib/decide/shorthand.ts';
import { simulatedResult } from '../lib/decide/simulated-result.ts';
import { renderSimulation, renderSimulationJson, type SimulatedStep } from '../lib/report/simulation.ts';
import { showLocalTime } from '../lib/schedule/local-time.ts';
import type { HookReference } from '../lib/state/hook-reference.ts';
import type { EventKind } from '../lib/words/event.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { STATUS_LETTER } from '../lib/words/record.ts';
import type { RunInfo } from '../lib/words/result.ts';
import type { ServiceHooks } from '../lib/words/service.ts';
import { hooksFor } from './announcement.ts';
import { differences, readExpectedNews } from './expected-news.ts';
import type { Options } from './options.ts';
import { writeOut } from './output.ts';
import { readRecordedResults } from './recorded-results.ts';
import { usesColor } from './results-printer.ts';
import { report } from './setting.ts';
import { createSimulation, type Scene, type Stage } from './simulation.ts';
import { type Cast, castFor } from './simulation-cast.ts';
import { clockOf } from './simulation-clock.ts';
import type { World } from './world.ts';

/** Of `--expect`, when it was otherwise. */
const DIFFERENT = 1;
const MOST_DIFFERENCES = 20;

/** `puptime simulate`: results or a story through the real decisions. Runs nothing, writes nothing, uses no network. */
export async function simulate(options: Options, world: World): Promise<number> {
  if (options.output !== undefined && !['human', 'json', 'ndjson'].includes(options.output))
    throw new UserError(EXIT.usage, `simulate -o ${options.output}: expected human, json or ndjson`);
  const expected = options.expect === undefined ? null : readExpectedNews(options.expect);
  const cast = await castFor(options, world);
  const run: RunInfo = { id: 'simulated', host: world.host, config: null };
  const simulation = createSimulation({
    run,
    zone: world.zone,
    hooksFor: rememberHooks((event, hooks) => hooksFor(event, hooks, cast.config, world)),
  });
  const steps: SimulatedStep[] = [];
  for (const { service, scene } of await scenesFor(cast, run, options, world))
    steps.push(await simulation.play(cast.actor(service), scene));
  if (options.quiet !== true) await writeOut(world.stdout, render(steps, options, world));
  return expected === null ? EXIT.ok : judge(expected, steps, world);
}

/** Nobody edits hooks meanwhile, and a story may be long. */
function rememberHooks(
  find: (event: EventKind, hooks: ServiceHooks) => readonly HookReference[],
): Stage['hooksFor'] {
  const known = new Map<string, readonly string[]>();
  return ({ event }, { name, hooks }) => {
    const key = `${event} ${name}`;
    const paths = known.get(key) ?? find(event, hooks).map(({ path }) => path);
    known.set(key, paths);
    return paths;
  };
}

interface Cue {
  /** null: the one that the story is about */
  readonly service: string | null;
  readonly scene: Scene;
}

async function scenesFor(cast: Cast, run: RunInfo, options: Options, world: World): Promise<readonly Cue[]> {
  if (cast.story === null) return recorded(cast, options, world);
  const story = parseShorthand(cast.story);
  if (story.kind === 'mistake')
    throw new UserError(EXIT.usage, `simulate: position ${story.position} of the story: ${story.text}`);
  const actor = cast.actor(null);
  const timeOf = clockOf(options, actor.interval_ms, world);
  const { slow, watch } = actor.policy;
  const has = (letters: RegExp) => story.steps.some(({ letter }) => letters.test(letter));
  if (slow === null && has(/[SB]/))
    report(world, `${actor.name} has no slow, so S is as good as U: see --set slow=1s`);
  if (watch.length === 0 && has(/\d/))
    report(world, `${actor.name} has no watch, so digits are as good as U`);
  return story.steps.map(({ letter, held }, index): Cue => {
    const time = timeOf(index);
    const scene: Scene =
      letter === 'R'
        ? { kind: 'removed', letter, time, held }
        : {
            kind: 'result',
            letter,
            held,
            result: simulatedResult(letter, { ...actor, type: cast.type }, time, run),
          };
    return { service: null, scene };
  });
}

async function recorded(
  cast: Cast,
  { results: file = '-', every, from }: Options,
  world: World,
): Promise<readonly Cue[]> {
  if (every !== undefined || from !== undefined)
    throw new UserError(
      EXIT.usage,
      'simulate: recorded results have times of their own, expected no --every and no --from',
    );
  const results = (await readRecordedResults(file, world)).filter(({ service }) => cast.plays(service));
  if (results.length === 0)
    throw new UserError(
      EXIT.noInput,
      'simulate: saw no result, expected NDJSON as puptime run --json prints it, or on_run’s results file',
    );
  return results.map((result) => ({
    service: result.service,
    scene: { kind: 'result', letter: STATUS_LETTER[result.status], result, held: false },
  }));
}

function render(steps: readonly SimulatedStep[], options: Options, world: World): string {
  if (options.json === true || (options.output !== undefined && options.output !== 'human'))
    return renderSimulationJson(steps);
  return renderSimulation(steps, {
    color: usesColor(options, world, world.stdout),
    showTime: (time) => showLocalTime(Date.parse(time), world.zone),
  });
}

function judge(expected: readonly string[], steps: readonly SimulatedStep[], world: World): number {
  const found = differences(expected, steps);
  for (const line of found.slice(0, MOST_DIFFERENCES)) report(world, line);
  if (found.length > MOST_DIFFERENCES)
    report(world, `and ${found.length - MOST_DIFFERENCES} more differences`);
  return found.length === 0 ? EXIT.ok : DIFFERENT;
}
