import { saveDeadLetter, type DeadLetter } from '../state/dead-letters.ts';
import { errnoOf } from '../state/durable-file.ts';
import type { State } from '../state/state-directory.ts';
import { vetHook, type HookPlace } from './hook-lookup.ts';
import { runHook, type HookOutcome, type HookSetting } from './hook-run.ts';
import type { JournalWriter } from './journal-writer.ts';
import type { NextDelivery } from './parcel.ts';
import { retryPause } from './retry.ts';
import type { Tally } from './tally.ts';

export interface AttemptContext {
  readonly setting: HookSetting;
  readonly place: HookPlace;
  readonly now: () => number;
  /** 0 to 1 */
  readonly random: () => number;
  readonly report: (line: string) => void;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  /** null without a state, and for events that could not be stored */
  readonly stored: { readonly state: State; readonly journal: JournalWriter } | null;
  /** true when the config names this path as a hook of this service */
  readonly isNamed: (service: string, path: string) => boolean;
  /** runs on_dead; the letter is on disk already */
  readonly tellDead: (letter: DeadLetter) => void;
}

/** One attempt at one delivery, from looking at the hook to writing down how it ended. Changes the delivery. */
export async function attemptDelivery(next: NextDelivery, context: AttemptContext): Promise<void> {
  const { parcel, delivery } = next;
  const { path } = delivery.hook;
  const vetting = vetHook(path, context.place);
  if (vetting.kind === 'gone' && !context.isNamed(parcel.event.service, path)) {
    drop(next, context);
    return;
  }
  if (isTooOld(next, context)) {
    bury(next, context, 'its time is up', '');
    return;
  }
  const refusal = (await context.setting.sandbox.refusal()) ?? refusalOf(vetting, next);
  if (refusal !== null) {
    delivery.refused = true;
    context.tally.refuse(path, refusal);
    return;
  }
  conclude(next, await run(next, context), context);
}

function refusalOf(vetting: ReturnType<typeof vetHook>, { delivery }: NextDelivery): string | null {
  if (vetting.kind === 'gone')
    return `${delivery.hook.path} does not exist: put it back, or take it out of the config`;
  return vetting.kind === 'refused' ? vetting.reason : null;
}

/** An event that has had no attempt at all gets one, however long puptime did not run. */
function isTooOld({ parcel, delivery }: NextDelivery, { setting, now }: AttemptContext): boolean {
  return delivery.attempts > 0 && now() - parcel.committed > setting.config.max_age_ms;
}

async function run(next: NextDelivery, context: AttemptContext): Promise<HookOutcome> {
  const { parcel, delivery } = next;
  const { event } = parcel;
  const { path } = delivery.hook;
  const { stored, signal, tally } = context;
  delivery.attempts += 1;
  tally.tried += 1;
  const job = { path, event, attempt: delivery.attempts, results: null, signal };
  if (stored !== null && parcel.entry !== null) {
    const outcome = await runHook(
      {
        ...job,
        durable: true,
        noteStarted: async (mark) => {
          const line = {
            k: 'started',
            id: event.id,
            hook: path,
            n: delivery.attempts,
            t: context.now(),
            ...mark,
          } as const;
          stored.journal.note(line);
          const error = await stored.journal.written();
          if (error !== null) tally.cannotWrite(error);
          return error === null;
        },
      },
      context.setting,
    );
    if (outcome.kind !== 'not_noted') return outcome;
  }
  return runHook({ ...job, durable: false, noteStarted: () => Promise.resolve(true) }, context.setting);
}

function conclude(next: NextDelivery, outcome: HookOutcome, context: AttemptContext): void {
  const { parcel, delivery } = next;
  const { stored, tally } = context;
  const output = outcome.kind === 'ran' ? outcome.text : '';
  const what = `${delivery.hook.path} for ${parcel.event.service} (${parcel.event.event})`;
  if (outcome.kind === 'ran' && outcome.exitCode === 0 && outcome.endedBy === null) {
    delivery.settled = true;
    delivery.done = true;
    note(next, context, { k: 'done', output });
    return tally.succeed(`hook ${what} done`, output);
  }
  const why = failureText(outcome, context.setting.config.timeout_ms);
  if (outcome.kind === 'ran' && outcome.exitCode === 100) {
    tally.fail(`hook ${what} failed: ${why}: given up`, output);
    return bury(next, context, why, output);
  }
  const interrupted = outcome.kind === 'ran' && outcome.endedBy === 'abort';
  const pause_ms = interrupted ? 0 : retryPause(delivery.attempts, context.random());
  delivery.next = context.now() + pause_ms;
  if (parcel.entry === null || stored === null) delivery.settled = true;
  const later = delivery.settled
    ? 'not kept'
    : `tried again in ${Math.ceil(pause_ms / 1000)} s at the earliest`;
  note(next, context, { k: 'failed', next: delivery.next, why, output });
  tally.fail(`hook ${what} failed: ${why}: ${later}`, output);
}

function failureText(outcome: HookOutcome, timeout_ms: number): string {
  switch (outcome.kind) {
    case 'not_started':
      return outcome.reason;
    case 'not_noted':
      return 'its start could not be written down';
    case 'ran':
      if (outcome.endedBy === 'limit') return `ended after its time limit of ${timeout_ms} ms`;
      if (outcome.endedBy === 'abort') return 'interrupted';
      return outcome.signal === null ? `exit code ${outcome.exitCode}` : `ended by ${outcome.signal}`;
  }
}

function drop(next: NextDelivery, context: AttemptContext): void {
  const { parcel, delivery } = next;
  const why = 'the hook is gone';
  delivery.settled = true;
  context.report(
    `${delivery.hook.path} is gone: ${parcel.event.event} of ${parcel.event.service} is not delivered to it`,
  );
  note(next, context, { k: 'dropped', why });
}

function bury(next: NextDelivery, context: AttemptContext, why: string, output: string): void {
  const { parcel, delivery } = next;
  const { event } = parcel;
  const { stored, tally, now } = context;
  const { attempts, hook } = delivery;
  if (stored === null || parcel.entry === null) {
    delivery.settled = true;
    return;
  }
  const letter: DeadLetter = { event, hook, attempts, reason: why, output, died: now(), told: false };
  try {
    // On disk before the journal says that nothing is left to do.
    saveDeadLetter(stored.state, letter);
  } catch (error) {
    if (!(error instanceof Error) || errnoOf(error) === undefined) throw error;
    delivery.next = now() + retryPause(attempts, context.random());
    return tally.cannotWrite(error);
  }
  delivery.settled = true;
  tally.dead += 1;
  note(next, context, { k: 'dead', why });
  context.report(
    `${hook.path} for ${event.service} (${event.event}) given up after ${attempts} attempts: ${why}`,
  );
  context.tellDead(letter);
}

type Note =
  | { readonly k: 'done'; readonly output: string }
  | { readonly k: 'failed'; readonly next: number; readonly why: string; readonly output: string }
  | { readonly k: 'dead' | 'dropped'; readonly why: string };

function note({ parcel, delivery }: NextDelivery, { stored, now }: AttemptContext, what: Note): void {
  if (stored === null || parcel.entry === null) return;
  stored.journal.note({
    id: parcel.event.id,
    hook: delivery.hook.path,
    n: delivery.attempts,
    t: now(),
    ...what,
  });
  stored.journal.writtenSoon();
}
