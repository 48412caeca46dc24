import { align } from './alignment.ts';
import { grouped, type History, historiesOf, seenIn, type Seen, starts } from './history.ts';
import type { HookMark, HookStart } from './hook-log.ts';

/** A transition that the world went through, as its hooks must hear of it. */
export interface Expected {
  readonly service: string;
  /** `down`, without on_ */
  readonly event: string;
  /** true: it may also have passed unseen, as between two runs */
  readonly optional?: boolean;
  /** `given_up`: its hooks never end with 0, so that a start will do; default `delivered` */
  readonly end?: 'delivered' | 'given_up';
}

export interface Evidence {
  /** what the hooks recorded */
  readonly marks: readonly HookMark[];
  /** in order, for each service */
  readonly expected: readonly Expected[];
  /** kills and power cuts so far: each may repeat a hook once */
  readonly crashes: number;
  /** hooks by event, where there are several or others than `all`: `{down: ['pager', 'mail']}` */
  readonly lanes?: { readonly [event: string]: readonly string[] };
  /** services that are up, or gone, at the end: no on_down may be left without its on_up */
  readonly upAtEnd?: readonly string[];
  /** as the lab finds them after clean runs */
  readonly leftovers?: readonly string[];
  /** true where a damaged memory may have forgotten an incident: then it may begin again, and end under another id */
  readonly forgetful?: boolean;
}

export type ViolationKind =
  /** an expected transition that no hook got, or none until its end */
  | 'lost'
  /** an event for nothing that happened */
  | 'invented'
  /** one transition under two ids, or one id for two things */
  | 'two_ids'
  /** before an earlier one of its service and hook, or while that one’s hook still ran */
  | 'reordered'
  /** an on_down without its on_up or the other way round, or with another’s incident */
  | 'unpaired'
  /** more often than crashes explain */
  | 'repeated'
  /** a durable attempt that was not counted */
  | 'uncounted'
  /** a hook without the file of its event */
  | 'no_file'
  /** something that clean runs should have taken away */
  | 'left_over';

export interface Violation {
  readonly kind: ViolationKind;
  /** one line for a person */
  readonly text: string;
}

/** Everything that the promise says must not be; empty when it was kept. */
export function judge(evidence: Evidence): readonly Violation[] {
  const histories = historiesOf(evidence);
  return [
    ...histories.flatMap((history) => [
      ...compare(history),
      ...checkPairs(history, evidence),
      ...checkRepeats(history, evidence.crashes),
      ...checkOverlaps(history),
    ]),
    ...checkIds(evidence.marks),
    ...starts(evidence.marks)
      .filter(({ file }) => file !== 'whole')
      .map((start) => violation('no_file', `${tell(start)}: its file was not there or not whole`)),
    ...(evidence.leftovers ?? []).map((what) => violation('left_over', what)),
  ];
}

/** Hooks that ran again although an earlier run of theirs had not failed: what crashes may cost. */
export function countRepeats(marks: readonly HookMark[]): number {
  return seenIn(marks).reduce((sum, seen) => sum + seen.repeats, 0);
}

/** on_dead runs beside the others, in no order. */
function compare({ service, lane, seen, expected }: History): readonly Violation[] {
  const isDead = ({ event }: { readonly event: string }) => event === 'dead';
  return [
    ...compareInOrder(
      service,
      lane,
      seen.filter((one) => !isDead(one)),
      expected.filter((one) => !isDead(one)),
    ),
    ...compareInOrder(service, lane, seen.filter(isDead), expected.filter(isDead)),
  ];
}

