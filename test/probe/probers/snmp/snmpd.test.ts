import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { snmp } from '../../../../lib/probe/probers/snmp.ts';
import { datagramContract } from '../../../contract/datagram-contract.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { describeWith } from '../../../servers/daemon.ts';
import {
  AUTH_PASSWORD,
  COMMUNITY,
  PRIV_PASSWORD,
  SNMPD_PROGRAMS,
  type Snmpd,
  startSnmpd,
} from '../../../servers/snmpd.ts';

const UPTIME = '1.3.6.1.2.1.1.3.0';
const OBJECT_ID = '1.3.6.1.2.1.1.2.0';
const GONE = '1.3.6.1.2.1.1.99.0';
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const encoded = encodeURIComponent;

describeWith(SNMPD_PROGRAMS, 'a real snmpd', () => {
  let server: Snmpd;
  beforeAll(async () => {
    server = await startSnmpd();
  });
  afterAll(async () => server.close());
  const probe = (userinfo: string, options = {}, entry: Entry = {}, path = '') =>
    probeTarget(snmp, `snmp://${userinfo}@127.0.0.1:${String(server.port)}${path}`, { options, ...entry });
  const asUser = (name: string, options = {}, password = AUTH_PASSWORD, entry: Entry = {}) =>
    probe(`${name}:${encoded(password)}`, options, entry);

  datagramContract({
    prober: snmp,
    target: (port) => `snmp://:${COMMUNITY}@127.0.0.1:${String(port)}`,
    healthy: async () => ({ port: server.port, close: () => undefined }),
  });

  test.each(['v1', 'v2c'])('%s: what the device is, and values by name', async (version) => {
    const oids = { uptime: UPTIME, kind: `.${OBJECT_ID}` };
    const result = await probe(`:${COMMUNITY}`, { version, oids });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      sys_descr: 'A device of the test',
      sys_name: 'device.example.org',
      missing: [],
    });
    expect(result.facts['uptime_s']).toBeGreaterThanOrEqual(0);
    expect(result.facts['values']).toMatchObject({ kind: '1.3.6.1.4.1.8072.3.2.10' });
    expect(result.facts['values']).toHaveProperty('uptime', expect.any(Number));
  });

  test.each(['1', '2c'])(
    'version %s: what is not there is missing, and the rest is seen',
    async (version) => {
      const oids = { gone: GONE, kind: OBJECT_ID, never: '1.3.6.1.4.1.99999.1' };
      const result = await probe(`:${COMMUNITY}`, { version, oids });
      expect(verdict(result)).toEqual(['down', 'status', 'expect', 'missing']);
      expect(result.facts['missing']).toEqual(['gone', 'never']);
      expect(result.facts['values']).toEqual({ kind: '1.3.6.1.4.1.8072.3.2.10' });
      expect(result.facts['sys_name']).toBe('device.example.org');
      const allowed = await probe(`:${COMMUNITY}`, { version, oids }, { expect: { missing: 'gone' } });
      expect(allowed.status, JSON.stringify(allowed.reasons)).toBe('up');
    },
  );

  test('an OID in the path is expected on by itself', async () => {
    const held = { expect: { values: { [UPTIME]: '>= 0' } } };
    const result = await probe(`:${COMMUNITY}`, {}, held, `/${UPTIME}`);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    const late = { expect: { values: { [UPTIME]: '>= 100000000' } } };
    expect(verdict(await probe(`:${COMMUNITY}`, {}, late, `/${UPTIME}`))).toEqual([
      'down',
      'assertion',
      'expect',
      'values',
    ]);
  });

  test.each(['1', '2c'])(
    'version %s: a wrong community is a timeout, whose text says so',
    async (version) => {
      const result = await probe(':wrong', { version }, { timeout_ms: 300 });
      expect(verdict(result)).toEqual(['down', 'timeout', 'protocol', null]);
      expect(result.reason?.text).toContain('a wrong community');
    },
  );

  test.each(['v1', 'v2c'])('%s: a community that sees only a part is up with that', async (version) => {
    const result = await probe(':narrow', { version });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['sys_name'] ?? null).toBeNull();
    expect(result.facts['uptime_s']).toBeTypeOf('number');
  });

  test('v3 with every signature and encryption', async () => {
    const pairs = [
      ...['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512'].map((auth) => [auth, 'aes']),
      // Where the hash is shorter than the key, it is lengthened.
      ...['des', 'aes192', 'aes256'].flatMap((priv) => [
        ['md5', priv],
        ['sha', priv],
        ['sha512', priv],
      ]),
    ];
    for (const [auth_protocol, priv_protocol] of pairs) {
      const name = `${String(auth_protocol)}-${String(priv_protocol)}`;
      const options = { auth_protocol, priv_protocol, priv_password: PRIV_PASSWORD };
      const result = await asUser(name, options);
      const seen = [name, result.status, result.facts['sys_name']];
      expect(seen, result.reason?.text).toEqual([name, 'up', 'device.example.org']);
    }
    const signed = await asUser('sha256-aes', { auth_protocol: 'sha256' });
    expect(signed.status, signed.reason?.text).toBe('up');
    expect(signed.facts['engine_id']).toMatch(/^[0-9a-f]{10,64}$/);
    const open = await probe('open', { version: 'v3', oids: [GONE] }, { expect: { missing: GONE } });
    expect([open.status, open.facts['sys_name']], open.reason?.text).toEqual(['up', 'device.example.org']);
  });

  test.each([
    ['an unknown user', 'nobody', {}, AUTH_PASSWORD, 'usmStatsUnknownUserNames'],
    ['a wrong password', 'sha-aes', {}, 'another password', 'usmStatsWrongDigests'],
    ['another hash', 'sha-aes', { auth_protocol: 'md5' }, AUTH_PASSWORD, 'usmStatsWrongDigests'],
    [
      'a user without encryption',
      'open',
      { priv_password: 'x' },
      AUTH_PASSWORD,
      'usmStatsUnsupportedSecLevels',
    ],
    ['a user who must encrypt', 'strict', {}, AUTH_PASSWORD, 'authorizationError'],
  ])('v3: %s is auth, at once', async (_, name, options, password, word) => {
    const result = await asUser(name, options, password);
    expect(verdict(result), result.reason?.text).toEqual(['down', 'auth', 'auth', null]);
    expect(result.reason?.text).toContain(word);
    expect(result.duration_ms).toBeLessThan(1000);
  });

  test('v3: a wrong privacy password is auth', async () => {
    for (const priv_protocol of ['des', 'aes']) {
      const options = { priv_protocol, priv_password: 'another password' };
      const result = await asUser(`sha-${priv_protocol}`, options, AUTH_PASSWORD, { timeout_ms: 400 });
      expect(['auth', 'timeout'], result.reason?.text).toContain(result.reason?.code);
      if (result.reason?.code === 'timeout') expect(result.reason.text).toContain('privacy password');
    }
  });

  test('v3: a context that is not there is silence, whose text says so', async () => {
    const result = await asUser('sha-aes', { context: 'elsewhere' }, AUTH_PASSWORD, { timeout_ms: 400 });
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol', null]);
    expect(result.reason?.text).toContain('a context that is not there');
    expect(result.facts['engine_id']).toBeTypeOf('string');
  });

  test('frozen is a timeout; stopped is refused', async () => {
    const own = await startSnmpd();
    const target = `snmp://:${COMMUNITY}@127.0.0.1:${String(own.port)}`;
    own.signal('SIGSTOP');
    expect(verdict(await probeTarget(snmp, target, { timeout_ms: 300 }))).toEqual([
      'down',
      'timeout',
      'protocol',
      null,
    ]);
    await own.close();
    expect(verdict(await probeTarget(snmp, target))).toEqual(['down', 'refused', 'connect', null]);
  });
});
