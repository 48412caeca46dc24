import { saveDeadLetter, type DeadLetter } from '../state/dead-letters.ts';
import { errnoOf } from '../state/durable-file.ts';
import type { HookReference } from '../state/hook-reference.ts';
import { lostId } from '../state/identity.ts';
import type { State } from '../state/state-directory.ts';
import type { Event } from '../words/event.ts';
import { vetHook, type HookPlace } from './hook-lookup.ts';
import { runHook, type HookSetting } from './hook-run.ts';
import { createSlots, fullText } from './slots.ts';
import type { Tally } from './tally.ts';

/** Of events that wait for their one try; what comes on top is let go, and said so. */
const MOST_WAITING = 20_000;

export interface BestEffortOptions {
  readonly setting: HookSetting;
  readonly place: HookPlace;
  readonly tally: Tally;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

/** One try each, nothing on disk, nothing piles up: on_result, on_run, on_dead. */
export interface BestEffort {
  /** Settles when all hooks have been tried; true when all of them ended well. `results`: the lines of the results file. */
  readonly run: (event: Event, hooks: readonly HookReference[], results: string | null) => Promise<boolean>;
  readonly idle: () => Promise<void>;
}

export function createBestEffort(options: BestEffortOptions): BestEffort {
  const { setting, place, tally, report, signal } = options;
  const waiting: ((leave: () => void) => void)[] = [];
  const all = new Set<Promise<unknown>>();
  let letGo = 0;

  // Of its own: hooks that nothing depends on take no slot from those of the queue.
  const slots = createSlots({
    concurrency: setting.config.concurrency,
    onFree: () => proceed(),
    onFull: (most) => report(fullText(most)),
  });
  const proceed = () => {
    while (waiting.length > 0) {
      const leave = slots.take();
      if (leave === null) return;
      waiting.shift()?.(leave);
    }
  };
  const enter = () =>
    new Promise<() => void>((resolve) => {
      waiting.push(resolve);
      proceed();
    });
  const tryOne = async (event: Event, hook: HookReference, results: string | null): Promise<boolean> => {
    const refusal = (await setting.sandbox.refusal()) ?? refusalOf(hook, place);
    if (refusal !== null) {
      tally.refuse(hook.path, refusal);
      return false;
    }
    const leave = await enter();
    try {
      if (signal.aborted) return false;
      tally.tried += 1;
      const started = { noteStarted: () => Promise.resolve(true), attempt: 1, durable: false };
      const outcome = await runHook({ path: hook.path, event, results, signal, ...started }, setting);
      if (outcome.kind === 'ran' && outcome.exitCode === 0 && outcome.endedBy === null) {
        tally.succeed(`hook ${hook.path} for ${event.service} (${event.event}) done`, outcome.text);
        return true;
      }
      const why = outcome.kind === 'ran' ? endOf(outcome) : 'it could not be started';
      tally.fail(
        `hook ${hook.path} for ${event.service} (${event.event}) failed: ${why}: not kept`,
        outcome.kind === 'ran' ? outcome.text : '',
      );
      return false;
    } finally {
      leave();
    }
  };
  return {
    run: async (event, hooks, results) => {
      if (waiting.length >= MOST_WAITING) {
        letGo += 1;
        return false;
      }
      const work = Promise.all(hooks.map((hook) => tryOne(event, hook, results)));
      all.add(work);
      const ends = await work.finally(() => all.delete(work));
      return ends.every(Boolean);
    },
    idle: async () => {
      while (all.size > 0) await Promise.all(all);
      if (letGo > 0) report(`${letGo} events were let go: more than ${MOST_WAITING} waited for on_result`);
      letGo = 0;
    },
  };
}

/** The event for on_dead, about a delivery that was given up. Its id is the same whenever it is told of again. */
export function deadEvent(letter: DeadLetter): Event {
  const { event, hook, attempts, reason } = letter;
  const words = `on_${event.event} for ${event.service} given up after ${attempts} attempts: ${reason}`;
  return { ...event, id: lostId(event.id, hook.path), event: 'dead', cause: reason, summary: words };
}

/** Says that on_dead has run. A failure leaves it to the next run to tell again. */
export function markTold(state: State, letter: DeadLetter, tally: Tally): void {
  try {
    saveDeadLetter(state, { ...letter, told: true });
  } catch (error) {
    if (!(error instanceof Error) || errnoOf(error) === undefined) throw error;
    tally.cannotWrite(error);
  }
}

function refusalOf(hook: HookReference, place: HookPlace): string | null {
  const vetting = vetHook(hook.path, place);
  if (vetting.kind === 'gone') return `${hook.path} does not exist`;
  return vetting.kind === 'refused' ? vetting.reason : null;
}

function endOf(outcome: {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly endedBy: string | null;
}): string {
  if (outcome.endedBy === 'limit') return 'ended after its time limit';
  if (outcome.endedBy === 'abort') return 'interrupted';
  return outcome.signal === null ? `exit code ${outcome.exitCode}` : `ended by ${outcome.signal}`;
}
