import path from 'node:path';
import { compilePattern } from '../probe/expect/pattern.ts';
import { type Json, isObject } from '../words/json.ts';
import type { Filter } from '../words/service.ts';
import type { Tell } from './check-service.ts';
import type { PathSegment } from './parsed-text.ts';
import { hasReference } from './references.ts';
import { showValue } from './structure.ts';

/** The steps of a `filter` of the right structure, programs with absolute paths. Telling what its structure does not show. */
export function filterOf(written: Json | undefined, directory: string, tell: Tell): readonly Filter[] {
  if (written === undefined) return [];
  const single = isObject(written);
  const steps = (single ? [written] : written) as readonly Filter[];
  return steps.map((step, index) => {
    checkStep(step, single ? ['filter'] : ['filter', index], tell);
    return step.command === undefined ? step : { ...step, command: absoluteProgram(step.command, directory) };
  });
}

/** An argv whose program has a slash in it, made absolute. */
export function absoluteProgram(argv: readonly string[], directory: string): readonly string[] {
  const [program = '', ...rest] = argv;
  return program.includes('/') && !program.startsWith('${')
    ? [path.resolve(directory, program), ...rest]
    : argv;
}

function checkStep(step: Filter, at: readonly PathSegment[], tell: Tell): void {
  const { drop, replace, with: by, command } = step;
  const kinds = Object.entries({ drop, replace, command }).flatMap(([key, value]) =>
    value === undefined ? [] : [key],
  );
  if (kinds.length !== 1)
    tell(
      at,
      `saw ${kinds.length === 0 ? 'none of them' : kinds.join(' and ')}, expected one of drop, replace and command`,
    );
  if (by !== undefined && replace === undefined)
    tell([...at, 'with'], 'saw with without replace, expected both');
  for (const [key, pattern] of Object.entries({ drop, replace })) {
    if (pattern === undefined || hasReference(pattern)) continue;
    const compiled = compilePattern(pattern);
    if (!compiled.ok) tell([...at, key], `saw ${showValue(pattern)}, ${compiled.text}`);
  }
}
