/** A point in time as people write it: on the clock of some zone, or as an instant. */
export type WrittenTime =
  | { readonly kind: 'instant'; readonly ms: number }
  /** `clock_ms` is what the clock shows, read as if it were UTC */
  | { readonly kind: 'local'; readonly clock_ms: number };

const TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** `2026-12-01T02:00`, with a blank for the T, with seconds, with `Z` or an offset; a bare date is its midnight. Null: no time. */
export function parseTime(text: string): WrittenTime | null {
  const [, year, month, day, hour = '00', minute = '00', second = '00', offset] = TIME.exec(text) ?? [];
  if (year === undefined || month === undefined || day === undefined) return null;
  const clock_ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // 30 February is no date, whatever Date makes of it.
  if (Number.isNaN(clock_ms) || new Date(clock_ms).getUTCDate() !== Number(day)) return null;
  return offset === undefined
    ? { kind: 'local', clock_ms }
    : { kind: 'instant', ms: clock_ms - offsetOf(offset) };
}

/**
 * The instant, ms since 1970. A time that the clock shows twice is the `earlier` or the `later` of them; one that it leaps
 * over is the instant of the leap.
 */
export function instantOf(time: WrittenTime, zone: string, which: 'earlier' | 'later'): number {
  if (time.kind === 'instant') return time.ms;
  const { clock_ms } = time;
  const offsets = [-DAY_MS, 0, DAY_MS].map((shift) => offsetAt(clock_ms + shift, zone));
  const instants = offsets
    .map((offset) => clock_ms - offset)
    .filter((ms) => ms + offsetAt(ms, zone) === clock_ms);
  if (instants.length === 0) return leapOver(clock_ms, zone, offsets);
  return which === 'earlier' ? Math.min(...instants) : Math.max(...instants);
}

/** What the clock of a zone shows, for people: `2026-12-01 02:00`. Seconds only where there are any. */
export function showLocalTime(ms: number, zone: string): string {
  const text = new Date(ms + offsetAt(ms, zone)).toISOString();
  const seconds = text.slice(16, 19);
  return `${text.slice(0, 10)} ${text.slice(11, 16)}${seconds === ':00' ? '' : seconds}`;
}

/** Whether it is the name of a time zone, such as Europe/Oslo. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    clockOf(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const DAY_MS = 86_400_000;

/** The first instant at which the clock is past a time that it never shows. */
function leapOver(clock_ms: number, zone: string, offsets: readonly number[]): number {
  let before = clock_ms - Math.max(...offsets);
  let after = clock_ms - Math.min(...offsets);
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (middle + offsetAt(middle, zone) < clock_ms) before = middle;
    else after = middle;
  }
  return after;
}

/** How far the clock of a zone is ahead of UTC at an instant, ms. */
function offsetAt(ms: number, zone: string): number {
  const whole = Math.floor(ms / 1000) * 1000;
  const parts = new Map(
    clockOf(zone)
      .formatToParts(whole)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  const clock_ms = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return clock_ms - whole;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Making one costs far more than using it. Throws RangeError for a zone that does not exist. */
function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  clocks.set(zone, made);
  return made;
}

/** `+01:00` in ms. */
function offsetOf(text: string): number {
  if (text === 'Z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return (text.startsWith('-') ? -minutes : minutes) * 60_000;
}
