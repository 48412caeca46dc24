import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import eventSchema from '../../schema/event.schema.json' with { type: 'json' };
import resultSchema from '../../schema/result.schema.json' with { type: 'json' };
import { decideRemoved } from '../../lib/decide/removed.ts';
import { draftResult } from '../../lib/decide/draft.ts';
import { draftRun } from '../../lib/decide/run-event.ts';
import { decideStateless } from '../../lib/decide/stateless.ts';
import { sampleEvent } from '../../lib/deliver/sample-event.ts';
import { CannotTell, type Prober } from '../../lib/probe/prober.ts';
import { http } from '../../lib/probe/probers/http.ts';
import { redis } from '../../lib/probe/probers/redis.ts';
import { tcp } from '../../lib/probe/probers/tcp.ts';
import type { Reported } from '../../lib/report/reported.ts';
import { stampTransition } from '../../lib/state/identity.ts';
import type { Draft } from '../../lib/words/draft.ts';
import { EVENT_KINDS, type Event } from '../../lib/words/event.ts';
import { CODES, PHASES } from '../../lib/words/reason.ts';
import type { Result } from '../../lib/words/result.ts';
import { STATUSES } from '../../lib/words/status.ts';
import { closedPort, listen } from '../contract/misbehaving-server.ts';
import { probeTarget } from '../contract/probe-target.ts';
import { answers, FILES, fromLetters, live, result } from '../decide/story.ts';
import { complaintsOf, strictComplaintsOf } from './validator.ts';

const RUN = { id: 'r1', host: 'monitor', config: null };

/** Both ways: the schema takes it, and describes every field of it. */
function expectDescribed(value: Result | Event): void {
  expect(complaintsOf[value.schema]?.(value)).toEqual([]);
  expect(strictComplaintsOf[value.schema]?.(value)).toEqual([]);
}

describe('the schemas and the types say the same words', () => {
  test.each([
    ['result', resultSchema],
    ['event', eventSchema],
  ])('%s: codes, phases, statuses and kinds of events are the closed lists', (_, { $defs }) => {
    expect($defs.code.enum).toEqual(Object.keys(CODES));
    expect($defs.phase.enum).toEqual([...PHASES]);
    expect($defs.status.enum).toEqual([...STATUSES]);
    expect($defs.event_kind.enum).toEqual([...EVENT_KINDS]);
  });

  test('what a result and an event share is described the same way', () => {
    const { status: _status, schema: _schema, ...shared } = resultSchema.properties;
    const { watched: _watched, started: _started, events: _events, ...body } = shared;
    expect(eventSchema.properties).toMatchObject(body);
    const { event_kind: _kind, ...defs } = resultSchema.$defs;
    expect(eventSchema.$defs).toMatchObject(defs);
  });

  test.each([
    ['result', resultSchema, ['events']],
    // what the first version did not have
    ['event', eventSchema, ['gap_ms']],
  ])('%s: every field must be there, and every field says what it is', (_, schema, optional) => {
    const fields = Object.keys(schema.properties).filter((name) => !optional.includes(name));
    expect(schema.required).toEqual(fields);
    const { properties, $defs } = schema;
    expect(undescribed({ properties, $defs }, '')).toEqual([]);
  });
});

