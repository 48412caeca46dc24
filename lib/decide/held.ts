import type { Hold } from '../words/policy.ts';
import type { WholeRecord } from '../words/record.ts';
import { safeLine } from '../words/safe-text.ts';

type Held = WholeRecord['held'];

/** What keeps bad news back at this result: a hold from outside, else that it flaps; null: nothing. */
export function heldNow(
  before: Held,
  hold: Hold | null | undefined,
  flapping: WholeRecord['flapping'],
  time: string,
): Held {
  const now =
    hold ?? (flapping === null ? null : ({ kind: 'flapping', cause: '', since: flapping.since } as const));
  if (now === null) return null;
  const since = before?.kind === now.kind ? before.since : time;
  return { kind: now.kind, cause: safeLine(now.cause), since };
}

/** As an event’s `cause`: `maintenance: kernel update`, `dependency: gw`, `flapping`. */
export function causeOf({ kind, cause }: Pick<NonNullable<Held>, 'kind' | 'cause'>): string {
  return cause === '' ? kind : `${kind}: ${cause}`;
}
