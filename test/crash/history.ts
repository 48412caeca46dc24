import type { HookMark, HookStart } from './hook-log.ts';
import type { Evidence, Expected } from './oracle.ts';

/** What one hook heard of one service. */
export interface History {
  readonly service: string;
  readonly lane: string;
  readonly marks: readonly HookMark[];
  readonly seen: readonly Seen[];
  readonly expected: readonly Expected[];
}

/** One event as one hook got it, from the first time on. */
export interface Seen {
  readonly first: HookStart;
  readonly event: string;
  readonly starts: readonly HookStart[];
  /** some run of the hook ended with 0 */
  readonly delivered: boolean;
  readonly repeats: number;
}

/** One for each service and hook that was heard or expected. */
export function historiesOf({ marks, expected, lanes = {} }: Evidence): readonly History[] {
  const lanesOf = (event: string) => lanes[event] ?? ['all'];
  const keys = new Set([
    ...marks.map(({ service, lane }) => `${lane} ${service}`),
    ...expected.flatMap(({ service, event }) => lanesOf(event).map((lane) => `${lane} ${service}`)),
  ]);
  return [...keys].map((key): History => {
    const [lane = '', service = ''] = key.split(' ');
    const own = marks.filter((mark) => mark.service === service && mark.lane === lane);
    return {
      service,
      lane,
      marks: own,
      seen: seenIn(own),
      expected: expected.filter((one) => one.service === service && lanesOf(one.event).includes(lane)),
    };
  });
}

/** Each event once for each hook, in the order of their first starts. */
export function seenIn(marks: readonly HookMark[]): readonly Seen[] {
  const byId = grouped(marks, ({ id, lane }) => `${id} ${lane}`);
  return [...byId.values()].flatMap((own): readonly Seen[] => {
    const begun = starts(own);
    const [first] = begun;
    const ends = own.flatMap((mark) => (mark.mark === 'end' ? [mark.code] : []));
    const failed = ends.filter((code) => code !== 0).length;
    const repeats = Math.max(0, begun.length - failed - 1);
    if (first === undefined) return [];
    return [{ first, event: first.event, starts: begun, delivered: ends.includes(0), repeats }];
  });
}

export function starts(marks: readonly HookMark[]): readonly HookStart[] {
  return marks.flatMap((mark) => (mark.mark === 'start' ? [mark] : []));
}

export function grouped<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}
