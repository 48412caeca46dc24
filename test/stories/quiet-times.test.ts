import { afterEach, describe, expect, test } from 'vitest';
import { jsonLines } from '../cmd/program.ts';
import { testCertificates } from '../servers/certificates.ts';
import { startNginx } from '../servers/nginx.ts';
import { beginStory, type Story, WAYS } from './teller.ts';

let story: Story;
afterEach(() => story.end());

describe.each(WAYS)('maintenance, told by %s', (way) => {
  test('what is down at its end is told then, what came and went is not, and a recovery comes at once', async () => {
    story = await beginStory(way);
    const { given, web, minute, event, minuteOf, at } = story;
    given({
      maintenance: [{ from: at(2), to: at(4.5), note: 'new switch' }],
      services: [web('lasting'), web('passing'), web('old')],
    });
    await minute();
    expect(await minute({ old: 'down' })).toEqual(['down old']);
    expect(await minute({ lasting: 'down', passing: 'down' })).toEqual([]);
    expect(await minute({ old: 'up' })).toEqual(['up old']);
    expect(await minute({ passing: 'up' })).toEqual([]);
    expect(await minute()).toEqual(['down lasting (maintenance: new switch)']);
    const told = event('down', 'lasting');
    expect([minuteOf(told.since), minuteOf(told.incident.started)]).toEqual([2, 2]);
    expect(await minute({ lasting: 'up' })).toEqual(['up lasting']);
  });
});

test('reminders pause in a window, and grow', async () => {
  story = await beginStory();
  const { given, web, minute, event, at } = story;
  const remind = { every: '2m', factor: 2, max: '1h' };
  given({ services: [web('shop', { remind, maintenance: [{ from: at(1.5), to: at(3.5) }] })] });
  expect(await minute({ shop: 'down' })).toEqual(['down shop']);
  expect(await minute()).toEqual([]);
  // it would be due here
  expect(await minute()).toEqual([]);
  story.pass(1);
  expect(await minute()).toEqual(['reminder shop']);
  story.pass(2);
  expect(await minute()).toEqual([]);
  expect(await minute()).toEqual(['reminder shop']);
  expect(event('reminder', 'shop').incident.reminders).toBe(2);
});

test('a certificate ends during maintenance, which is told after it', async () => {
  const { ca } = testCertificates();
  const server = await startNginx();
  try {
    story = await beginStory();
    const { given, minute, event, minuteOf, at } = story;
    const days = (count: number) => count * 24 * 60;
    const target = `https://localhost:${String(server.securePort)}/`;
    const intranet = { name: 'intranet', target, tls: { ca } };
    given({
      maintenance: [{ from: at(days(85)), to: at(days(92)), note: 'new rack' }],
      services: [intranet],
    });
    expect(await minute()).toEqual([]);
    story.pass(days(80) - 1);
    expect(await minute()).toEqual(['degraded intranet']);
    expect(event('degraded', 'intranet').reason.code).toBe('expiring');
    story.pass(days(11) - 1);
    expect(await minute()).toEqual([]);
    story.pass(days(2) - 1);
    expect(await minute()).toEqual(['down intranet (maintenance: new rack)']);
    const told = event('down', 'intranet');
    expect([told.reason.code, minuteOf(told.since)]).toEqual(['tls_expired', days(91)]);
  } finally {
    await server.stop();
  }
});

describe('a silence', () => {
  test('is ordered, lifted early, and what is down is told then', async () => {
    story = await beginStory();
    const { given, web, minute, event, minuteOf, puptime } = story;
    given({ services: [web('shop'), web('mail')] });
    await minute();
    await puptime('silence', 'shop', '--for', '2h', '--note', 'I am on it');
    expect(await minute({ shop: 'down', mail: 'down' })).toEqual(['down mail']);
    expect(jsonLines(await puptime('silence', '--json'))).toMatchObject([{ services: ['shop'] }]);
    await puptime('silence', 'lift', 'shop');
    const late = await minute();
    expect(late).toEqual([expect.stringMatching(/^down shop \(silence: I am on it/)]);
    expect(minuteOf(event('down', 'shop').since)).toBe(1);
  });

  test('ends by itself', async () => {
    story = await beginStory();
    const { given, web, minute, puptime } = story;
    given({ services: [web('shop')] });
    await minute();
    // Not to the minute: a program takes a moment to start.
    await puptime('silence', '--all', '--for', '9.5m');
    expect(await minute({ shop: 'down' })).toEqual([]);
    story.pass(7);
    expect(await minute()).toEqual([]);
    expect(await minute()).toEqual([expect.stringMatching(/^down shop \(silence/)]);
    expect(await puptime('silence', '--json')).toBe('');
  });
});
