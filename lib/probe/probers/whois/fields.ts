import { safeLine } from '../../../words/safe-text.ts';

const MAX_FIELDS = 100;
const MAX_LINES = 5000;

/** The lines `name: value` of an answer, names in lower case; comments (`%`, `#`, `>>>`) left out. */
export function fieldsOf(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\n', MAX_LINES)) {
    const colon = line.indexOf(':');
    if (colon <= 0 || colon > 60 || /^\s*[%#>]/.test(line.slice(0, 60))) continue;
    const name = safeLine(line.slice(0, colon), 60).replace(/\.+$/, '').toLowerCase();
    const value = safeLine(line.slice(colon + 1), 200);
    if (name === '' || value === '' || fields.has(name)) continue;
    fields.set(name, value);
    if (fields.size === MAX_FIELDS) break;
  }
  return fields;
}

/** What registries call the day on which a registration ends. */
const NAMES: readonly string[] = [
  'registry expiry date',
  'registrar registration expiration date',
  'expiration date',
  'expiration time',
  'expiry date',
  'expires',
  'expires on',
  'expire date',
  'expire',
  'paid-till',
  'renewal date',
  'validity',
  'valid until',
];

/** ms since 1970; null when there is no such line, or its date has a form that is not known. */
export function expiryOf(fields: ReadonlyMap<string, string>): number | null {
  for (const name of NAMES) {
    const value = fields.get(name);
    const time = value === undefined ? null : parseDate(value);
    if (time !== null) return time;
  }
  return null;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** `2027-01-31T04:00:00Z`, `2027-01-31`, `2027.01.31`, `2027/01/31`, `20270131`, `31-Jan-2027`, `31.1.2027`: for UTC where nothing else is said. */
export function parseDate(text: string): number | null {
  const iso = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d)?/.exec(text)?.[0];
  if (iso !== undefined) {
    const time = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(iso.slice(19)) ? iso : `${iso}Z`);
    return Number.isNaN(time) ? null : time;
  }
  const [, year, month, day] = /^(\d{4})[-./]?(\d\d)[-./]?(\d\d)(?!\d)/.exec(text) ?? [];
  if (day !== undefined) return Date.UTC(Number(year), Number(month) - 1, Number(day));
  const [, d, name, y] = /^(\d{1,2})[-./ ](\w{3}|\d{1,2})[-./ ](\d{4})(?!\d)/.exec(text) ?? [];
  if (name === undefined) return null;
  const index = /^\d/.test(name) ? Number(name) - 1 : MONTHS.indexOf(name.toLowerCase());
  return index < 0 || index > 11 ? null : Date.UTC(Number(y), index, Number(d));
}
