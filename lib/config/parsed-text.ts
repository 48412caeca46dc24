import { safeLine } from '../words/safe-text.ts';

export type PathSegment = string | number;

/** 1-based. */
export interface Place {
  readonly line: number;
  readonly col: number;
}

export interface TextProblem extends Place {
  readonly text: string;
}

/** One config file, parsed. */
export interface ParsedText {
  /** plain JSON; null when there are problems */
  readonly value: unknown;
  readonly problems: readonly TextProblem[];
  /** where a path’s value, or its key, stands (or the nearest place above it); null when that cannot be said */
  locate(path: readonly PathSegment[], what: 'key' | 'value'): Place | null;
}

/** Maps and lists inside each other: far more than any config has, far less than any stack bears. */
export const DEEPEST = 100;
export const TOO_DEEP = `saw maps and lists nested too deeply, expected at most ${DEEPEST} levels`;

/** `services[2].expect.status`. */
export function showPath(path: readonly PathSegment[]): string {
  return path
    .map((segment, index) => {
      if (typeof segment === 'number') return `[${segment}]`;
      const safe = safeLine(segment, 100);
      if (safe !== segment || !/^[^\s.[\]"]+$/.test(segment)) return `[${JSON.stringify(safe)}]`;
      return index === 0 ? segment : `.${segment}`;
    })
    .join('');
}
