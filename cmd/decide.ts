import { createInterface } from 'node:readline';
import { decide } from '../lib/decide/decide.ts';
import { draftResult } from '../lib/decide/draft.ts';
import { readResult } from '../lib/decide/read-result.ts';
import { createOutbox, type Outbox } from '../lib/deliver/outbox.ts';
import { unacknowledged } from '../lib/deliver/outgoing.ts';
import { jsonLine } from '../lib/report/json-line.ts';
import { EXIT } from '../lib/words/problem.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import type { Result } from '../lib/words/result.ts';
import type { Config, Policy, ServiceHooks } from '../lib/words/service.ts';
import { openDelivery } from './delivering.ts';
import { exitCodeOf } from './exit-code.ts';
import { listenForInterruption } from './interruption.ts';
import type { Options } from './options.ts';
import { openOutput } from './output.ts';
import { takeProbeLock } from './probe-lock.ts';
import { loadOwnMemory, openOwnState } from './remembered.ts';
import { readConfigIfThere, report } from './setting.ts';
import type { World } from './world.ts';

const LONGEST_LINE = 4 * 2 ** 20;
/** For a service that no config here knows. */
const POLICY: Policy = { down_after: 1, up_after: 1, slow_ms: null, slow_window: 3, watch: [] };
const NO_HOOKS: ServiceHooks = { replace: false, run: {} };
const HOOKS: Config['hooks'] = {
  dir: null,
  timeout_ms: 30_000,
  env: [],
  user: null,
  max_age_ms: 86_400_000,
  concurrency: 8,
};

/** `puptime decide`: results (stdin) and memory to events (stdout), each committed before it is printed. */
export async function decideResults(options: Options, world: World): Promise<number> {
  const config = await readConfigIfThere(options, world);
  const services = new Map((config?.services ?? []).map((service) => [service.name, service]));
  const state = openOwnState(options, config, world);
  const lock = await takeProbeLock(state, options, world);
  if (lock === null) return EXIT.locked;
  const interruption = listenForInterruption(null);
  const { memory, queue } = loadOwnMemory(state);
  const output = openOutput(world.stdout);
  const print = (event: object) => output.write(jsonLine(event));
  unacknowledged(state, queue.entries).forEach(print);
  const delivery = openDelivery(
    config ?? { hooks: HOOKS, services: [] },
    state,
    interruption.hooks,
    options,
    world,
  );
  const outbox = createOutbox({ state, memory, queue, delivery, mode: 'print', now: () => world.now() });
  const files = config?.files ?? [];
  let refused = 0;
  for await (const { result, text } of readResults(world, interruption.probes)) {
    if (result === null) {
      refused += 1;
      report(world, text);
      continue;
    }
    const service = services.get(result.service);
    const about = { policy: service?.policy ?? POLICY, hooks: service?.hooks ?? NO_HOOKS, files };
    for (const event of await decideOne(result, about, outbox, options)) print(event);
  }
  const written = options['dry-run'] === true || outbox.snapshot();
  lock.release();
  await output.finish();
  const { unwritten } = delivery.tally;
  interruption.end();
  const account = { refused: 0, unwritten: unwritten + (written ? 0 : 1) + refused, failed: 0, status: null };
  return exitCodeOf(account, interruption);
}

async function decideOne(
  result: Result,
  about: { readonly policy: Policy; readonly hooks: ServiceHooks; readonly files: readonly string[] },
  outbox: Outbox,
  options: Options,
): Promise<readonly object[]> {
  const before = outbox.records().get(result.service) ?? null;
  const decision = decide({ result, before, ...about });
  if (options['dry-run'] === true) return decision.drafts;
  const { events } = await outbox.commit(decision);
  const after = outbox.records().get(result.service) ?? decision.record;
  return [outbox.offer(draftResult(result, before, after)), ...events];
}

interface Line {
  readonly result: Result | null;
  /** why there is none, with its line */
  readonly text: string;
}

async function* readResults(world: World, signal: AbortSignal): AsyncGenerator<Line> {
  const lines = createInterface({ input: world.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  signal.addEventListener('abort', () => lines.close(), { once: true });
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (line.trim() === '') continue;
    const read = line.length > LONGEST_LINE ? 'the line is too long' : readResult(parseLine(line));
    yield typeof read === 'string'
      ? { result: null, text: `stdin:${String(number)}: ${safeLine(read)}: this line is left out` }
      : { result: read, text: '' };
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
