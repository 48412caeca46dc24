/** How often it looks. */
const TICK_MS = 50;
/** Less is what any turn of the event loop may take while a sweep is in full swing. */
const STALL_MS = 50;

/** Knows when this process could do nothing: a loaded host, a stopped process, a long turn of its own event loop. */
export interface LagMeter {
  /** ms lost since then (monotonic) in stalls; those of an ordinary turn are none */
  lost_ms(since_ms: number): number;
  stop(): void;
}

/** One timer for all probes of a sweep; it keeps no process alive. `monotonic` gives ms. */
export function startLagMeter(monotonic: () => number): LagMeter {
  const stalls: { readonly from: number; readonly to: number }[] = [];
  let expected = monotonic() + TICK_MS;
  const look = () => {
    const now = monotonic();
    if (now - expected < STALL_MS) return;
    stalls.push({ from: expected, to: now });
    expected = now;
  };
  const timer = setInterval(() => {
    look();
    expected = monotonic() + TICK_MS;
  }, TICK_MS).unref();
  return {
    lost_ms(since_ms) {
      // Whoever asks in the first turn after a stall may come before the timer does.
      look();
      let lost = 0;
      for (let at = stalls.length - 1; at >= 0; at -= 1) {
        const stall = stalls[at];
        if (stall === undefined || stall.to <= since_ms) break;
        lost += stall.to - Math.max(stall.from, since_ms);
      }
      return lost;
    },
    stop: () => clearInterval(timer),
  };
}
