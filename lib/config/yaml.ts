import {
  type Alias,
  LineCounter,
  type Node,
  type Pair,
  type YAMLMap,
  Lexer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
} from 'yaml';
import type { Json } from '../words/json.ts';
import { safeLine } from '../words/safe-text.ts';
import { tooMuch } from './yaml-size.ts';
import { yamlMessage } from './yaml-message.ts';
import {
  DEEPEST,
  type ParsedText,
  type Place,
  type PathSegment,
  type TextProblem,
  TOO_DEEP,
} from './parsed-text.ts';

/** YAML 1.2 with merge keys. Mistakes are problems with their places; nothing a text holds ends the process. */
export function parseYaml(text: string): ParsedText {
  const refused = tooMuch(text, () => new Lexer().lex(text));
  if (refused !== null) return { value: null, problems: [refused], locate: () => null };
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    prettyErrors: false,
    lineCounter: lines,
    uniqueKeys: false,
    stringKeys: true,
    resolveKnownTags: false,
  });
  const problems: TextProblem[] = [];
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), col: Math.max(1, col) };
  };
  const tell = (offset: number, what: string) => {
    if (problems.length >= MOST_PROBLEMS) return;
    const place = placeOf(offset);
    // One mistake of YAML makes the parser stumble over the rest of its line.
    if (!problems.some((other) => other.line === place.line)) problems.push({ ...place, text: what });
  };
  for (const error of [...document.errors, ...document.warnings]) {
    tell(error.pos[0], yamlMessage(error.code, error.message, text, error.pos[0]));
  }
  if (problems.length > 0) return { value: null, problems, locate: () => null };
  const unfolding = unfold(document.contents, tell);
  return {
    value: problems.length > 0 ? null : unfolding.value,
    problems,
    locate: (path, what) => placeOf(offsetOf(document.contents, path, what, unfolding.targets)),
  };
}

const MOST_PROBLEMS = 50;
/** Values that aliases may unfold to, beside ten times those that are written. */
const UNFOLDED = 1_000_000;

interface Unfolding {
  readonly value: Json;
  /** what each alias stands for */
  readonly targets: ReadonlyMap<Alias, Node>;
}

/** Plain JSON of a document. Aliased values are shared, not copied, and counted as if they were copied. */
function unfold(contents: unknown, tell: (offset: number, what: string) => void): Unfolding {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  const made = new Map<unknown, { readonly value: Json; readonly size: number }>();
  let written = 0;

  const visit = (node: unknown, depth: number): { readonly value: Json; readonly size: number } => {
    written += 1;
    const offset = startOf(node) ?? 0;
    const fail = (what: string) => {
      tell(offset, what);
      return { value: null, size: 1 };
    };
    if (depth > DEEPEST) return fail(TOO_DEEP);
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined)
        return fail(`saw *${safeLine(node.source, 40)}, expected an anchor of this name before it`);
      targets.set(node, target);
      return made.get(target) ?? fail(`saw *${safeLine(node.source, 40)} inside of what it stands for`);
    }
    if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined)
      anchors.set(node.anchor, node);
    const result = isMap(node)
      ? visitMap(node, depth)
      : isSeq(node)
        ? visitAll(node.items, depth)
        : isScalar(node)
          ? scalar(node.value, fail)
          : { value: null, size: 1 };
    const isBomb = result.size > UNFOLDED + written * 10;
    const kept = isBomb
      ? fail('saw aliases that unfold to more than a million values (an alias bomb?)')
      : result;
    made.set(node, kept);
    return kept;
  };

  const visitAll = (items: readonly unknown[], depth: number) => {
    const results = items.map((item) => visit(item, depth + 1));
    return {
      value: results.map(({ value }) => value),
      size: results.reduce((sum, { size }) => sum + size, 1),
    };
  };

  const visitMap = (map: YAMLMap, depth: number) => {
    const own = new Map<string, Json>();
    const merged = new Map<string, Json>();
    let size = 1;
    for (const pair of map.items) {
      const key = keyOf(pair);
      const result = visit(pair.value, depth + 1);
      size += result.size;
      if (isMerge(pair)) {
        const sources: readonly Json[] = Array.isArray(result.value) ? result.value : [result.value];
        for (const source of sources) {
          if (typeof source !== 'object' || source === null || Array.isArray(source)) {
            tell(
              startOf(pair.key) ?? 0,
              'saw << with something else than a map, expected <<: *ANCHOR of a map',
            );
          } else
            for (const [name, value] of Object.entries(source))
              if (!merged.has(name)) merged.set(name, value);
        }
      } else if (own.has(key)) {
        tell(startOf(pair.key) ?? 0, `saw the key ${safeLine(key, 60)} twice in one map, expected it once`);
      } else own.set(key, result.value);
    }
    for (const [name, value] of merged) if (!own.has(name)) own.set(name, value);
    return { value: Object.fromEntries(own), size };
  };

  return { value: visit(contents, 0).value, targets };
}

function scalar(value: unknown, fail: (what: string) => { value: Json; size: number }) {
  if (typeof value === 'number' && !Number.isFinite(value))
    return fail(`saw ${String(value)}, expected a number that JSON has`);
  if (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean'
  ) {
    return { value, size: 1 };
  }
  return fail('saw a value that JSON has not');
}

function keyOf({ key }: Pair): string {
  return isScalar(key) && typeof key.value === 'string' ? key.value : '';
}

function isMerge({ key }: Pair): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}

/** Where the value (or the key) at a path stands; the nearest place above it when it is not written there. */
function offsetOf(
  contents: unknown,
  path: readonly PathSegment[],
  what: 'key' | 'value',
  targets: ReadonlyMap<Alias, Node>,
): number {
  const followed = (node: unknown) => (isAlias(node) ? targets.get(node) : node);
  const pairOf = (map: YAMLMap, key: string): Pair | null => {
    const own = map.items.find((pair) => !isMerge(pair) && keyOf(pair) === key);
    if (own) return own;
    const sources = map.items.filter(isMerge).flatMap(({ value }) => (isSeq(value) ? value.items : [value]));
    const maps = sources.map(followed).filter((source) => isMap(source));
    return maps.map((source) => pairOf(source, key)).find((pair) => pair !== null) ?? null;
  };
  let node = contents;
  let offset = startOf(node) ?? 0;
  for (const [index, segment] of path.entries()) {
    const holder = followed(node);
    if (isSeq(holder) && typeof segment === 'number') {
      node = holder.items[segment];
      offset = startOf(node) ?? offset;
      continue;
    }
    const pair = isMap(holder) ? pairOf(holder, String(segment)) : null;
    if (pair === null) return offset;
    if (what === 'key' && index === path.length - 1) return startOf(pair.key) ?? offset;
    node = pair.value;
    offset = startOf(node) ?? startOf(pair.key) ?? offset;
  }
  return offset;
}

function startOf(node: unknown): number | null {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range))
    return null;
  const start: unknown = node.range[0];
  return typeof start === 'number' ? start : null;
}
