import path from 'node:path';
import { type JsonObject, isObject } from '../words/json.ts';
import type { Problem } from '../words/service.ts';
import type { Source } from './config-files.ts';
import { parseConfigText } from './config-text.ts';
import { type PathSegment, showPath } from './parsed-text.ts';
import { showValue } from './structure.ts';

/** One file of a config, parsed. */
export interface ConfigFile {
  /** absolute; `-` for stdin */
  readonly file: string;
  /** where its relative paths begin */
  readonly directory: string;
  readonly value: JsonObject;
  /** takes a mistake at a path; `key` places it at the path’s last key instead of its value */
  tell(path: readonly PathSegment[], text: string, at?: 'key' | 'value'): void;
}

/** Problems of all files, each once. */
export interface ProblemList {
  add(problem: Problem): void;
  readonly all: readonly Problem[];
}

export function createProblemList(): ProblemList {
  const known = new Map<string, Problem>();
  return {
    add: (problem) => {
      if (known.size < MOST_PROBLEMS)
        known.set(JSON.stringify([problem.file, problem.path, problem.text]), problem);
    },
    get all() {
      return [...known.values()].sort(inOrder);
    },
  };
}

const MOST_PROBLEMS = 500;

/** By place in each file; files stay in the order in which they came up. */
function inOrder(a: Problem, b: Problem): number {
  if (a.file !== b.file) return 0;
  return (a.line ?? 0) - (b.line ?? 0) || (a.col ?? 0) - (b.col ?? 0);
}

/** Null when its text is no config at all; the list has been told why. A file without anything in it is an empty map. */
export async function openConfigFile(
  source: Source,
  cwd: string,
  problems: ProblemList,
): Promise<ConfigFile | null> {
  const { file, text } = source;
  const parsed = await parseConfigText(text);
  for (const { line, col, text: what } of parsed.problems)
    problems.add({ file, line, col, path: '', text: what });
  if (parsed.problems.length > 0) return null;
  const tell: ConfigFile['tell'] = (at, what, part = 'value') => {
    const place = parsed.locate(at, part);
    problems.add({
      file,
      line: place?.line ?? null,
      col: place?.col ?? null,
      path: showPath(at),
      text: what,
    });
  };
  const value = parsed.value ?? {};
  if (!isObject(value)) {
    tell([], `saw ${showValue(value)}, expected a map with the key services`);
    return null;
  }
  return { file, directory: file === '-' ? cwd : path.dirname(file), value: value as JsonObject, tell };
}
