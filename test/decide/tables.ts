import { readFileSync } from 'node:fs';
import path from 'node:path';
import { FLAPPING_LIMITS, SLOW_PHASES, type Policy } from '../../lib/words/policy.ts';
import { parseDuration } from '../../lib/words/units.ts';
import { policyOf, type Written } from './story.ts';

const PAGE = path.join(import.meta.dirname, '../../docs/decisions.md');

export interface Table {
  readonly heading: string;
  /** the keys of the line “With `key: value`” before it; empty without one */
  readonly settings: readonly string[];
  readonly columns: readonly string[];
  /** cells without their backquotes */
  readonly rows: readonly (readonly string[])[];
}

/** Every table of docs/decisions.md, which is written for people and run by the tests. */
export function readTables(): readonly Table[] {
  const tables: Table[] = [];
  let heading = '';
  let settings: readonly string[] = [];
  let rows: string[][] = [];
  for (const line of [...readFileSync(PAGE, 'utf8').split('\n'), '']) {
    if (line.startsWith('#')) {
      heading = line.replace(/^#+ /, '');
      settings = [];
    }
    if (line.startsWith('With ')) settings = Array.from(line.matchAll(/`([^`]+)`/g), ([, text = '']) => text);
    if (line.startsWith('|')) rows.push(cellsOf(line));
    else if (rows.length > 0) {
      const [columns = [], , ...body] = rows;
      tables.push({ heading, settings, columns, rows: body });
      rows = [];
    }
  }
  return tables;
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, line.lastIndexOf('|'))
    .split('|')
    .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1'));
}

/** `U*3` → `U U U`; brackets stand alone. */
export function wordsOf(text: string): readonly string[] {
  return text
    .replaceAll(/[()]/g, ' $& ')
    .split(' ')
    .filter((word) => word !== '')
    .flatMap((word) => {
      const [what = '', times = '1'] = word.split('*');
      return Array.from({ length: Number(times) }, () => what);
    });
}

/** The policy that keys of a config mean. */
export function policyFrom(settings: readonly string[]): Policy {
  let written: Written = {};
  for (const setting of settings) written = { ...written, ...settingOf(setting) };
  return policyOf(written);
}

function settingOf(setting: string): Written {
  const [, key = '', value = ''] = /^(\w+): (.*)$/.exec(setting) ?? [];
  switch (key) {
    case 'down_after':
    case 'up_after':
      return { [key]: value };
    case 'remind':
      return { remind: remindOf(value) };
    case 'flapping':
      return { flapping: value === 'false' ? null : value === 'true' ? FLAPPING_LIMITS : limitsOf(value) };
    case 'slow':
      return { slow: Object.fromEntries(Object.entries(mapOf(value)).map(([k, v]) => [k, ms(v)])) };
    case 'slow_window':
      return { slow_window: Number(value) };
    default:
      throw new Error(`docs/decisions.md: no such key here: ${setting} (${SLOW_PHASES.length})`);
  }
}

function remindOf(value: string): Policy['remind'] {
  if (!value.startsWith('{')) return { every_ms: ms(value), factor: 1, max_ms: null };
  const { every = '', factor = '1', max } = mapOf(value);
  return { every_ms: ms(every), factor: Number(factor), max_ms: max === undefined ? null : ms(max) };
}

function limitsOf(value: string): Policy['flapping'] {
  const { high, low } = mapOf(value);
  return { high: Number(high), low: Number(low) };
}

function mapOf(value: string): { readonly [key: string]: string } {
  return Object.fromEntries(Array.from(value.matchAll(/(\w+): ([^,}]+)/g), ([, key, item]) => [key, item]));
}

function ms(text: string): number {
  return parseDuration(text) ?? Number.NaN;
}
