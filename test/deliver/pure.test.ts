import { describe, expect, test } from 'vitest';
import { hookEnvironment } from '../../lib/deliver/hook-environment.ts';
import { hookUser } from '../../lib/deliver/hook-user.ts';
import { nextDelivery, type Parcel } from '../../lib/deliver/parcel.ts';
import { isRetryDue, retryPause } from '../../lib/deliver/retry.ts';
import type { Event } from '../../lib/words/event.ts';
import { draft } from './fixture.ts';

const EVENT: Event = { ...draft('down', 'cache'), id: 'a'.repeat(32), incident: null };

describe('pauses between attempts', () => {
  test.each([
    [1, 0.5, 60_000],
    [2, 0.5, 120_000],
    [3, 0.5, 240_000],
    [6, 0.5, 1_920_000],
    [7, 0.5, 3_600_000],
    [1000, 0.5, 3_600_000],
    [1, 0, 48_000],
    [1, 1, 72_000],
  ])('after attempt %i with random %f: %i ms', (attempt, random, pause) => {
    expect(retryPause(attempt, random)).toBe(pause);
  });
  test('one that lies too far ahead is due', () => {
    expect(isRetryDue(100, 99)).toBe(false);
    expect(isRetryDue(100, 100)).toBe(true);
    expect(isRetryDue(86_400_000, 0)).toBe(true);
  });
});

describe('what is tried next for one service', () => {
  /** `down[mail:done sms] up[mail]` */
  const parcels = (text: string): Parcel[] =>
    [...text.matchAll(/(\w+)\[([^\]]*)\]/g)].map(([, event = '', hooks = '']) => ({
      event: { ...EVENT, id: event },
      entry: null,
      committed: 0,
      deliveries: hooks.split(' ').map((hook) => {
        const [lane = '', state] = hook.split(':');
        return {
          hook: { path: `/${event}/${lane}`, lane },
          attempts: 0,
          next: state === 'later' ? 1000 : 0,
          settled: state === 'done',
          refused: state === 'refused',
          done: state === 'done',
        };
      }),
    }));
  test.each([
    ['down[mail sms] up[mail sms]', '/down/mail'],
    ['down[mail:done sms] up[mail sms]', '/down/sms'],
    ['down[mail:later sms:done] up[mail sms]', '/up/sms'],
    ['down[mail:refused sms:done] up[mail sms]', '/up/sms'],
    ['down[mail:later] up[mail]', null],
    ['down[page:later] up[unpage]', null],
    ['down[page:done] up[unpage]', '/up/unpage'],
    ['down[page:refused] up[unpage]', null],
    ['down[page:done other:later] up[unpage]', null],
    ['down[page:done other:later] up[page]', '/up/page'],
    ['down[a:done] up[a:later] down2[a]', null],
    ['', null],
  ])('%s → %s', (text, expected) => {
    expect(nextDelivery(parcels(text), 1)?.delivery.hook.path ?? null).toBe(expected);
  });
});

describe('whom hooks run as', () => {
  const passwd = () => 'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1001:,,,:/home/alice:/bin/sh\n';
  test.each([
    [1000, null, { kind: 'self' }],
    [1000, 'bob', { kind: 'self' }],
    [0, 'root', { kind: 'self' }],
    [0, 'alice', { kind: 'other', name: 'alice', uid: 1000, gid: 1001, home: '/home/alice' }],
    [0, '1000', { kind: 'other', name: 'alice', uid: 1000, gid: 1001, home: '/home/alice' }],
    [0, null, { kind: 'refused' }],
    [0, 'bob', { kind: 'refused' }],
    [0, '', { kind: 'refused' }],
  ])('uid %i, hooks.user %s', (uid, user, expected) => {
    expect(hookUser(uid, user, passwd)).toMatchObject(expected);
  });
});

describe('the environment of a hook', () => {
  const base = { event: EVENT, attempt: 1, durable: true, file: '/f', env: {}, pass: [], home: null };

  test('has a PATH and a HOME even where puptime has none', () => {
    expect(hookEnvironment(base)).toMatchObject({
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: '/',
      PUPTIME_DURABLE: '1',
    });
  });

  test('passes on what is listed, and nothing else', () => {
    const env = {
      PATH: '/p',
      HOME: '/h',
      LANG: 'C.UTF-8',
      TZ: 'UTC',
      SLACK: 's',
      AWS: 'x',
      PUPTIME_EVENT: 'forged',
    };
    const { PATH, HOME, LANG, TZ, SLACK, AWS, PUPTIME_EVENT } = hookEnvironment({
      ...base,
      env,
      pass: ['SLACK', 'PUPTIME_EVENT'],
    });
    expect([PATH, HOME, LANG, TZ, SLACK, AWS, PUPTIME_EVENT]).toEqual([
      '/p',
      '/h',
      'C.UTF-8',
      'UTC',
      's',
      undefined,
      'down',
    ]);
  });

  test('never holds what a server said, nor anything that is not one plain line', () => {
    const event: Event = {
      ...EVENT,
      output: 'SECRET OUTPUT',
      reason: {
        status: 'down',
        code: 'auth',
        phase: 'auth',
        text: 'SERVER WORDS',
        expected: 'A',
        got: 'SERVER GOT',
        fact: null,
      },
      facts: { banner: 'SERVER BANNER' },
      summary: `a\u001b[31m\n${'x'.repeat(100_000)}`,
      tags: ['a', 'b\u0000c'],
    };
    const values = Object.values(hookEnvironment({ ...base, event })).join('|');
    expect(values).not.toMatch(/SERVER|SECRET/);
    // eslint-disable-next-line no-control-regex
    expect(values).not.toMatch(/[\u0000-\u001f]/);
    expect(values.length).toBeLessThan(5000);
    expect(hookEnvironment({ ...base, event })).toMatchObject({
      PUPTIME_REASON: 'auth',
      PUPTIME_TAGS: 'a b c',
    });
  });
});
