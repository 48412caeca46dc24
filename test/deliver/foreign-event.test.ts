import { describe, expect, test } from 'vitest';
import { parseForeignEvent } from '../../lib/deliver/foreign-event.ts';
import { sampleEvent } from '../../lib/deliver/sample-event.ts';
import { EVENT_KINDS } from '../../lib/words/event.ts';

const RUN = { id: 'r1', host: 'monitor', config: null };
const sample = (kind: (typeof EVENT_KINDS)[number]) =>
  sampleEvent({ kind, service: null, target: null, now: 1.8e12, run: RUN, unique: 'abc' });
const CHANGE = sample('change');

function read(changes: object): unknown {
  const parsed = parseForeignEvent(JSON.stringify({ ...CHANGE, ...changes }));
  return parsed.kind === 'event' ? parsed.event : parsed.reason;
}

describe('an event from elsewhere', () => {
  test.each(EVENT_KINDS)('on_%s comes out as it went in', (kind) => {
    expect(parseForeignEvent(JSON.stringify(sample(kind)))).toEqual({ kind: 'event', event: sample(kind) });
  });

  test('loses what is not known here, and control characters', () => {
    const hostile = {
      summary: 'x\u001b[2J\nSubject: y',
      change: { ...CHANGE.change, diff: '- \u0007a\n+ b' },
    };
    expect(read({ later: 1, ...hostile })).toEqual({
      ...CHANGE,
      summary: 'x [2J Subject: y',
      change: { ...CHANGE.change, diff: '- \ufffda\n+ b' },
    });
  });

  test.each([
    [{ schema: 'puptime.result.v1' }, 'schema is "puptime.result.v1", expected "puptime.event.v1"'],
    [{ id: '../../../etc/x' }, 'id is "../../../etc/x", expected 8 to 64 letters, digits, - and _'],
    [{ event: 'on_down' }, 'event is "on_down", expected one of result, first, down'],
    [{ service: 'a/../../b' }, 'service is "a/../../b", expected a name'],
    [{ since: undefined }, 'since is missing, expected a time'],
    [{ failures: -1 }, 'failures is -1, expected a number of at least 0'],
    [{ incident: { id: 'x' } }, 'incident.id is "x", expected 8 to 64'],
    [{ change: { fact: 'a', before: 1, after: 2 } }, 'change.diff is missing, expected a text'],
    [{ previous: 'up' }, 'previous is "up", expected a map or null'],
    [{ delivery: { hook: 'on_down', attempt: 'x' } }, 'delivery.attempt is "x", expected a number'],
  ])('%o is refused', (changes, said) => {
    expect(read(changes)).toContain(said);
  });

  test.each([
    ['no JSON', '{"schema":', 'it is not a JSON object'],
    ['a list', '[]', 'it is not a JSON object'],
    ['a tower of brackets', '['.repeat(100_000), 'it is not a JSON object'],
    ['a megabyte', ' '.repeat(1 << 21), 'it has 2097152 characters, expected at most 1048576'],
  ])('%s is refused', (_, line, said) => {
    expect(parseForeignEvent(line)).toEqual({ kind: 'refused', reason: said });
  });
});
