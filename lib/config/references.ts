import type { Referenced } from '../words/service.ts';

/** `${NAME}`, `${env:NAME:-default}`, `${file:PATH}`, `${cred:NAME}`, `${plain:NAME}`, `${matrix.key}` or `${step.name}`. */
export interface Reference {
  readonly kind: 'env' | 'file' | 'cred' | 'plain' | 'matrix' | 'step';
  readonly name: string;
  /** what stands in when the variable is unset or empty; null when nothing does */
  readonly fallback: string | null;
  /** as written, with its `${}` */
  readonly source: string;
}

export type Segment =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reference'; readonly reference: Reference }
  /** looks like a reference and is none */
  | { readonly kind: 'fault'; readonly source: string; readonly text: string };

const MARK = /\$\$|\$\{[^}]*\}?/g;

/** A text taken apart at its references; in the parts between them `$$` has become `$`. Never throws. */
export function splitReferences(text: string): readonly Segment[] {
  const segments: Segment[] = [];
  let plain = '';
  let last = 0;
  for (const match of text.matchAll(MARK)) {
    plain += text.slice(last, match.index);
    last = match.index + match[0].length;
    if (match[0] === '$$') {
      plain += '$';
      continue;
    }
    if (plain !== '') segments.push({ kind: 'text', text: plain });
    plain = '';
    segments.push(parseReference(match[0]));
  }
  plain += text.slice(last);
  if (plain !== '') segments.push({ kind: 'text', text: plain });
  return segments;
}

/** Whether anything in it is put in later. `$$` alone counts not. */
export function hasReference(text: string): boolean {
  return text.includes('${') && splitReferences(text).some((segment) => segment.kind !== 'text');
}

/** The reference that is the whole text, whose value takes the type that is wanted there; else null. */
export function wholeReference(text: string): Reference | null {
  if (!text.startsWith('${')) return null;
  const [first, ...rest] = splitReferences(text);
  return first?.kind === 'reference' && rest.length === 0 ? first.reference : null;
}

/** Finds the values. What it cannot find it notes in `missing`, and gives an empty text. */
export interface Lookup {
  value(reference: Reference): Referenced;
  /** one line for each reference without a value */
  readonly missing: Set<string>;
  /** values of six characters or more, whatever they are: never to be shown */
  readonly secrets: Set<string>;
}

/** The text with its references put in. A fault stays as written: the config’s check has refused it before. */
export function fillReferences(text: string, lookup: Lookup): string {
  if (!text.includes('$')) return text;
  return splitReferences(text)
    .map((segment) => {
      switch (segment.kind) {
        case 'text':
          return segment.text;
        case 'fault':
          return segment.source;
        case 'reference':
          return lookup.value(segment.reference).value;
      }
    })
    .join('');
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const WITH_DEFAULT = /^([A-Za-z_][A-Za-z0-9_]*):-(.*)$/s;
const MATRIX = /^matrix\.([A-Za-z0-9_-]+)$/;
const STEP = /^step\.([a-z][a-z0-9_]*)$/;
const EXPECTED =
  'expected ${NAME}, ${env:NAME:-default}, ${file:PATH}, ${cred:NAME}, ${plain:NAME} or ${matrix.KEY}; a dollar is written $$';

function parseReference(source: string): Segment {
  const fault = (seen: string): Segment => ({ kind: 'fault', source, text: `${seen}, ${EXPECTED}` });
  if (!source.endsWith('}')) return fault('saw ${ without its }');
  const inner = source.slice(2, -1);
  const make = (kind: Reference['kind'], name: string, fallback: string | null = null): Segment => ({
    kind: 'reference',
    reference: { kind, name, fallback, source },
  });
  const matrix = MATRIX.exec(inner)?.[1];
  if (matrix !== undefined) return make('matrix', matrix);
  const step = STEP.exec(inner)?.[1];
  if (step !== undefined) return make('step', step);
  const colon = inner.indexOf(':');
  const word = colon === -1 || inner.startsWith(':-', colon) ? 'env' : inner.slice(0, colon);
  const rest = colon === -1 || inner.startsWith(':-', colon) ? inner : inner.slice(colon + 1);
  if (word === 'file' || word === 'cred') {
    const usable = rest !== '' && !rest.includes('\0') && (word === 'file' || /^[^/]+$/.test(rest));
    return usable && rest !== '..' && rest !== '.' ? make(word, rest) : fault(`saw ${source}`);
  }
  if (word !== 'env' && word !== 'plain') return fault(`saw ${source}`);
  const [, name, fallback] = WITH_DEFAULT.exec(rest) ?? [];
  if (name !== undefined && fallback !== undefined) return make(word, name, fallback);
  return NAME.test(rest) ? make(word, rest) : fault(`saw ${source}`);
}
