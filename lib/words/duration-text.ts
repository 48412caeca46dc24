const UNITS: readonly (readonly [ms: number, letter: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1000, 's'],
];

/** Milliseconds for people: `0.4 ms`, `950 ms`, `1.2 s`, `59 s`, `5m`, `2h 3m`, `3d 4h`. At most two units. */
export function showDuration(ms: number): string {
  if (ms < 1000) return `${tenths(ms)} ms`;
  if (ms < 60_000) return `${tenths(ms / 1000)} s`;
  const first = UNITS.findIndex(([size]) => ms >= size);
  return UNITS.slice(first, first + 2)
    .map(([size, letter], index) => ({
      letter,
      amount: Math.floor(index === 0 ? ms / size : remainder(ms, first) / size),
    }))
    .filter(({ amount }) => amount > 0)
    .map(({ amount, letter }) => `${amount}${letter}`)
    .join(' ');
}

/** Ten and more are whole, less has one decimal. */
function tenths(value: number): string {
  return value >= 10 ? String(Math.floor(value)) : String(Math.floor(value * 10) / 10);
}

function remainder(ms: number, first: number): number {
  const size = UNITS[first]?.[0];
  return size === undefined ? ms : ms % size;
}
