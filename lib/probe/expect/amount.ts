import type { Unit } from '../../words/fact.ts';
import type { Json } from '../../words/json.ts';
import { parseDuration, parseSize } from '../../words/units.ts';

const MS_IN: Readonly<Partial<Record<Unit, number>>> = { ms: 1, s: 1000, days: 86_400_000 };
const PLAIN = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

export type Amount =
  { readonly ok: true; readonly value: number } | { readonly ok: false; readonly text: string };

/** A number, or a duration, size or percentage as text, in the fact’s own unit; else what is wrong with it. */
export function parseAmount(written: Json, unit: Unit | undefined): Amount {
  if (typeof written === 'number')
    return Number.isFinite(written) ? ok(written) : wrong(String(written), unit);
  if (typeof written !== 'string') return wrong(JSON.stringify(written), unit);
  const text = written.trim();
  if (PLAIN.test(text)) return ok(Number(text));
  if (unit === 'percent' && text.endsWith('%') && PLAIN.test(text.slice(0, -1)))
    return ok(Number(text.slice(0, -1)));
  const millisecondsInUnit = unit === undefined ? undefined : MS_IN[unit];
  const duration = parseDuration(text);
  if (duration !== null && millisecondsInUnit !== undefined) return ok(duration / millisecondsInUnit);
  const size = parseSize(text);
  if (size !== null && unit === 'bytes') return ok(size);
  return wrong(JSON.stringify(text), unit);
}

/** A number written as text, as another system’s output may have it; null when it is none. */
export function parseNumber(text: string): number | null {
  return text.length <= 64 && PLAIN.test(text) ? Number(text) : null;
}

function ok(value: number): Amount {
  return { ok: true, value };
}

function wrong(seen: string, unit: Unit | undefined): Amount {
  return { ok: false, text: `saw ${seen}, expected ${WANTED[unit ?? 'none']}` };
}

const WANTED: Readonly<Record<Unit | 'none', string>> = {
  ms: 'a number of milliseconds or a duration such as 500ms or 2h',
  s: 'a number of seconds or a duration such as 30s or 2h',
  days: 'a number of days or a duration such as 12h or 14d',
  percent: 'a percentage such as 5 or 5%',
  bytes: 'a number of bytes or a size such as 64KiB',
  none: 'a plain number (this value has no unit)',
};
