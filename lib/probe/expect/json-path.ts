import { query, type JsonValue } from 'jsonpath-rfc9535';
import parse from 'jsonpath-rfc9535/parser';
import type { Json } from '../../words/json.ts';

/** A JSONPath of the config (RFC 9535), checked. */
export interface JsonPath {
  readonly source: string;
  /** one node is its value, more are a list of theirs, none is undefined */
  select(document: Json): Json | undefined;
}

export type CompiledPath =
  { readonly ok: true; readonly path: JsonPath } | { readonly ok: false; readonly text: string };

/**
 * Refused, besides what RFC 9535 does not allow: whatever could take more than linear time in a stranger’s document,
 * and `match()` and `search()`, which would run on V8’s backtracking engine.
 */
export function compileJsonPath(source: string): CompiledPath {
  const objection = parseObjection(source);
  if (objection !== null) return { ok: false, text: objection };
  // the package’s types lack readonly; it changes nothing
  return { ok: true, path: { source, select: (document) => collapse(query(document as JsonValue, source)) } };
}

function parseObjection(source: string): string | null {
  if (source.length > 1024) return `the JSONPath has ${source.length} characters, expected at most 1024`;
  try {
    return findObjection(parse(source));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return `no JSONPath (RFC 9535): ${error.message.slice(0, 200)}`;
  }
}

interface Seen {
  descents: number;
}

function findObjection(node: unknown, seen: Seen = { descents: 0 }, inFilter = false): string | null {
  if (typeof node !== 'object' || node === null) return null;
  const type = 'type' in node ? node.type : null;
  if (type === 'DescendantSegment' && ++seen.descents > 1)
    return 'the JSONPath has more than one “..”, expected at most one';
  if (type === 'FunctionExpr' && 'name' in node && (node.name === 'match' || node.name === 'search')) {
    return `${node.name}() is not supported; select the value and write {matches: …}`;
  }
  if (type === 'JsonPathQuery' && inFilter)
    return 'a filter may look at the item (@…), not search the whole document ($…)';
  for (const part of Object.values(node)) {
    const objection = findObjection(part, seen, inFilter || type === 'FilterSelector');
    if (objection !== null) return objection;
  }
  return null;
}

function collapse(nodes: readonly Json[]): Json | undefined {
  return nodes.length < 2 ? nodes[0] : nodes;
}
