import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { radius } from '../../../../lib/probe/probers/radius.ts';
import { datagramContract } from '../../../contract/datagram-contract.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { describeWith } from '../../../servers/daemon.ts';
import {
  FREERADIUS_PROGRAMS,
  type FreeRadius,
  LOGIN,
  SECRET,
  startFreeRadius,
} from '../../../servers/freeradius.ts';

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const USERINFO = `${LOGIN.username}:${encodeURIComponent(LOGIN.password)}@`;

describeWith(FREERADIUS_PROGRAMS, 'a real freeradius', () => {
  let server: FreeRadius;
  beforeAll(async () => {
    server = await startFreeRadius();
  });
  afterAll(async () => server.close());
  const probe = (userinfo: string, options = {}, entry: Entry = {}) =>
    probeTarget(radius, `radius://${userinfo}127.0.0.1:${String(server.port)}`, {
      ...entry,
      options: { secret: SECRET, ...options },
    });

  datagramContract({
    prober: radius,
    target: (port) => `radius://${USERINFO}127.0.0.1:${String(port)}`,
    entry: { options: { secret: SECRET } },
    healthy: async () => ({ port: server.port, close: () => undefined }),
  });

  test.each(['pap', 'chap'])('a login by %s: accepted, with what it grants', async (method) => {
    const result = await probe(USERINFO, { method });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      code: 'Access-Accept',
      reply_message: 'welcome',
      attributes: {
        'Framed-IP-Address': '192.0.2.7',
        'Session-Timeout': 3600,
        'Tunnel-Private-Group-ID': '42',
        'Tunnel-Type': 13,
        Class: 'abc',
      },
    });
  });

  test.each(['pap', 'chap'])('a wrong password by %s, and nobody, are auth', async (method) => {
    for (const userinfo of ['probe:wrong@', 'nobody:wrong@']) {
      const result = await probe(userinfo, { method });
      expect(verdict(result)).toEqual(['down', 'auth', 'expect', 'code']);
      expect(result.facts['code']).toBe('Access-Reject');
    }
  });

  test('that a stranger is refused can be what is expected', async () => {
    const result = await probe('nobody:wrong@', {}, { expect: { code: 'Access-Reject' } });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test('one who is asked for more is auth', async () => {
    const result = await probe('otp:123@');
    expect(verdict(result)).toEqual(['down', 'auth', 'expect', 'code']);
    expect(result.facts).toMatchObject({ code: 'Access-Challenge', reply_message: 'your code' });
  });

  test('without a login it says that it works', async () => {
    const result = await probe('');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['code']).toBe('Access-Accept');
  });

  test.each([USERINFO, ''])('a wrong secret is a timeout, whose text says so (%s)', async (userinfo) => {
    const result = await probe(userinfo, { secret: 'another' }, { timeout_ms: 300 });
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol', null]);
    expect(result.reason?.text).toContain('a wrong secret');
  });

  test('frozen is a timeout; stopped is refused', async () => {
    const own = await startFreeRadius({ status: false });
    const target = (userinfo: string) => `radius://${userinfo}127.0.0.1:${String(own.port)}`;
    const options = { secret: SECRET };
    const status = await probeTarget(radius, target(''), { options, timeout_ms: 300 });
    expect(status.reason?.text).toContain('knows no Status-Server');
    own.signal('SIGSTOP');
    const frozen = await probeTarget(radius, target(USERINFO), { options, timeout_ms: 300 });
    expect(verdict(frozen)).toEqual(['down', 'timeout', 'protocol', null]);
    await own.close();
    const stopped = await probeTarget(radius, target(USERINFO), { options });
    expect(verdict(stopped)).toEqual(['down', 'refused', 'connect', null]);
  });
});
