import { isSettledParcel, nextDelivery, type NextDelivery, type Parcel } from './parcel.ts';
import { createSlots, fullText } from './slots.ts';

export interface LanesOptions {
  /** hooks in their first second at once, of all services together; a slow one holds up nobody */
  readonly concurrency: number;
  /** one line for stderr: the hard maximum is reached */
  readonly report: (line: string) => void;
  /** ms since the epoch */
  readonly now: () => number;
  /** tries one delivery, and changes it so that it is not to be tried again right now */
  readonly attempt: (next: NextDelivery) => Promise<void>;
  /** no more attempts begin once it is aborted */
  readonly signal: AbortSignal;
}

/**
 * Who may start when: one hook at a time for each service, so that its order is kept; services beside one another,
 * the one that waits longest first.
 */
export interface Lanes {
  /** behind all others of its service */
  readonly admit: (parcel: Parcel) => void;
  /** nothing of this service begins until the promise is settled */
  readonly hold: (service: string, until: Promise<void>) => void;
  /** settles when nothing runs and nothing is to be tried now. Rejects with what an attempt threw: a bug. */
  readonly idle: () => Promise<void>;
  /** parcels with something left to do */
  readonly unsettled: () => readonly Parcel[];
  /** forgets the parcels that are on disk: whoever holds the lock next finds them there */
  readonly forgetStored: () => void;
}

interface Line {
  readonly parcels: Parcel[];
  busy: boolean;
}

export function createLanes({ concurrency, report, now, attempt, signal }: LanesOptions): Lanes {
  const lines = new Map<string, Line>();
  const ready: Line[] = [];
  let busy = 0;
  let failure: unknown = null;
  let waiting: { resolve: () => void; reject: (reason: unknown) => void }[] = [];

  const slots = createSlots({
    concurrency,
    onFree: () => proceed(),
    onFull: (most) => report(fullText(most)),
  });
  const lineOf = (service: string): Line => {
    const line = lines.get(service) ?? { parcels: [], busy: false };
    lines.set(service, line);
    return line;
  };
  const occupy = (line: Line, work: Promise<void>, end: () => void) => {
    work
      .catch((error: unknown) => {
        failure ??= error;
      })
      .finally(() => {
        end();
        line.busy = false;
        busy -= 1;
        enqueue(line);
        proceed();
      });
  };
  const enqueue = (line: Line) => {
    if (line.busy || nextDelivery(line.parcels, now()) === null) return;
    line.busy = true;
    busy += 1;
    ready.push(line);
  };
  const proceed = () => {
    for (let line = ready[0]; line !== undefined; line = ready[0]) {
      const next = isOver() ? null : nextDelivery(line.parcels, now());
      const release = next === null ? null : slots.take();
      if (next !== null && release === null) break;
      ready.shift();
      if (next === null || release === null) {
        line.busy = false;
        busy -= 1;
      } else occupy(line, attempt(next), release);
    }
    if (busy > 0) return;
    for (const { resolve, reject } of waiting)
      if (failure === null) resolve();
      else reject(failure);
    waiting = [];
  };
  const isOver = () => signal.aborted || failure !== null;

  return {
    admit: (parcel) => {
      const line = lineOf(parcel.event.service);
      line.parcels.push(parcel);
      if (isOver()) return;
      enqueue(line);
      proceed();
    },
    hold: (service, until) => {
      const line = lineOf(service);
      line.busy = true;
      busy += 1;
      occupy(line, until, () => undefined);
    },
    idle: () =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        proceed();
      }),
    unsettled: () =>
      [...lines.values()].flatMap(({ parcels }) => parcels.filter((parcel) => !isSettledParcel(parcel))),
    forgetStored: () => {
      for (const { parcels } of lines.values()) {
        parcels.splice(0, parcels.length, ...parcels.filter(({ entry }) => entry === null));
      }
    },
  };
}
