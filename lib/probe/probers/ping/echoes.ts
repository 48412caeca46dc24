/** What became of the packets to one address. */
export interface Echoes {
  /** 0: the kernel took none of them */
  readonly sent: number;
  readonly received: number;
  /** null when none came back */
  readonly rtt: { readonly min: number; readonly avg: number; readonly max: number } | null;
  /** who on the way said that it cannot be reached, and how; null when nobody did */
  readonly unreachable: { readonly by: string; readonly words: string } | null;
  /** what the program said where it could send none; null when it said nothing */
  readonly trouble: string | null;
}

/** Replies that say nothing about the way: the packet went on. */
const HARMLESS = /redirect|quench/i;

export function saysUnreachable(words: string): boolean {
  return !HARMLESS.test(words);
}

/** Milliseconds of each answer. */
export function spread(times: readonly number[]): Echoes['rtt'] {
  if (times.length === 0) return null;
  const sum = times.reduce((total, time) => total + time, 0);
  const avg = Math.round((sum / times.length) * 1000) / 1000;
  return { min: Math.min(...times), avg, max: Math.max(...times) };
}
