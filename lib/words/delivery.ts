import type { EventKind } from './event.ts';

/**
 * Where one event stands with one of its hooks, in the words of docs/hooks.md. `unacknowledged`: `puptime decide` has
 * committed it, and nobody has said yet that it has it.
 */
export const DELIVERY_STATES = [
  'unacknowledged',
  'waiting',
  'refused',
  'started',
  'failed',
  'done',
  'dropped',
  'dead',
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One event and one of its hooks, as `puptime events` and `puptime replay` print it. Plain JSON; times RFC 3339 UTC. */
export interface Delivery {
  readonly schema: 'puptime.delivery.v1';
  /** of the event */
  readonly id: string;
  /** `down`; null where only the journal still knows of it, and does not say */
  readonly event: EventKind | null;
  readonly service: string | null;
  /** id of the incident; null outside of one */
  readonly incident: string | null;
  readonly state: DeliveryState;
  /** absolute path of the executable; null: whoever delivers it will choose */
  readonly hook: string | null;
  /** tries that were started */
  readonly attempts: number;
  /** not tried again before; null when it will not be, or is due */
  readonly next: string | null;
  /** one line: what came of the last try, or why there was none */
  readonly reason: string | null;
  /** what the hook printed at its last try, safe and cut; null when that is not known */
  readonly output: string | null;
  /** of the event; null as for `event` */
  readonly time: string | null;
  /** when the event was put on disk here */
  readonly committed: string | null;
  /** when it was done, dropped or given up */
  readonly ended: string | null;
  readonly summary: string | null;
}
