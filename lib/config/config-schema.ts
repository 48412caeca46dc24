import type { Json, JsonSchema } from '../words/json.ts';
import { DECISION_KEYS, MAINTENANCE } from './decision-schema.ts';
import { CONFIG_HOOKS } from './hook-names.ts';
import { COUNT, COUNT_FROM_1, DURATION, EXECUTABLES, FLAG, TEXT, WORDS } from './schema-words.ts';

/** The config as JSON Schema, without what probers add. */

const SECTION = (description: string): JsonSchema => ({
  type: 'object',
  description,
  errorMessage: 'a map from facts to matchers, as in {status: 200}',
});

const SERVICE_HOOKS: JsonSchema = {
  description:
    'hooks of this service: added to the general ones, instead of them (`replace: true`), or `none`',
  anyOf: [
    { const: 'none' },
    {
      type: 'object',
      properties: { replace: FLAG, ...Object.fromEntries(CONFIG_HOOKS.map((hook) => [hook, EXECUTABLES])) },
      additionalProperties: false,
    },
  ],
  errorMessage: 'none, or a map such as {on_down: [./page-oncall]}',
};

const TLS: JsonSchema = {
  type: 'object',
  description: 'how TLS is done and judged',
  properties: {
    ca: { ...TEXT, description: 'PEM bundle that is trusted instead of the system’s' },
    cert: { ...TEXT, description: 'client certificate (PEM)' },
    key: { ...TEXT, description: 'its key (PEM); default: in the same file' },
    verify: { ...FLAG, description: 'false: certificates are not judged (their facts are still there)' },
    server_name: { ...TEXT, description: 'name to ask for and to expect in the certificate' },
    min_version: { enum: ['1.0', '1.1', '1.2', '1.3'], errorMessage: 'a TLS version in quotes: "1.2"' },
    max_version: { enum: ['1.0', '1.1', '1.2', '1.3'], errorMessage: 'a TLS version in quotes: "1.3"' },
  },
  additionalProperties: false,
  errorMessage: 'a map such as {ca: ./ca.pem}',
};

/** Keys that every service may have, and `defaults` too. */
export const SHARED_KEYS: { readonly [key: string]: JsonSchema } = {
  group: { ...TEXT, description: 'for --group and for hooks' },
  tags: { ...WORDS, description: 'for --tag and for hooks' },
  vars: {
    type: 'object',
    description: 'copied into events for hooks: contact, room, severity …',
    errorMessage: 'a map',
  },
  runbook: { ...TEXT, description: 'where it says what to do; copied into events' },
  hint: { ...TEXT, description: 'what to do, in a sentence; copied into events' },
  enabled: { ...FLAG, description: 'false: not probed, not remembered' },
  ...DECISION_KEYS,
  timeout: { ...DURATION, description: 'for one attempt, counted over everything (default 10s)' },
  retries: { ...COUNT, description: 'attempts after one that was down, in the same run (default 0)' },
  retry_delay: { ...DURATION, description: 'pause before each of them (default 1s)' },
  expect: SECTION('unmet: down'),
  prefer: SECTION('unmet: degraded'),
  keep: { ...WORDS, description: 'big facts that results keep even when up' },
  hooks: SERVICE_HOOKS,
  ip: {
    enum: [4, 6, '4', '6', 'any', 'both', 'all'],
    description:
      'any (default): the first address that connects; both: one of each family; all: every address',
    errorMessage: '4, 6, any, both or all',
  },
  source: { ...TEXT, description: 'local address to connect from' },
  proxy: {
    ...TEXT,
    description:
      'go through a proxy: http://user:password@proxy:3128 (CONNECT; whole URLs for http targets), socks5://proxy:1080, or socks5h:// where the proxy resolves names; none takes back the default',
  },
  resolve: { ...TEXT, description: 'connect to this address instead of the target’s' },
  tls: TLS,
  quiet: { ...FLAG, description: 'true: not in human output while it is up' },
};

/** Keys of one service alone. */
export const SERVICE_KEYS: { readonly [key: string]: JsonSchema } = {
  name: {
    type: 'string',
    description: 'unique; letters, digits, . _ - /',
    errorMessage: 'a name of letters, digits and . _ - /',
  },
  description: { ...TEXT, description: 'one line about it; copied into events' },
  target: { ...TEXT, description: 'a URL whose scheme chooses the prober' },
  matrix: {
    type: 'object',
    description: 'one service for each combination; ${matrix.KEY} is put in',
    additionalProperties: { type: 'array', minItems: 1, items: { type: ['string', 'number', 'boolean'] } },
    errorMessage: 'a map of lists, as in {region: [eu, us]}',
  },
};

