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
  /** true: it cannot say where anything stands */
  readonly withoutPlaces?: boolean;
  /** where a path’s value, or its key, stands; null when that cannot be said */
  locate(path: readonly PathSegment[], what: 'key' | 'value'): Place | null;
}

/** `services[2].expect.status`. */
export function showPath(path: readonly PathSegment[]): string {
  return path
    .map((segment, index) => {
      if (typeof segment === 'number') return `[${String(segment)}]`;
      return index === 0 || /^[^\s.[\]]+$/.test(segment)
        ? `${index === 0 ? '' : '.'}${segment}`
        : `[${JSON.stringify(segment)}]`;
    })
    .join('');
}
