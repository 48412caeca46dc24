import type { Json } from '../words/json.ts';
import { safeText } from '../words/safe-text.ts';
import { items, ordered } from './canonical.ts';

/** Longer parts that differ are shown as taken out and put in whole: the comparison costs the product of both. */
const LINES_MAX = 500;
const DIFF_MAX = 4096;

/** What differs, for a person: lines with a leading `- ` or `+ `, made safe, at most 4 KiB. */
export function diff(before: Json, after: Json): string {
  const lines =
    Array.isArray(before) && Array.isArray(after)
      ? setDiff(before, after)
      : lineDiff(linesOf(before), linesOf(after));
  return safeText(lines.join('\n'), DIFF_MAX);
}

function setDiff(before: readonly Json[], after: readonly Json[]): readonly string[] {
  const [old, now] = [items(before), items(after)];
  const [had, has] = [new Set(old), new Set(now)];
  return [
    ...old.filter((item) => !has.has(item)).map((item) => `- ${bare(item)}`),
    ...now.filter((item) => !had.has(item)).map((item) => `+ ${bare(item)}`),
  ];
}

/** An item of a set without the quotes of its canonical text. */
function bare(item: string): string {
  const value: unknown = JSON.parse(item);
  return typeof value === 'string' ? value : item;
}

function linesOf(value: Json): readonly string[] {
  if (value === null) return [];
  if (typeof value === 'string') return value.split('\n');
  return JSON.stringify(JSON.parse(ordered(value)), null, 1).split('\n');
}

function lineDiff(before: readonly string[], after: readonly string[]): readonly string[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before.at(-1 - tail) === after.at(-1 - tail)
  )
    tail += 1;
  return middleDiff(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
}

function middleDiff(before: readonly string[], after: readonly string[]): readonly string[] {
  if (before.length > LINES_MAX || after.length > LINES_MAX)
    return [...before.map(removed), ...after.map(added)];
  const common = commonLengths(before, after);
  const lines: string[] = [];
  let [b, a] = [0, 0];
  while (b < before.length || a < after.length) {
    const [old, now] = [before[b], after[a]];
    if (old !== undefined && old === now) {
      b += 1;
      a += 1;
    } else if (old !== undefined && (now === undefined || at(common, b + 1, a) >= at(common, b, a + 1))) {
      lines.push(removed(old));
      b += 1;
    } else {
      lines.push(added(now ?? ''));
      a += 1;
    }
  }
  return lines;
}

/** `common[b][a]`: length of the longest common subsequence of what begins there. */
function commonLengths(before: readonly string[], after: readonly string[]): readonly Uint16Array[] {
  const table = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1));
  for (let b = before.length - 1; b >= 0; b -= 1) {
    const row = table[b];
    if (row === undefined) continue;
    for (let a = after.length - 1; a >= 0; a -= 1) {
      row[a] =
        before[b] === after[a]
          ? at(table, b + 1, a + 1) + 1
          : Math.max(at(table, b + 1, a), at(table, b, a + 1));
    }
  }
  return table;
}

function at(table: readonly Uint16Array[], row: number, column: number): number {
  return table[row]?.[column] ?? 0;
}

function removed(line: string): string {
  return `- ${line}`;
}

function added(line: string): string {
  return `+ ${line}`;
}