function compareInOrder(
  service: string,
  lane: string,
  seen: readonly Seen[],
  expected: readonly Expected[],
): readonly Violation[] {
  const { pairs, missing, surplus } = align(expected, seen);
  const who = `${service}, hook ${lane}`;
  const isMissing = (event: string) => missing.some((one) => one.event === event && one.optional !== true);
  const isMatched = (event: string) => pairs.some(([one]) => one.event === event);
  const order = `expected ${words(expected)}, got ${words(seen)}`;
  return [
    ...missing
      .filter(({ optional, event }) => optional !== true && !surplus.some((one) => one.event === event))
      .map(({ event }) => violation('lost', `${who}: no on_${event} (${order})`)),
    ...surplus.map(({ event, first }) => {
      if (isMissing(event)) return violation('reordered', `${who}: on_${event} at another place (${order})`);
      if (isMatched(event))
        return violation('two_ids', `${who}: on_${event} once more, as ${first.id} (${order})`);
      return violation('invented', `${who}: on_${event} for nothing (${order})`);
    }),
    ...pairs
      .filter(([one, { delivered }]) => one.end !== 'given_up' && !delivered)
      .map(([{ event }]) =>
        violation('lost', `${who}: on_${event} was started, but no run of it ended with 0`),
      ),
  ];
}

/** Every on_up after its on_down; every on_down before the next has an on_up between. */
function checkPairs(
  { service, lane, seen }: History,
  { forgetful = false, upAtEnd = [] }: Evidence,
): readonly Violation[] {
  const found: Violation[] = [];
  const who = `${service}, hook ${lane}`;
  let open: Seen | null = null;
  for (const one of seen) {
    if (one.event === 'down') {
      if (open !== null && !forgetful)
        found.push(violation('unpaired', `${who}: two on_down without an on_up between`));
      open = one;
    } else if (one.event === 'up') {
      if (open === null) found.push(violation('unpaired', `${who}: an on_up without an on_down before it`));
      else if (!forgetful && open.first.incident !== one.first.incident)
        found.push(violation('unpaired', `${who}: the on_up has another incident than its on_down`));
      open = null;
    }
  }
  if (open !== null && upAtEnd.includes(service))
    found.push(violation('unpaired', `${who}: it is up again, and the on_down has no on_up`));
  return found;
}

function checkRepeats({ seen }: History, crashes: number): readonly Violation[] {
  return seen.flatMap(({ first, repeats, starts: all }) => {
    const counted = all.filter(({ durable }) => durable).map(({ attempt }) => attempt);
    const grows = counted.every((attempt, index) => index === 0 || attempt > (counted[index - 1] ?? 0));
    return [
      ...(repeats > crashes
        ? [violation('repeated', `${tell(first)}: ${repeats} runs too many, with ${crashes} crashes`)]
        : []),
      ...(grows ? [] : [violation('uncounted', `${tell(first)}: attempts ${counted.join(', ')}`)]),
    ];
  });
}

/** A hook of a service must have ended, or been ended, before the next begins. */
function checkOverlaps({ marks }: History): readonly Violation[] {
  const running = new Map<string, HookStart>();
  const found: Violation[] = [];
  for (const mark of marks) {
    if (mark.event === 'dead') continue;
    if (mark.mark === 'end') {
      const began = running.get(mark.pid);
      running.delete(mark.pid);
      const passed = [...running.values()].filter(
        (other) => began !== undefined && isAfter(marks, other, began),
      );
      for (const other of passed)
        found.push(violation('reordered', `${tell(other)}: began while ${tell(mark)} was still running`));
    } else running.set(mark.pid, mark);
  }
  return found;
}

function isAfter(marks: readonly HookMark[], one: HookMark, other: HookMark): boolean {
  return marks.indexOf(one) > marks.indexOf(other);
}

function checkIds(marks: readonly HookMark[]): readonly Violation[] {
  const meanings = grouped(starts(marks), ({ id }) => id);
  return [...meanings].flatMap(([id, all]) => {
    const things = [...new Set(all.map(({ event, service }) => `on_${event} of ${service}`))];
    return things.length > 1 ? [violation('two_ids', `${id} is ${things.join(' and ')}`)] : [];
  });
}

function tell({ event, service, attempt, lane }: HookMark): string {
  return `on_${event} of ${service}, hook ${lane}, attempt ${attempt}`;
}

function words(events: readonly { readonly event: string; readonly optional?: boolean }[]): string {
  const all = events.map(({ event, optional }) => (optional === true ? `(${event})` : event));
  return all.length === 0 ? 'nothing' : all.join(' ');
}

function violation(kind: ViolationKind, text: string): Violation {
  return { kind, text };
}
