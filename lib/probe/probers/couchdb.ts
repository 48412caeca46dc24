import type { Json } from '../../words/json.ts';
import type { FactTable } from '../../words/fact.ts';
import { InvalidOptions, type Prober } from '../prober.ts';
import { numberIn, objectIn, textIn } from '../wire/http/answer.ts';
import {
  PRESET_FACTS,
  PRESET_OPTIONS,
  type PresetOptions,
  preparePreset,
  presetPrefer,
  presetSchemes,
} from '../wire/http/preset.ts';

const FACTS = {
  health: {
    kind: 'word',
    code: 'status',
    codes: { maintenance_mode: 'read_only', nolb: 'read_only' },
    meaning: 'ok, maintenance_mode or nolb: the node wants no requests',
  },
  database: {
    kind: 'bool',
    code: 'status',
    meaning: 'whether the database that the path names is there; absent when it names none',
  },
  docs: { kind: 'number', meaning: 'documents in that database' },
  disk_size: { kind: 'number', unit: 'bytes', meaning: 'size of that database on disk' },
  ...PRESET_FACTS,
} as const satisfies FactTable;

const IF_ANY = (value: Json) => ({ any_of: [value, { exists: false }] });

export const couchdb: Prober<PresetOptions, typeof FACTS> = {
  type: 'couchdb',
  proves:
    'The node is up and not in maintenance (GET /_up); with a database in the target, it has that and the login may read it (one request more).',
  schemes: presetSchemes('couchdb', 5984, 6984),
  example: 'couchdb://probe:${COUCH_PASSWORD}@couch.example.org/orders',
  options: PRESET_OPTIONS,
  facts: FACTS,
  proxy: true,
  codes: {
    status: '/_up does not say ok, or the database is missing',
    read_only: 'the node is in maintenance mode, and wants no requests',
    auth: 'the login was refused, or may not read the database',
  },
  defaults: (_options, scheme) => ({
    expect: { health: 'ok', database: IF_ANY(true) },
    prefer: presetPrefer(scheme),
  }),
  prepare: preparePreset({ path: 'name', check: checkName }, async ({ ask, context, path }) => {
    const up = await ask('/_up');
    context.see({ status: up.status, health: textIn(objectIn(up, 'CouchDB'), 'status') ?? 'unknown' });
    if (path === '') return;
    const answer = await ask(`/${encodeURIComponent(path)}`);
    const body = objectIn(answer, 'CouchDB');
    const { sizes } = body;
    context.see({
      status: answer.status,
      database: answer.status === 200 && textIn(body, 'db_name') !== null,
      docs: numberIn(body, 'doc_count'),
      disk_size:
        typeof sizes === 'object' && sizes !== null && 'file' in sizes ? numberIn(sizes, 'file') : null,
    });
  }),
};

function checkName(path: string): void {
  if (!/^[a-z_][a-z0-9_$()+/-]*$|^$/.test(path))
    throw new InvalidOptions(
      'target',
      'the path is no name of a database, expected small letters, digits and _$()+/-',
    );
}