const HOOKS_KEYS: { readonly [key: string]: JsonSchema } = {
  dir: { ...TEXT, description: 'directory of on_down, on_down.d/ and so on' },
  timeout: { ...DURATION, description: 'for one hook (default 30s)' },
  env: {
    type: 'array',
    items: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
    description: 'environment variables that hooks may see',
    errorMessage: 'a list of names of environment variables',
  },
  user: { ...TEXT, description: 'whom hooks run as when puptime is root' },
  max_age: { ...DURATION, description: 'how long a delivery is tried again (default 1d)' },
  concurrency: { ...COUNT_FROM_1, description: 'hooks running at once (default 8)' },
  sandbox: {
    enum: ['none', 'bwrap'],
    description: 'bwrap: each hook sees all files read-only, and a /tmp of its own (default none)',
  },
};

/** Top-level keys but `services` and `defaults`. */
export const TOP_KEYS: { readonly [key: string]: JsonSchema } = {
  state: { ...TEXT, description: 'state directory' },
  concurrency: { ...COUNT_FROM_1, maximum: 100_000, description: 'probes at once' },
  per_host: {
    ...COUNT_FROM_1,
    description: 'probes of one host at once (default 32; none for this host itself)',
  },
  canaries: {
    type: 'array',
    description: 'targets that always answer: when none does, we are cut off, and nothing is announced',
    errorMessage: 'a list of targets, such as [ping://192.0.2.1, dns://9.9.9.9/example.org]',
  },
  maintenance: MAINTENANCE,
  deadline: { ...DURATION, description: 'for a whole run; what it cuts off is unknown' },
  hooks: {
    type: 'object',
    properties: HOOKS_KEYS,
    additionalProperties: false,
    errorMessage: 'a map such as {dir: ./hooks}',
  },
};

const HOLDS_REFERENCE: JsonSchema = { type: 'string', pattern: '\\$\\{[^{}]+\\}' };
const REFERENCE: JsonSchema = { type: 'string', pattern: '^\\$\\{[^{}]+\\}$' };

/** A prober’s option as it may be written: where a number or a flag is wanted, a reference will do too. */
export function withReferences(schema: JsonSchema): JsonSchema {
  const { type, properties, items, additionalProperties, anyOf, oneOf } = schema;
  if (type === 'number' || type === 'integer' || type === 'boolean') {
    const { description, ...bare } = schema;
    return {
      ...(description === undefined ? {} : { description }),
      anyOf: [bare, REFERENCE],
      errorMessage: schema['errorMessage'] ?? (type === 'boolean' ? 'true or false' : 'a number'),
    };
  }
  if (schema['enum'] !== undefined || (type === 'string' && schema['pattern'] !== undefined)) {
    const { description, ...bare } = schema;
    return {
      ...(description === undefined ? {} : { description }),
      anyOf: [bare, HOLDS_REFERENCE],
      errorMessage: schema['errorMessage'] ?? expectedText(bare),
    };
  }
  const each = (map: unknown) =>
    Object.fromEntries(
      Object.entries(map as { [key: string]: JsonSchema }).map(([key, value]) => [
        key,
        withReferences(value),
      ]),
    );
  const list = (alternatives: unknown) => (alternatives as readonly JsonSchema[]).map(withReferences);
  return {
    ...schema,
    ...(properties === undefined ? {} : { properties: each(properties) }),
    ...(typeof items === 'object' && items !== null ? { items: withReferences(items as JsonSchema) } : {}),
    ...(typeof additionalProperties === 'object' && additionalProperties !== null
      ? { additionalProperties: withReferences(additionalProperties as JsonSchema) }
      : {}),
    ...(Array.isArray(anyOf) ? { anyOf: list(anyOf) } : {}),
    ...(Array.isArray(oneOf) ? { oneOf: list(oneOf) } : {}),
  };
}

function expectedText({ enum: words, description, pattern }: JsonSchema): Json {
  if (Array.isArray(words)) return words.map((word) => JSON.stringify(word)).join(' or ');
  return description ?? `a text like ${JSON.stringify(pattern)}`;
}

/** What every service entry may hold; what its prober adds is checked apart. */
export const SHARED_ENTRY: JsonSchema = {
  type: 'object',
  properties: { ...SERVICE_KEYS, ...SHARED_KEYS },
  required: ['name'],
};

/** What a prober adds to its entries. */
export function optionsSchema(prober: {
  readonly options: { readonly [key: string]: JsonSchema };
  readonly required?: readonly string[];
}): JsonSchema {
  const own = Object.entries(prober.options).map(([key, schema]) => [key, withReferences(schema)]);
  return {
    type: 'object',
    properties: Object.fromEntries(own) as JsonSchema,
    required: [...(prober.required ?? [])],
  };
}
