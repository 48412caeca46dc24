import type { FactSpec } from '../lib/words/fact.ts';
import type { JsonObject, JsonSchema } from '../lib/words/json.ts';
import { CODES, type Code } from '../lib/words/reason.ts';
import type { Prober } from '../lib/probe/prober.ts';
import { TLS_FACTS } from '../lib/probe/wire/certificates.ts';
import { renderCoverage } from './coverage.ts';

/** docs/probers.md: what every prober proves, takes and sees, from its own declarations. */
export function renderProberDocs(probers: readonly Prober<never>[]): string {
  const sorted = probers.toSorted((a, b) => (a.type < b.type ? -1 : 1));
  const compared = renderCoverage(sorted.map(({ type }) => type));
  return `${[INTRODUCTION, contents(sorted), ...sorted.map(section), TLS_SECTION, compared].join('\n\n')}\n`;
}

const INTRODUCTION = `# Probers

<!-- Made from the probers by \`make generate\`: change lib/probe/probers/, not this file. -->

A prober speaks its protocol far enough that only a working server can answer so, and reports facts. What the facts mean is said
by \`expect\` (unmet: down) and \`prefer\` (unmet: degraded); each default expectation holds unless that very fact is named in that
very section. All probers keep one contract: they end within \`timeout\`, counted over everything; they read a bounded amount and
change nothing; what puptime itself cannot do is \`unknown\`, never \`down\`; no password is sent before a certificate is judged.`;

function contents(probers: readonly Prober<never>[]): string {
  const rows = probers.map(
    ({ type, schemes, proves }) => `| [${type}](#${type}) | ${schemeList(schemes)} | ${cell(proves)} |`,
  );
  return ['| prober | targets | an \`up\` proves |', '|---|---|---|', ...rows].join('\n');
}

function section(prober: Prober<never>): string {
  const ownFacts = Object.entries(prober.facts).filter(([name]) => !(name in TLS_FACTS));
  const hasTls = Object.keys(TLS_FACTS).some((name) => name in prober.facts);
  return [
    `## ${prober.type}`,
    prober.proves,
    ['```yaml', 'services:', ...exampleOf(prober), '```'].join('\n'),
    defaultsOf(prober),
    table(
      ['option', 'takes', 'meaning'],
      Object.entries(prober.options).map(([name, schema]) => optionRow(name, schema, prober)),
    ),
    table(
      ['fact', 'kind', 'meaning'],
      ownFacts.map(([name, spec]) => factRow(name, spec)),
    ),
    table(
      ['reason code', 'here it says that', 'what to do'],
      Object.entries(prober.codes).map(([code, meaning]) => codeRow(code as Code, meaning)),
    ),
    hasTls ? 'With TLS also the [certificate facts](#certificates).' : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function exampleOf({ type, example, exampleOptions = {} }: Prober<never>): string[] {
  if (!example.includes('://')) return [`  - {name: example, ${example}}`];
  const options = Object.entries(exampleOptions).map(
    ([name, value]) => `    ${name}: ${JSON.stringify(value)}`,
  );
  return [`  - name: ${type}-example`, `    target: ${example}`, ...options];
}

function defaultsOf(prober: Prober<never>): string {
  const schemes = prober.schemes.length === 0 ? [''] : prober.schemes.map(({ scheme }) => scheme);
  const sections = schemes.map((scheme) => JSON.stringify(defaultsFor(prober, scheme)));
  const lines = schemes
    .map((scheme, index) => ({
      scheme,
      text: sections[index] ?? '',
      first: sections.indexOf(sections[index] ?? '') === index,
    }))
    .filter(({ first }) => first)
    .map(
      ({ scheme, text }) =>
        `${sections.every((other) => other === sections[0]) ? '' : `${scheme}: `}${describe(JSON.parse(text) as Sections)}`,
    );
  return `Default expectations: ${lines.join('; ')}.`;
}

interface Sections {
  readonly expect?: JsonObject;
  readonly prefer?: JsonObject;
}

function defaultsFor(prober: Prober<never>, scheme: string): Sections {
  return prober.defaults({} as never, scheme === '' ? null : scheme);
}

function describe({ expect = {}, prefer = {} }: Sections): string {
  const of = (name: string, section: JsonObject) =>
    Object.keys(section).length === 0 ? [] : [`\`${name}: ${JSON.stringify(section)}\``];
  const parts = [...of('expect', expect), ...of('prefer', prefer)];
  return parts.length === 0 ? 'none' : parts.join(' and ');
}

function optionRow(name: string, schema: JsonSchema, prober: Prober<never>): string[] {
  const needed = prober.required?.includes(name) === true ? ' (needed)' : '';
  const by = schema['default'] === undefined ? '' : ` Default: \`${JSON.stringify(schema['default'])}\`.`;
  return [`\`${name}\`${needed}`, typeOf(schema), `${textOf(schema['description'])}${by}`];
}

function typeOf(schema: JsonSchema): string {
  const { enum: words, type, oneOf, anyOf, const: only } = schema;
  if (Array.isArray(words)) return words.map((word) => `\`${String(word)}\``).join(', ');
  if (only !== undefined) return `\`${JSON.stringify(only)}\``;
  const alternatives = oneOf ?? anyOf;
  if (Array.isArray(alternatives))
    return [...new Set(alternatives.map((one) => typeOf(one as JsonSchema)))].join(' or ');
  if (Array.isArray(type)) return type.join(' or ');
  return type === 'array' ? 'list' : type === 'object' ? 'map' : textOf(type ?? 'any');
}

function factRow(name: string, { kind, unit, meaning, code, big }: FactSpec): string[] {
  const notes = [
    code === undefined ? '' : ` Unmet: \`${code}\`.`,
    big === true ? ' In results only when kept or not up.' : '',
  ].join('');
  return [
    `\`${name}\``,
    unit === undefined ? kind : `${kind}, ${unit}`,
    `${meaning}${/[.!?]$/.test(meaning) ? '' : '.'}${notes}`,
  ];
}

function codeRow(code: Code, meaning: string): string[] {
  const [, advice] = CODES[code];
  return [`\`${code}\``, meaning, advice];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function schemeList(schemes: Prober<never>['schemes']): string {
  return schemes.length === 0
    ? '`command:`'
    : schemes
        .map(({ scheme, port }) => `\`${scheme}://\`${port === null ? '' : ` (${String(port)})`}`)
        .join(', ');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

const TLS_SECTION = `## Certificates

Every prober with TLS judges the chain on date, name and trust apart, reports all findings, and gives these facts. The chain is the
path from the server’s certificate to a trusted authority, roots left out; a certificate that was sent along but is not on the
path counts for nothing. Trusted is the system’s bundle (SSL_CERT_FILE, else the distribution’s, else Node’s own), or \`tls.ca\`.

${table(
  ['fact', 'kind', 'meaning'],
  Object.entries(TLS_FACTS).map(([name, spec]) => factRow(name, spec)),
)}`;
