import type { ServiceRecord } from '../words/record.ts';

const BARS = '▁▂▃▄▅▆▇█';

/** The recent durations as bars from nothing to the longest; `x` is down, `?` is unknown, `·` took no time. */
export function sparkline({ letters, durations }: ServiceRecord['recent']): string {
  const longest = Math.max(
    0,
    ...durations.filter((duration, at) => duration !== null && isGood(letters[at])).map(Number),
  );
  return Array.from(letters, (letter, at) => mark(letter, durations[at] ?? null, longest)).join('');
}

function mark(letter: string, duration: number | null, longest: number): string {
  if (letter === 'D') return 'x';
  if (!isGood(letter)) return '?';
  if (duration === null || longest === 0) return '·';
  return BARS[Math.min(BARS.length - 1, Math.floor((duration / longest) * BARS.length))] ?? '·';
}

function isGood(letter: string | undefined): boolean {
  return letter === 'U' || letter === 'W';
}
