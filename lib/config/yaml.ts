import {
  type Document,
  LineCounter,
  type Node,
  type Pair,
  type YAMLMap,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseDocument,
} from 'yaml';
import type { ParsedText, Place, PathSegment, TextProblem } from './parsed-text.ts';

/** Nodes that aliases may unfold to, beside ten times what is written. */
const UNFOLDED = 1_000_000;
/** Characters that may become a node each: yaml needs some 500 bytes of memory for one. */
const MOST_STRUCTURE = 3_000_000;
const DEEPEST = 5000;

/** YAML 1.2 with merge keys. Mistakes are problems with their places; nothing a text holds ends the process. */
export function parseYaml(text: string): ParsedText {
  const tooMuch = tooBig(text);
  if (tooMuch !== null) return { value: null, problems: [tooMuch], locate: () => null };
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    merge: true,
    prettyErrors: false,
    lineCounter: lines,
    uniqueKeys: true,
  }) as Document.Parsed;
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), col: Math.max(1, col) };
  };
  const problems: TextProblem[] = [...document.errors, ...document.warnings].slice(0, 50).map((error) => ({
    ...placeAt(error.pos[0]),
    text: explain(error.code, error.message, text, error.pos[0]),
  }));
  const count = problems.length > 0 ? { ok: true as const } : countUnfolded(document);
  if (!count.ok)
    problems.push({
      ...placeAt(count.offset),
      text: 'aliases unfold to too much (an alias bomb?), expected fewer',
    });
  return {
    value: problems.length > 0 ? null : (document.toJS({ maxAliasCount: -1 }) as unknown),
    problems,
    locate: (path, what) => {
      const offset = offsetOf(document, path, what);
      return offset === null ? null : placeAt(offset);
    },
  };
}

function tooBig(text: string): TextProblem | null {
  let structure = 0;
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x5d || code === 0x7d) depth = Math.max(0, depth - 1);
    // \n , : - ? #
    else if (
      code !== 0x0a &&
      code !== 0x2c &&
      code !== 0x3a &&
      code !== 0x2d &&
      code !== 0x3f &&
      code !== 0x23
    )
      continue;
    structure += 1;
  }
  if (deepest > DEEPEST)
    return { line: 1, col: 1, text: `it is nested too deeply, expected at most a hundred levels` };
  if (structure > MOST_STRUCTURE)
    return {
      line: 1,
      col: 1,
      text: 'it has too many entries for YAML; write it as JSON, which is read faster',
    };
  return null;
}

function explain(code: string, message: string, text: string, offset: number): string {
  const line = text.slice(
    text.lastIndexOf('\n', offset - 1) + 1,
    text.indexOf('\n', offset) === -1 ? text.length : text.indexOf('\n', offset),
  );
  if (/[[{].*\$\{/.test(line) && code !== 'DUPLICATE_KEY')
    return 'a reference inside [ ] or { } needs quotes: "${NAME}"';
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'this key is there twice; one of them would be ignored';
    case 'TAG_RESOLVE_FAILED':
      return `${message}: tags (!…) have no meaning here`;
    case 'RESOURCE_EXHAUSTION':
      return 'it is nested too deeply, expected at most a hundred levels';
    case 'MULTIPLE_DOCS':
      return 'there is a second document after ---, expected one in a file';
    case 'TAB_AS_INDENT':
      return 'a tab is no indentation in YAML, expected spaces';
    default:
      return `no valid YAML: ${message.split('\n')[0] ?? ''}`;
  }
}

/** How many nodes there are once aliases are followed; each anchor is counted once and remembered. */
function countUnfolded(document: Document.Parsed): { ok: true } | { ok: false; offset: number } {
  const known = new Map<Node, number>();
  let written = 0;
  let worst: { offset: number } | null = null;
  const limit = () => UNFOLDED + written * 10;
  const count = (node: unknown): number => {
    if (isPair(node)) return count(node.key) + count(node.value);
    if (isAlias(node)) {
      const target = node.resolve(document);
      const size = target === undefined ? 1 : (known.get(target) ?? Number.POSITIVE_INFINITY);
      if (size > limit()) worst ??= { offset: node.range?.[0] ?? 0 };
      return Math.min(size, Number.MAX_SAFE_INTEGER);
    }
    written += 1;
    if (!isMap(node) && !isSeq(node)) {
      if (isScalar(node)) known.set(node as Node, 1);
      return 1;
    }
    let size = 1;
    for (const item of node.items) size += count(item);
    known.set(node as Node, size);
    if (size > limit()) worst ??= { offset: node.range?.[0] ?? 0 };
    return size;
  };
  count(document.contents);
  const found = worst as { offset: number } | null;
  return found === null ? { ok: true } : { ok: false, offset: found.offset };
}

/** Where the value (or the key) at a path stands; the nearest place above it when it is not written there. */
function offsetOf(
  document: Document.Parsed,
  path: readonly PathSegment[],
  what: 'key' | 'value',
): number | null {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const [index, segment] of path.entries()) {
    const isLast = index === path.length - 1;
    const holder = isAlias(node) ? node.resolve(document) : node;
    if (isMap(holder)) {
      const pair = pairOf(holder, String(segment), document);
      if (pair === null) return offset;
      if (isLast && what === 'key') return startOf(pair.key) ?? offset;
      node = pair.value;
      offset = startOf(node) ?? startOf(pair.key) ?? offset;
    } else if (isSeq(holder) && typeof segment === 'number') {
      node = holder.items[segment];
      offset = startOf(node) ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function pairOf(map: YAMLMap, key: string, document: Document.Parsed): Pair | null {
  const own = map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
  if (own) return own;
  for (const pair of map.items) {
    if (!isScalar(pair.key) || pair.key.value !== '<<') continue;
    const sources = isSeq(pair.value) ? pair.value.items : [pair.value];
    for (const source of sources) {
      const merged = isAlias(source) ? source.resolve(document) : source;
      const found = isMap(merged) && merged !== map ? pairOf(merged as YAMLMap, key, document) : null;
      if (found) return found;
    }
  }
  return null;
}

function startOf(node: unknown): number | null {
  if (typeof node !== 'object' || node === null || !('range' in node)) return null;
  const { range } = node as { range?: readonly number[] | null };
  return range?.[0] ?? null;
}
