/** One line of a listing. */
export interface ListedEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory';
  /** bytes; null when the line does not tell */
  readonly size: number | null;
  /** ms since 1970; null when the line does not tell */
  readonly changed: number | null;
}

/** A line of MLSD or MLST: `type=file;size=5;modify=20260131120000; name`. Null for what is no entry. Source: RFC 3659 §7. */
export function parseMachineLine(line: string): ListedEntry | null {
  const blank = line.indexOf(' ');
  if (blank <= 0 || !line.slice(0, blank).endsWith(';')) return null;
  const facts = new Map(
    line
      .slice(0, blank)
      .split(';', 50)
      .map((fact) => {
        const equals = fact.indexOf('=');
        return [fact.slice(0, Math.max(equals, 0)).toLowerCase(), fact.slice(equals + 1)] as const;
      }),
  );
  const type = facts.get('type')?.toLowerCase() ?? 'file';
  // The directory itself and the one above it.
  if (type === 'cdir' || type === 'pdir') return null;
  return {
    name: line.slice(blank + 1),
    kind: type === 'dir' ? 'directory' : 'file',
    size: wholeNumber(facts.get('size')),
    changed: parseTime(facts.get('modify') ?? ''),
  };
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DOS = /^(\d\d)-(\d\d)-(\d{2,4}) +(\d\d):(\d\d)([AP]M)? +(<DIR>|\d{1,15}) +(.+)$/i;
const DAY_MS = 86_400_000;

/**
 * A line of LIST, as Unix (`ls -l`) or IIS print it; the time is taken for UTC and of the last year where it has none. Null
 * for what is no entry (`total 12`, `.`, `..`).
 */
export function parseListLine(line: string, now: number): ListedEntry | null {
  return parseUnixLine(line, now) ?? parseDosLine(line);
}

/** `-rw-r--r-- 1 owner group 5 Jan 31 12:00 name`; the group may be missing, owner and group may hold blanks. */
function parseUnixLine(line: string, now: number): ListedEntry | null {
  const type = line.charAt(0);
  if (!'-dlbcps'.includes(type)) return null;
  const words = wordsOf(line);
  const at = words.findIndex(
    ({ text }, index) => index >= 4 && isMonth(text) && isDay(words[index + 1]?.text),
  );
  const [size, month, day, when] = [words[at - 1], words[at], words[at + 1], words[at + 2]];
  if (month === undefined || size === undefined || when === undefined) return null;
  const shown = line.slice(when.end + 1);
  const name = type === 'l' ? (shown.split(' -> ', 1)[0] ?? shown) : shown;
  if (name === '' || name === '.' || name === '..') return null;
  return {
    name,
    kind: type === 'd' ? 'directory' : 'file',
    size: type === '-' ? wholeNumber(size.text) : null,
    changed: unixTime(MONTHS.indexOf(month.text.toLowerCase()), Number(day?.text), when.text, now),
  };
}

/** The first words of a line, and where each ends. */
function wordsOf(line: string): readonly { readonly text: string; readonly end: number }[] {
  const words: { text: string; end: number }[] = [];
  for (let at = 0; at < line.length && words.length < 14;) {
    const end = line.indexOf(' ', at) === -1 ? line.length : line.indexOf(' ', at);
    if (end > at) words.push({ text: line.slice(at, end), end });
    at = end + 1;
  }
  return words;
}

function isMonth(text: string): boolean {
  return MONTHS.includes(text.toLowerCase());
}

function isDay(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,2}$/.test(text);
}

function unixTime(month: number, day: number, when: string, now: number): number | null {
  if (/^\d{4}$/.test(when)) return Date.UTC(Number(when), month, day);
  const [, hours, minutes] = /^(\d{1,2}):(\d\d)$/.exec(when) ?? [];
  if (minutes === undefined) return null;
  const year = new Date(now).getUTCFullYear();
  const thisYear = Date.UTC(year, month, day, Number(hours), Number(minutes));
  // Its clock may be ahead, or of a zone east of here.
  return thisYear > now + DAY_MS ? Date.UTC(year - 1, month, day, Number(hours), Number(minutes)) : thisYear;
}

function parseDosLine(line: string): ListedEntry | null {
  const [, month, day, year, hours, minutes, half, size, name] = DOS.exec(line) ?? [];
  if (name === undefined || year === undefined) return null;
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (/p/i.test(half) ? 12 : 0);
  const full = year.length === 4 ? Number(year) : 2000 + Number(year);
  const directory = size?.toUpperCase() === '<DIR>';
  return {
    name,
    kind: directory ? 'directory' : 'file',
    size: directory ? null : wholeNumber(size),
    changed: Date.UTC(full, Number(month) - 1, Number(day), hour, Number(minutes)),
  };
}

/** `20260131120000.123`, UTC; null when it is none. Source: RFC 3659 §2.3. */
export function parseTime(text: string): number | null {
  const [, year, month, day, hours, minutes, seconds] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d{1,9})?$/.exec(text.trim()) ?? [];
  if (seconds === undefined) return null;
  return Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hours),
    Number(minutes),
    Number(seconds),
  );
}

export function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text.trim()) ? Number(text) : null;
}