describe('real results', () => {
  const site = createServer((request, response) => {
    if (request.url === '/broken') response.statusCode = 503;
    response.setHeader('content-type', 'application/json');
    response.end('{"database": "up", "title": "caf\\u00e9 \\u0007"}');
  });
  beforeAll(async () => {
    await once(site.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => void site.close());
  const url = (path: string) => `http://127.0.0.1:${String((site.address() as AddressInfo).port)}${path}`;

  const helpless: Prober<object> = {
    ...tcp,
    defaults: () => ({}),
    prepare: () => ({
      endpoint: null,
      run: () => Promise.reject(new CannotTell('tool_missing', 'the program fping is not installed here')),
    }),
  };
  const watching = { watch: ['json', 'status'], keep: ['body', 'json', 'headers'] };
  const cases: readonly [string, Result['status'], () => Promise<Result>][] = [
    ['an answer', 'up', () => probeTarget(http, url('/'), watching)],
    ['a failure', 'down', () => probeTarget(http, url('/broken'), watching)],
    [
      'an unmet wish and an unmet expectation',
      'down',
      () =>
        probeTarget(http, url('/'), { expect: { json: { '$.database': 'down' } }, prefer: { size: '< 1' } }),
    ],
    [
      'an unmet wish',
      'degraded',
      () => probeTarget(http, url('/'), { prefer: { headers: { server: 'x' } } }),
    ],
    ['a refused port', 'down', async () => probeTarget(tcp, `tcp://127.0.0.1:${String(await closedPort())}`)],
    [
      'several addresses and attempts',
      'down',
      async () =>
        probeTarget(tcp, `tcp://localhost:${String(await closedPort())}`, {
          service: { ip: 'all', retries: 1 },
        }),
    ],
    ['what puptime cannot do', 'unknown', () => probeTarget(helpless, 'tcp://127.0.0.1:1')],
    [
      'silence',
      'down',
      async () => {
        const silent = await listen(() => undefined);
        const seen = await probeTarget(redis, `redis://127.0.0.1:${String(silent.port)}`, {
          timeout_ms: 100,
        });
        await silent.close();
        return seen;
      },
    ],
  ];

  test.each(cases)('%s (%s) validates', async (_, status, probe) => {
    const seen = await probe();
    expect(seen.status).toBe(status);
    expectDescribed(seen);
    const printed: Reported = { ...seen, events: ['down'] };
    expectDescribed(printed);
  });

  test.each(cases)('%s (%s): the events decided from it validate', async (_, __, probe) => {
    const { drafts, record } = live([
      result(0),
      await probe(),
      { ...(await probe()), watched: { answer: 2 } },
    ]);
    expect(drafts.length).toBeGreaterThan(0);
    expectStamped(drafts, record);
  });
});

describe('events', () => {
  test.each([
    ['an outage', fromLetters('UDDU')],
    ['slow and degraded, then neither', fromLetters('USBWUU')],
    ['cannot tell', fromLetters('U??U')],
    ['a change', answers(1, 2, null, ['a', 'b'], undefined, { a: 1 })],
  ])('%s: every event validates', (_, results) => {
    const { drafts, record } = live(results);
    expect(drafts.length).toBeGreaterThan(1);
    expectStamped(drafts, record);
  });

  test('of a service that has left the config', () => {
    const { record } = live(fromLetters('UD'));
    const { incident } = stamped([], record).record;
    const gone = decideRemoved({
      record: { ...record, incident },
      cause: 'removed',
      time: record.since,
      run: RUN,
    });
    expect(gone.drafts).toHaveLength(1);
    expectStamped(gone.drafts, gone.record);
  });

  test('on_result, on_run, and all without memory', () => {
    const { record } = live(fromLetters('U'));
    const run = {
      run: RUN,
      time: record.since,
      duration_ms: 12.5,
      statuses: ['up', 'down'] as const,
      events: 1,
    };
    expectStamped([draftResult(result(1), null, record), draftRun({ ...run, results_file: null })], record);
    for (const letter of 'USWBD?') {
      expectStamped(decideStateless(fromLetters(letter)[0]!, { slow: { total: 500 } }), record);
    }
  });

  test.each(EVENT_KINDS)('the sample of on_%s, as it is and as a hook gets it', (kind) => {
    const sample = sampleEvent({ kind, service: null, target: null, now: 1.8e12, run: RUN, unique: 'abc' });
    expectDescribed(sample);
    expectDescribed({ ...sample, delivery: { hook: `on_${kind}`, attempt: 1 } });
  });
});

describe('what is not of the format does not validate', () => {
  const good = result(0, { duration_ms: 1 });
  const sample = sampleEvent({
    kind: 'change',
    service: null,
    target: null,
    now: 1.8e12,
    run: RUN,
    unique: 'abc',
  });
  const without = (value: object, name: string) =>
    Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));

  test.each([
    ['a result', good, []],
    ['an event', sample, ['gap_ms']],
  ])('%s that lacks any one field that the first version had', (_, whole, optional) => {
    const complaints = complaintsOf[whole.schema]!;
    expect(complaints(whole)).toEqual([]);
    const names = Object.keys(whole);
    const lacking = names.filter((name) => complaints(without(whole, name)).length === 0);
    expect(lacking).toEqual(optional);
  });

  test.each([
    ['another schema', { schema: 'puptime.result.v2' }, '/schema must be equal to constant'],
    ['a status that there is not', { status: 'UP' }, '/status must be equal to one of the allowed values'],
    ['a time of another zone', { time: '2026-11-21T12:00:00+01:00' }, '/time must match pattern "Z$"'],
    ['no time', { time: 'yesterdayZ' }, '/time must match format "date-time"'],
    ['a duration as text', { duration_ms: '12 ms' }, '/duration_ms must be number,null'],
    ['0 for missing', { family: 0 }, '/family must be equal to one of the allowed values'],
    ['a list for facts', { facts: [] }, '/facts must be object'],
    [
      'a reason without a phase',
      { reason: { code: 'refused' } },
      "/reason must have required property 'phase'",
    ],
  ])('%s', (_, wrong, complaint) => {
    expect(complaintsOf['puptime.result.v1']?.({ ...good, ...wrong })).toContain(complaint);
  });

  test.each([
    ['a kind that there is not', { event: 'on_down' }],
    ['a short id', { id: 'x' }],
    ['a change event without a change', { change: null }],
    ['attempt 0', { delivery: { hook: 'on_change', attempt: 0 } }],
  ])('%s', (_, wrong) => {
    expect(complaintsOf['puptime.event.v1']?.({ ...sample, ...wrong })).not.toEqual([]);
  });

  test('but a field that a later version adds does', () => {
    expect(complaintsOf['puptime.result.v1']?.({ ...good, later: 1, run: { ...RUN, later: 1 } })).toEqual([]);
    expect(strictComplaintsOf['puptime.result.v1']?.({ ...good, later: 1 })).not.toEqual([]);
  });
});

function stamped(drafts: readonly Draft[], record: Parameters<typeof stampTransition>[2]) {
  return stampTransition('salt', { seq: 0, id: null }, { ...record, files: FILES }, drafts);
}

function expectStamped(drafts: readonly Draft[], record: Parameters<typeof stampTransition>[2]): void {
  for (const event of stamped(drafts, record).events) expectDescribed(event);
}

/** Paths of properties without a word on what they are. */
function undescribed(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) => {
    const here = `${path}/${key}`;
    const isField = /\/(?:properties|\$defs)$/.test(path);
    const spoken = typeof value === 'object' && value !== null && ('description' in value || '$ref' in value);
    return isField && !spoken ? [here, ...undescribed(value, here)] : undescribed(value, here);
  });
}
