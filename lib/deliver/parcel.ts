import type { HookReference } from '../state/hook-reference.ts';
import type { QueueEntry } from '../state/queue-entry.ts';
import type { Event } from '../words/event.ts';
import { isRetryDue } from './retry.ts';

/** One event on its way to one hook. Its state is in the journal too, where there is one. */
export interface Delivery {
  readonly hook: HookReference;
  /** attempts that were started */
  attempts: number;
  /** ms since the epoch: not before */
  next: number;
  /** ms since the epoch: `max_age` counts from there; absent: from when the event was committed */
  readonly since?: number;
  /** done, given up or dropped */
  settled: boolean;
  /** the hook may not run as it is; looked at again by the next run */
  refused: boolean;
  /** true when it was done: exit code 0 */
  done: boolean;
}

/** One event on its way to its hooks. */
export interface Parcel {
  readonly event: Event;
  /** null: it is nowhere on disk, and has one try */
  readonly entry: QueueEntry | null;
  /** ms since the epoch */
  readonly committed: number;
  readonly deliveries: readonly Delivery[];
}

export interface NextDelivery {
  readonly parcel: Parcel;
  readonly delivery: Delivery;
}

/**
 * What is to be tried now for one service, whose parcels are given in order; null when there is nothing. A hook never
 * gets an event before the earlier ones of its lane are settled. A hook without its like among those of an earlier
 * event waits for all of these: its on_up must not overtake an on_down that another executable is for.
 */
export function nextDelivery(parcels: readonly Parcel[], now: number): NextDelivery | null {
  for (const [index, parcel] of parcels.entries()) {
    for (const delivery of parcel.deliveries) {
      if (delivery.settled || delivery.refused || !isRetryDue(delivery.next, now)) continue;
      if (!isBlocked(delivery.hook, parcels.slice(0, index))) return { parcel, delivery };
    }
  }
  return null;
}

export function isSettledParcel(parcel: Parcel): boolean {
  return parcel.deliveries.every((delivery) => delivery.settled);
}

function isBlocked(hook: HookReference, earlier: readonly Parcel[]): boolean {
  return earlier.some(({ deliveries }) => {
    const alike = deliveries.filter((delivery) => delivery.hook.lane === hook.lane);
    return (alike.length > 0 ? alike : deliveries).some((delivery) => !delivery.settled);
  });
}
