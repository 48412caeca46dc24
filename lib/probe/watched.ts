import type { Facts } from '../words/fact.ts';
import type { Json } from '../words/json.ts';
import { safeText } from '../words/safe-text.ts';
import type { Filter } from '../words/service.ts';
import { type Pattern, compilePattern } from './expect/pattern.ts';
import type { Job } from './job.ts';

/** Characters of a watched text that are compared and kept in memory. */
const WATCHED = 65_536;

/** The watched facts of a good result, filtered; null when nothing is watched. A fact that was not seen is null. */
export function watchedOf(job: Job, facts: Facts): { readonly [fact: string]: Json } | null {
  const { watch } = job.service.policy;
  if (watch.length === 0) return null;
  return Object.fromEntries(watch.map((fact) => [fact, normalise(facts[fact] ?? null, job.service.filter)]));
}

function normalise(value: Json, filters: readonly Filter[]): Json {
  if (typeof value === 'string') return safeText(applyFilters(value, filters), WATCHED);
  if (!Array.isArray(value)) return value;
  const items = (value as readonly Json[]).map((item) => normalise(item, filters));
  return items.filter((item) => item !== '');
}

/** Line by line; a line that `drop` matches goes, and what `replace` matches becomes `with`. */
function applyFilters(text: string, filters: readonly Filter[]): string {
  if (filters.length === 0) return text;
  const steps = filters.map(({ drop, replace, with: by = '' }) => ({
    drop: drop === undefined ? null : checkedPattern(drop),
    replace: replace === undefined ? null : checkedPattern(replace),
    by,
  }));
  const lines: string[] = [];
  lines: for (const line of text.split('\n')) {
    let kept = line;
    for (const step of steps) {
      if (step.drop?.found(kept) === true) continue lines;
      if (step.replace) kept = step.replace.replaced(kept, step.by);
    }
    lines.push(kept);
  }
  return lines.join('\n');
}

/** The config was checked: a pattern that does not compile here is a bug. */
function checkedPattern(source: string): Pattern {
  const compiled = compilePattern(source);
  if (!compiled.ok) throw new Error(compiled.text);
  return compiled.pattern;
}
