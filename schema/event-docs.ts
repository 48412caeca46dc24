import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isObject, type JsonObject } from '../lib/words/json.ts';
import { CODES } from '../lib/words/reason.ts';

/** docs/events.md with its generated tables made anew, between lines `<!-- NAME -->` and `<!-- /NAME -->`. */
export function renderEventDocs(page: string): string {
  const event = readSchema('event');
  const result = readSchema('result');
  const shared = Object.keys(event.properties).filter((name) => name in result.properties);
  const only = (schema: Schema) => Object.keys(schema.properties).filter((name) => !shared.includes(name));
  const tables = {
    'shared fields': fieldTable(result, shared),
    'event fields': fieldTable(event, only(event)),
    'result fields': fieldTable(result, only(result)),
    'reason fields': table(HEAD, fieldRows(result, propertiesOf(result.$defs['reason']), '')),
    'reason codes': table(
      ['code', 'it means', 'what to do'],
      Object.entries(CODES).map(([code, [meaning, advice]]) => [`\`${code}\``, meaning, advice]),
    ),
  };
  return Object.entries(tables).reduce((text, [name, rows]) => replaceBetween(text, name, rows), page);
}

interface Schema {
  readonly properties: JsonObject;
  readonly $defs: JsonObject;
}

function readSchema(name: 'event' | 'result'): Schema {
  const file = path.join(import.meta.dirname, `${name}.schema.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as Schema;
}

const HEAD = ['field', 'type', 'meaning'];

function fieldTable(schema: Schema, names: readonly string[]): string {
  const properties = Object.fromEntries(names.map((name) => [name, schema.properties[name] ?? null]));
  return table(HEAD, fieldRows(schema, properties, ''));
}

/** One row for each field, and for the fields of objects in it; a reason has a table of its own. */
function fieldRows(schema: Schema, properties: JsonObject, prefix: string): string[][] {
  return Object.entries(properties).flatMap(([name, described]) => {
    const field = resolve(schema, described);
    const row = [`\`${prefix}${name}\``, typeOf(schema, described), textOf(field['description'])];
    const { parts, suffix } = partsOf(schema, field);
    return [row, ...fieldRows(schema, parts, `${prefix}${name}${suffix}.`)];
  });
}

function partsOf(schema: Schema, field: JsonObject): { readonly parts: JsonObject; readonly suffix: string } {
  const items = field['items'] === undefined ? null : resolve(schema, field['items']);
  const parts = propertiesOf(items ?? field);
  // reasons are told once
  return 'code' in parts && 'phase' in parts
    ? { parts: {}, suffix: '' }
    : { parts, suffix: items === null ? '' : '[]' };
}

/** With what it refers to put in; its own words go before those of the definition. `null` as an alternative is left out. */
function resolve(schema: Schema, described: unknown): JsonObject {
  const field = isObject(described) ? (described as JsonObject) : {};
  const { $ref: reference, anyOf: alternatives, ...own } = field;
  if (typeof reference === 'string') return { ...definition(schema, reference), ...own };
  if (!Array.isArray(alternatives)) return field;
  const one: unknown = alternatives.find(
    (alternative) => isObject(alternative) && alternative['type'] !== 'null',
  );
  return { ...resolve(schema, one), ...own };
}

function definition(schema: Schema, reference: string): JsonObject {
  return resolve(schema, schema.$defs[reference.replace('#/$defs/', '')]);
}

function typeOf(schema: Schema, described: unknown): string {
  const field = resolve(schema, described);
  const nullable = isObject(described) && Array.isArray(described['anyOf']) ? ' or null' : '';
  return `${kindOf(schema, field)}${nullable}`;
}

function kindOf(schema: Schema, field: JsonObject): string {
  const { const: only, enum: words, type, format, items, properties } = field;
  if (only !== undefined) return `\`${textOf(only)}\``;
  if (Array.isArray(words)) return words.length > 6 ? 'word' : words.map((word) => String(word)).join(', ');
  if (format === 'date-time') return 'time';
  if (isObject(properties) && 'code' in properties && 'phase' in properties) return '[reason](#reason)';
  if (type === 'array') return `list of ${plural(typeOf(schema, items))}`;
  if (Array.isArray(type)) return type.map((one) => word(textOf(one))).join(' or ');
  return word(typeof type === 'string' ? type : 'any JSON');
}

function word(type: string): string {
  return { object: 'map', string: 'text' }[type] ?? type;
}

function plural(type: string): string {
  return { map: 'maps', text: 'texts', '[reason](#reason)': '[reasons](#reason)' }[type] ?? `${type}s`;
}

function propertiesOf(field: unknown): JsonObject {
  const properties = isObject(field) ? field['properties'] : null;
  return isObject(properties) ? (properties as JsonObject) : {};
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/(?<!`)\*\*\*/g, '`***`');
}

function replaceBetween(text: string, name: string, rows: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from)
    throw new Error(`the page has no ${begin} … ${end}: put them back, each on a line`);
  return `${text.slice(0, from)}${begin}\n\n${rows}\n\n${text.slice(to)}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
