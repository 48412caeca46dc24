import { isObject, type Json, type JsonSchema } from '../../words/json.ts';
import type { FactTable, FactsOf } from '../../words/fact.ts';
import { type Prober, fail } from '../prober.ts';
import { type Answer, objectIn, refuseForm, textIn } from '../wire/http/answer.ts';
import {
  PRESET_FACTS,
  PRESET_OPTIONS,
  type PresetOptions,
  preparePreset,
  presetPrefer,
  presetSchemes,
} from '../wire/http/preset.ts';

interface Options extends PresetOptions {
  readonly query?: string;
}

const QUERY: JsonSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 4096,
  description: 'a query (PromQL), whose first value is the fact `value`; one request more',
};

const FACTS = {
  healthy: { kind: 'bool', code: 'status', meaning: 'whether /-/healthy is answered with 200' },
  ready: {
    kind: 'bool',
    code: 'loading',
    meaning: 'whether /-/ready is answered with 200: false while it reads its log after a start',
  },
  value: {
    kind: 'number',
    meaning: 'with `query`: its value, the first one of several; absent when it found nothing or NaN',
  },
  rows: { kind: 'number', meaning: 'with `query`: how many series it found' },
  ...PRESET_FACTS,
} as const satisfies FactTable;

export const prometheus: Prober<Options, typeof FACTS> = {
  type: 'prometheus',
  proves:
    'The server is healthy and ready to answer queries (GET /-/healthy and /-/ready, which Alertmanager and others of its kin have too); with `query`, it answers that.',
  schemes: presetSchemes('prometheus', 9090),
  example: 'prometheus://metrics.example.org',
  options: { ...PRESET_OPTIONS, query: QUERY },
  facts: FACTS,
  proxy: true,
  codes: {
    status: '/-/healthy does not say so, or the query fails',
    loading: 'it is healthy but not ready: it reads its log after a start',
    auth: 'the login was refused',
  },
  defaults: (_options, scheme) => ({ expect: { healthy: true, ready: true }, prefer: presetPrefer(scheme) }),
  prepare: preparePreset({ path: 'prefix' }, async ({ ask, context, options: { query } }) => {
    const healthy = await ask('/-/healthy');
    if (!isWord(healthy)) refuseForm(healthy, 'Prometheus', 'a word on its health');
    context.see({ status: healthy.status, healthy: healthy.status === 200 });
    const ready = await ask('/-/ready');
    context.see({ status: ready.status, ready: ready.status === 200 });
    if (query === undefined || healthy.status !== 200 || ready.status !== 200) return;
    const answer = await ask(`/api/v1/query?query=${encodeURIComponent(query)}`);
    context.see({ status: answer.status, ...valueIn(answer) });
  }),
};

/** A line of text, as all of its kin answer; not a page, and not somebody else’s 404. */
function isWord({ status, text }: Answer): boolean {
  return [200, 500, 503].includes(status) && text.length < 2000 && !/^\s*[<{[]/.test(text);
}

/** Of a scalar, or of the first series of a vector. */
function valueIn(answer: Answer): FactsOf<typeof FACTS> {
  const body = objectIn(answer, 'Prometheus');
  const { data } = body;
  if (body.status !== 'success' || !isObject(data))
    return fail(
      'status',
      'protocol',
      `the query fails: ${textIn(body, 'error')?.slice(0, 300) ?? `status ${String(answer.status)}`}`,
    );
  const result = listOf(data.result);
  if (data.resultType === 'scalar' || data.resultType === 'string')
    return { rows: 1, value: sampleOf(result) };
  const [first] = result;
  return {
    rows: result.length,
    value: isObject(first) ? sampleOf(listOf(first.value)) : null,
  };
}

/** `[TIME, "VALUE"]`. */
function sampleOf([, written]: readonly Json[]): number | null {
  const value = typeof written === 'string' && written !== '' ? Number(written) : Number.NaN;
  return Number.isFinite(value) ? value : null;
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
