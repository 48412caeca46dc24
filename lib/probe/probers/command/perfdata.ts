import { safeLine } from '../../../words/safe-text.ts';

/** One number that a plugin tells. A type, not an interface, so that it is JSON. */
export type Perfdata = {
  readonly label: string;
  /** null for `U`: the plugin could not tell it */
  readonly value: number | null;
  /** `s`, `ms`, `%`, `B`, `c` …; null when there is none */
  readonly unit: string | null;
  /** thresholds as ranges, as printed */
  readonly warn: string | null;
  readonly crit: string | null;
  readonly min: number | null;
  readonly max: number | null;
};

/** More than any plugin has to say. */
const MOST = 1000;
const LONGEST_LABEL = 100;
const NUMBER = /^[+-]?(?:\d{1,30}(?:[.,]\d{0,30})?|[.,]\d{1,30})(?:[eE][+-]?\d{1,3})?/;

/**
 * `'label'=value[UOM];[warn];[crit];[min];[max] …` Labels in quotes may hold blanks, `=` and, doubled, a quote. What is
 * no such item is skipped, the rest still read. Takes time linear in the text.
 * Source: Monitoring Plugins Development Guidelines, “Performance data”.
 */
export function parsePerfdata(text: string): Perfdata[] {
  const found: Perfdata[] = [];
  let at = 0;
  while (at < text.length && found.length < MOST) {
    if (isBlank(text[at])) {
      at += 1;
      continue;
    }
    const { label, next } = text[at] === "'" ? quotedLabel(text, at) : plainLabel(text, at);
    const end = endOfWord(text, next);
    const item = label === null ? null : readItem(label, text.slice(next, end));
    if (item !== null) found.push(item);
    at = Math.max(end, at + 1);
  }
  return found;
}

/** The numbers by label; the last one wins where a label comes twice. */
export function metricsOf(perfdata: readonly Perfdata[]): { readonly [label: string]: number } {
  return Object.fromEntries(
    perfdata.flatMap(({ label, value }) => (value === null ? [] : [[label, value] as const])),
  );
}

interface Label {
  /** null: there is no label here */
  readonly label: string | null;
  /** where its value begins, or, without a label, where to look on */
  readonly next: number;
}

function quotedLabel(text: string, start: number): Label {
  let label = '';
  let at = start + 1;
  for (;;) {
    const close = text.indexOf("'", at);
    if (close === -1) return { label: null, next: text.length };
    label += text.slice(at, close);
    if (text[close + 1] !== "'") {
      const named = text[close + 1] === '=';
      return { label: named ? label : null, next: close + (named ? 2 : 1) };
    }
    label += "'";
    at = close + 2;
  }
}

function plainLabel(text: string, start: number): Label {
  let at = start;
  while (at < text.length && text[at] !== '=' && !isBlank(text[at])) at += 1;
  const named = text[at] === '=' && at > start;
  return { label: named ? text.slice(start, at) : null, next: named ? at + 1 : at };
}

function endOfWord(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isBlank(text[at])) at += 1;
  return at;
}

function readItem(label: string, written: string): Perfdata | null {
  const [first = '', warn = '', crit = '', min = '', max = ''] = written.slice(0, 400).split(';', 6);
  const name = safeLine(label, LONGEST_LABEL);
  const digits = NUMBER.exec(first)?.[0];
  if (name === '' || (digits === undefined && !/^U(?:$|[^\w])/.test(first))) return null;
  return {
    label: name,
    value: digits === undefined ? null : toNumber(digits),
    unit: digits === undefined ? null : textOrNull(first.slice(digits.length)),
    warn: textOrNull(warn),
    crit: textOrNull(crit),
    min: limitOf(min),
    max: limitOf(max),
  };
}

function limitOf(written: string): number | null {
  const digits = NUMBER.exec(written)?.[0];
  return digits === undefined ? null : toNumber(digits);
}

/** Plugins that heed the locale print a decimal comma. */
function toNumber(digits: string): number | null {
  const number = Number(digits.replace(',', '.'));
  return Number.isFinite(number) ? number : null;
}

function textOrNull(text: string): string | null {
  return text === '' ? null : safeLine(text, 60);
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\n' || character === '\r';
}
