export interface SlotsOptions {
  /** hooks in their first second at once */
  readonly concurrency: number;
  /** Called whenever one may have become free. */
  readonly onFree: () => void;
  /** Called once, when nothing more may start because so many hooks (`most`) run for longer than a second. */
  readonly onFull: (most: number) => void;
}

/**
 * How many hooks may run. Those in their first second are bounded by `concurrency`. One that takes longer is slow or
 * hangs, and gives its slot to the next, so that it holds up nobody; it still counts against a hard maximum.
 */
export interface Slots {
  /** Takes one; null when none is free. What is returned gives it back, and is to be called once. */
  readonly take: () => (() => void) | null;
}

/** After this a hook counts as slow. */
const QUICK_MS = 1000;
/** Hooks that run at once, slow ones among them: so many times `concurrency`. */
const MOST_PER_SLOT = 16;

export function createSlots({ concurrency, onFree, onFull }: SlotsOptions): Slots {
  const most = concurrency * MOST_PER_SLOT;
  let quick = 0;
  let running = 0;
  let told = false;

  return {
    take: () => {
      if (quick >= concurrency) return null;
      if (running >= most) {
        if (!told) onFull(most);
        told = true;
        return null;
      }
      quick += 1;
      running += 1;
      let isQuick = true;
      const becomeSlow = () => {
        isQuick = false;
        quick -= 1;
        onFree();
      };
      const timer = setTimeout(becomeSlow, QUICK_MS);
      return () => {
        clearTimeout(timer);
        if (isQuick) quick -= 1;
        running -= 1;
        onFree();
      };
    },
  };
}

/** One line about the hard maximum. */
export function fullText(most: number): string {
  return `${most} hooks run at once, most of them for longer than ${QUICK_MS} ms: others wait until one has ended; see hooks.timeout and hooks.concurrency`;
}
