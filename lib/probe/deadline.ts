import { showDuration } from '../words/duration-text.ts';
import type { Phase } from '../words/reason.ts';
import { tolerable } from './overload.ts';
import { CannotTell, Fault } from './prober.ts';

/** One attempt’s time, counted over everything from resolving to the last byte. */
export interface Deadline {
  /** aborted when the time is up or the run ends */
  readonly signal: AbortSignal;
  remaining_ms(): number;
  /** what was added to the time, for puptime itself stood still so long */
  granted_ms(): number;
  /** what that means: a timeout of the service, or that puptime could not wait */
  explain(phase: Phase, peer: string): Fault | CannotTell;
  clear(): void;
}

/**
 * `run` is aborted when the whole run is cut off; `now` gives monotonic milliseconds. `lost_ms`: how long puptime has stood
 * still since. A service gets that time back, up to once its timeout more: what nobody could hear is no silence.
 */
export function startDeadline(
  timeout_ms: number,
  run: AbortSignal,
  now: () => number,
  lost_ms: () => number = () => 0,
): Deadline {
  let until = now() + timeout_ms;
  let granted = 0;
  const controller = new AbortController();
  const abort = () => controller.abort();
  // One more turn of the event loop: what has arrived already is read before the time is called up.
  const ring = () => setImmediate(callTime);
  const callTime = () => {
    const owed = Math.min(lost_ms(), timeout_ms) - granted;
    if (cleared || owed <= tolerable(timeout_ms)) {
      abort();
      return;
    }
    granted += owed;
    until = now() + owed;
    timer = setTimeout(ring, owed);
  };
  let cleared = false;
  let timer = setTimeout(ring, timeout_ms);
  const unfollow = follow(run, abort);
  if (run.aborted) abort();
  return {
    signal: controller.signal,
    remaining_ms: () => Math.max(0, until - now()),
    granted_ms: () => granted,
    explain: (phase, peer) =>
      run.aborted
        ? new CannotTell('resources', 'the run ended before this probe did')
        : new Fault({
            code: 'timeout',
            phase,
            text: `${peer} did not answer within ${showDuration(timeout_ms)}${granted > 0 ? `, nor in the ${showDuration(granted)} more that it was given because this host is overloaded` : ''}`,
          }),
    clear() {
      cleared = true;
      clearTimeout(timer);
      unfollow();
    },
  };
}

const followers = new WeakMap<AbortSignal, Set<() => void>>();

/** One listener for all deadlines of a run: an event target looks through all that it has for each that comes or goes. */
function follow(run: AbortSignal, abort: () => void): () => void {
  const following = followers.get(run) ?? new Set();
  if (!followers.has(run)) {
    followers.set(run, following);
    run.addEventListener('abort', () => following.forEach((each) => each()), { once: true });
  }
  following.add(abort);
  return () => void following.delete(abort);
}

/** Gives an address that is not the last one only its share of the time to connect. */
export function limitConnect(limit_ms: number | null, deadline: Deadline, peer: string) {
  const explain = () => deadline.explain('connect', peer);
  if (limit_ms === null) return { signal: deadline.signal, explain, clear: () => undefined };
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, limit_ms);
  deadline.signal.addEventListener('abort', abort, { once: true });
  if (deadline.signal.aborted) abort();
  return {
    signal: controller.signal,
    explain,
    clear() {
      clearTimeout(timer);
      deadline.signal.removeEventListener('abort', abort);
    },
  };
}
