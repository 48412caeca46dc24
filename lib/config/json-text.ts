import { safeLine } from '../words/safe-text.ts';
import {
  DEEPEST,
  type ParsedText,
  type PathSegment,
  type Place,
  type TextProblem,
  TOO_DEEP,
} from './parsed-text.ts';

/**
 * A config that is plain JSON: read without yaml. Null when it is none (a flow map of YAML, a comma too many): yaml has
 * the better words for what is wrong then.
 */
export function parseJson(text: string): ParsedText | null {
  const problems: TextProblem[] = [];
  const tell = (offset: number, what: string) => problems.push({ ...placeAt(text, offset), text: what });
  for (const found of scan(text)) {
    if (found.path.length > DEEPEST) {
      tell(found.offset, TOO_DEEP);
      return { value: null, problems, locate: () => null };
    }
    // JSON.parse takes the last of two equal keys without a word.
    if (found.kind === 'key' && found.again) {
      tell(
        found.offset,
        `saw the key ${safeLine(String(found.path.at(-1)), 60)} twice in one map, expected it once`,
      );
    }
  }
  try {
    const value: unknown = JSON.parse(text);
    return {
      value: problems.length === 0 ? value : null,
      problems,
      locate: (path, what) => locate(text, path, what),
    };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The nearest place at or above the path. */
function locate(text: string, path: readonly PathSegment[], what: 'key' | 'value'): Place {
  let best = { offset: 0, depth: 0 };
  for (const { kind, path: here, offset } of scan(text)) {
    if (here.length > path.length || here.length < best.depth) continue;
    if (kind === 'key' && (what === 'value' || here.length < path.length)) continue;
    if (kind === 'value' && what === 'key' && here.length === path.length && best.depth === here.length)
      continue;
    if (here.every((segment, index) => segment === path[index])) best = { offset, depth: here.length };
  }
  return placeAt(text, best.offset);
}

type Found =
  | {
      readonly kind: 'key';
      readonly path: readonly PathSegment[];
      readonly offset: number;
      readonly again: boolean;
    }
  | { readonly kind: 'value'; readonly path: readonly PathSegment[]; readonly offset: number };

interface Frame {
  /** null in a list */
  readonly keys: Set<string> | null;
}

/** Every key and value with its path, which is valid only until the next one. Loose: JSON.parse says whether it is JSON at all. */
function* scan(text: string): Generator<Found> {
  const frames: Frame[] = [];
  const path: PathSegment[] = [];
  let expectsKey = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] ?? '';
    const frame = frames.at(-1);
    if (sign === '"') {
      const end = endOfString(text, at);
      if (expectsKey && frame?.keys) {
        const key = keyText(text.slice(at, end));
        path[path.length - 1] = key;
        yield { kind: 'key', path, offset: at, again: frame.keys.has(key) };
        frame.keys.add(key);
        expectsKey = false;
      } else yield { kind: 'value', path, offset: at };
      at = end - 1;
    } else if (sign === '{' || sign === '[') {
      yield { kind: 'value', path, offset: at };
      frames.push({ keys: sign === '{' ? new Set() : null });
      path.push(sign === '{' ? '' : 0);
      expectsKey = sign === '{';
    } else if (sign === '}' || sign === ']') {
      frames.pop();
      path.pop();
      expectsKey = false;
    } else if (sign === ',') {
      expectsKey = frame !== undefined && frame.keys !== null;
      const last = path.at(-1);
      if (typeof last === 'number') path[path.length - 1] = last + 1;
    } else if (/[-0-9a-z]/i.test(sign)) {
      yield { kind: 'value', path, offset: at };
      while (/[-+.0-9a-z]/i.test(text[at + 1] ?? '')) at += 1;
    }
  }
}

/** Behind the closing quote. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function keyText(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return String(JSON.parse(quoted));
  } catch (error) {
    if (error instanceof SyntaxError) return quoted;
    throw error;
  }
}

function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, col: offset - before.lastIndexOf('\n') };
}
