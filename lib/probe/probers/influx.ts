import { isObject, type Json } from '../../words/json.ts';
import type { FactTable, FactsOf } from '../../words/fact.ts';
import { InvalidOptions, type Prober, fail } from '../prober.ts';
import { type Answer, objectIn, refuseForm, textIn } from '../wire/http/answer.ts';
import { headerValue } from '../wire/http/header-list.ts';
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
    meaning: 'pass or fail; absent before version 1.8, which has no /health',
  },
  message: { kind: 'text', meaning: 'what it says about its health' },
  version: { kind: 'word', meaning: 'version of the server' },
  database: {
    kind: 'bool',
    code: 'status',
    meaning: 'whether the database that the path names is there; absent when it names none',
  },
  ...PRESET_FACTS,
} as const satisfies FactTable;

const IF_ANY = (value: Json) => ({ any_of: [value, { exists: false }] });

export const influx: Prober<PresetOptions, typeof FACTS> = {
  type: 'influx',
  proves:
    'The server answers /ping, and /health with pass where it has that; with a login or a database in the target, it takes the login and has the database (SHOW DATABASES, version 1). Two requests, three with those.',
  schemes: presetSchemes('influx', 8086),
  example: 'influx://probe:${INFLUX_PASSWORD}@metrics.example.org/telegraf',
  options: PRESET_OPTIONS,
  facts: FACTS,
  proxy: true,
  codes: {
    status: '/health says fail, /ping is not answered with 200 or 204, or the database is missing',
    auth: 'the login was refused',
  },
  defaults: (_options, scheme) => ({
    expect: { status: [200, 204], health: IF_ANY('pass'), database: IF_ANY(true) },
    prefer: presetPrefer(scheme),
  }),
  prepare: preparePreset({ path: 'name', check: checkName }, async ({ ask, context, path, hasLogin }) => {
    const ping = await ask('/ping');
    const version = headerValue(ping.headers, 'x-influxdb-version');
    context.see({ status: ping.status, version });
    if (version === null && !isObject(ping.json)) refuseForm(ping, 'InfluxDB', 'a version of InfluxDB');
    if (ping.status >= 300) return;
    const health = await ask('/health');
    if (health.status !== 404) context.see(healthFacts(health));
    if (!hasLogin && path === '') return;
    const answer = await ask('/query?q=SHOW+DATABASES');
    const names = databasesIn(answer);
    context.see({ status: answer.status, ...(path === '' ? {} : { database: names.includes(path) }) });
  }),
};

function checkName(path: string): void {
  if (path.includes('/'))
    throw new InvalidOptions('target', 'the path has several parts, expected the name of a database alone');
}

function healthFacts(answer: Answer): FactsOf<typeof FACTS> {
  const body = objectIn(answer, 'InfluxDB');
  const version = textIn(body, 'version');
  return {
    health: textIn(body, 'status'),
    message: textIn(body, 'message'),
    ...(version === null ? {} : { version }),
  };
}

/** The names in `{results: [{series: [{values: [[NAME], …]}]}]}`. */
function databasesIn(answer: Answer): readonly string[] {
  const body = objectIn(answer, 'InfluxDB');
  const error = textIn(body, 'error');
  if (error !== null || answer.status !== 200)
    fail(
      'status',
      'protocol',
      `SHOW DATABASES is answered with ${String(answer.status)}: ${(error ?? '').slice(0, 200)}`,
    );
  const first = (value: Json | undefined, key: string): Json | undefined => {
    const [one] = isObject(value) && Array.isArray(value[key]) ? (value[key] as readonly Json[]) : [];
    return one;
  };
  const series = first(first(body, 'results'), 'series');
  const values = isObject(series) && Array.isArray(series.values) ? (series.values as readonly Json[]) : [];
  return values.flatMap((row) => (Array.isArray(row) && typeof row[0] === 'string' ? [row[0]] : []));
}
