import type { DeadLetter } from '../state/dead-letters.ts';
import type { ProcessMark } from '../process/process-mark.ts';
import type { Untold } from '../state/journal-line.ts';
import type { State } from '../state/state-directory.ts';
import { giveUp } from './give-up.ts';
import { vetHook, type HookPlace } from './hook-lookup.ts';
import { runHook, type HookOutcome, type HookSetting } from './hook-run.ts';
import type { JournalWriter } from './journal-writer.ts';
import type { NextDelivery } from './parcel.ts';
import { retryPause } from './retry.ts';
import type { Tally } from './tally.ts';
import { createUntold, untoldOf } from './untold.ts';

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
    drop(next, context, 'the hook is gone');
    return;
  }
  if (isUntold(next, context)) {
    drop(next, context, 'its on_down was given up before it was tried');
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

function isUntold({ parcel, delivery }: NextDelivery, { stored }: AttemptContext): boolean {
  return stored !== null && createUntold(stored.journal.all())(parcel.event, delivery.hook);
}

/** An event that has had no attempt at all gets one, however long puptime did not run. */
function isTooOld({ parcel, delivery }: NextDelivery, { setting, now }: AttemptContext): boolean {
  return delivery.attempts > 0 && now() - (delivery.since ?? parcel.committed) > setting.config.max_age_ms;
}

async function run(next: NextDelivery, context: AttemptContext): Promise<HookOutcome> {
  const { parcel, delivery } = next;
  const { event } = parcel;
  const { path } = delivery.hook;
  const { stored, signal, tally } = context;
  delivery.attempts += 1;
  tally.tried += 1;
  const job = { path, event, attempt: delivery.attempts, results: null, signal };
  const kept = stored !== null && parcel.entry !== null ? { ...stored, entry: parcel.entry } : null;
  const noteStarted = async (mark: ProcessMark) => {
    const n = delivery.attempts;
    kept?.journal.note({ k: 'started', id: event.id, hook: path, n, t: context.now(), ...mark });
    return (await kept?.journal.written()) ?? null;
  };
  if (kept?.entry.durable === true) {
    const onDisk = async (mark: ProcessMark) => {
      const error = await noteStarted(mark);
      if (error !== null) tally.cannotWrite(error);
      return error === null;
    };
    const outcome = await runHook({ ...job, durable: true, noteStarted: onDisk }, context.setting);
    if (outcome.kind !== 'not_noted') return outcome;
  }
  // Noted in the overlay, or nowhere: it runs all the same.
  const anyway = async (mark: ProcessMark) => {
    await noteStarted(mark);
    return true;
  };
  return runHook({ ...job, durable: false, noteStarted: anyway }, context.setting);
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

function drop(next: NextDelivery, context: AttemptContext, why: string): void {
  const { parcel, delivery } = next;
  const untold = untoldOf(parcel.event, delivery.hook, delivery.attempts);
  delivery.settled = true;
  context.report(
    `${delivery.hook.path}: ${parcel.event.event} of ${parcel.event.service} is not delivered to it: ${why}`,
  );
  note(next, context, { k: 'dropped', why, ...(untold === undefined ? {} : { untold }) });
}

function bury(next: NextDelivery, context: AttemptContext, why: string, output: string): void {
  const { parcel, delivery } = next;
  const { stored, now } = context;
  const { attempts, hook } = delivery;
  if (stored === null || parcel.entry === null) {
    delivery.settled = true;
    return;
  }
  const { state, journal } = stored;
  const letter = giveUp(
    { event: parcel.event, hook, attempts, why, output },
    { ...context, state, note: journal.note },
  );
  if (letter === null) {
    delivery.next = now() + retryPause(attempts, context.random());
    return;
  }
  journal.writtenSoon();
  delivery.settled = true;
  context.tellDead(letter);
}

type Note =
  | { readonly k: 'done'; readonly output: string }
  | { readonly k: 'failed'; readonly next: number; readonly why: string; readonly output: string }
  | { readonly k: 'dropped'; readonly why: string; readonly untold?: Untold };

function note({ parcel, delivery }: NextDelivery, { stored, now }: AttemptContext, what: Note): void {
  if (stored === null || parcel.entry === null) return;
  const { id, event, service } = parcel.event;
  const { hook, attempts: n, since } = delivery;
  const line = { id, hook: hook.path, n, t: now() };
  if (what.k !== 'failed') stored.journal.note({ ...line, ...what, event, service });
  else stored.journal.note({ ...line, ...what, ...(since === undefined ? {} : { since }) });
  stored.journal.writtenSoon();
}
