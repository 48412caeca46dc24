import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { stomp } from '../../../../lib/probe/probers/stomp.ts';
import { cutting } from '../../../contract/misbehaving-server.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith, freePort, until } from '../../../servers/daemon.ts';
import {
  RABBITMQ_PASSWORD,
  RABBITMQ_PROGRAMS,
  type RabbitMq,
  startRabbitMq,
} from '../../../servers/rabbitmq.ts';

const LOGIN = `probe:${encodeURIComponent(RABBITMQ_PASSWORD)}@`;
const ROUND: Entry = { options: { roundtrip: true } };
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

describeWith([...RABBITMQ_PROGRAMS, 'openssl'], 'a real RabbitMQ with its STOMP plugin', () => {
  let server: RabbitMq;
  let tlsPort: number;
  beforeAll(async () => {
    tlsPort = await freePort();
    server = await startRabbitMq({
      plugins: ['stomp'],
      certificate: testCertificates().valid,
      settings: { 'stomp.listeners.ssl.1': `127.0.0.1:${String(tlsPort)}` },
      definitions: {
        vhosts: [{ name: 'shop' }],
        permissions: [{ user: 'probe', vhost: 'shop', configure: '.*', write: '^$', read: '.*' }],
      },
    });
  }, 240_000);
  afterAll(() => server.close(), 60_000);

  const probe = (userinfo = LOGIN, path = '', entry: Entry = {}) =>
    probeTarget(stomp, `stomp://${userinfo}127.0.0.1:${String(server.stompPort)}${path}`, entry);

  proberContract({
    prober: stomp,
    target: (port) => `stomp://${LOGIN}127.0.0.1:${String(port)}`,
    tlsTarget: (port) => `stomps://${LOGIN}127.0.0.1:${String(port)}`,
    // It is slow to start: the same one for all cases, behind a proxy that can be closed.
    healthy: () => cutting(server.stompPort, Number.MAX_SAFE_INTEGER),
    entry: ROUND,
  });

  tlsContract({
    prober: stomp,
    name: 'stomps',
    target: (port) => `stomps://${LOGIN}localhost:${String(port)}`,
    start: async (certificate) => {
      await server.show(certificate);
      return { port: tlsPort, close: () => undefined };
    },
  });

  test('healthy: its facts, in a virtual host, and a round trip', async () => {
    const result = await probe();
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ version: '1.2' });
    expect(result.facts['server']).toMatch(/^RabbitMQ\/\d+\.\d+/);
    expect(result.facts['session']).toMatch(/^session-/);
    expect((await probe(LOGIN, '/shop')).status).toBe('up');
    const round = await probe(LOGIN, '', ROUND);
    expect(round.status, JSON.stringify(round.reasons)).toBe('up');
    expect(round.facts['roundtrip_ms']).toBeGreaterThanOrEqual(0);
  });

  test.each([
    ['a wrong password', 'probe:wrong@', ''],
    ['no login', '', ''],
    ['a user without rights in the virtual host', LOGIN.replace('probe', 'bystander'), ''],
    ['a virtual host that does not exist', LOGIN, '/nowhere'],
  ])('%s is auth', async (_, userinfo, path) => {
    const result = await probe(userinfo, path);
    expect(verdict(result), result.reason?.text).toEqual(['down', 'auth', 'auth', null]);
    expect(result.duration_ms).toBeLessThan(1900);
  });

  test('a user who may not write is up, but the round trip is auth', async () => {
    expect((await probe(LOGIN, '/shop')).status).toBe('up');
    const refused = await probe(LOGIN, '/shop', ROUND);
    expect(verdict(refused), refused.reason?.text).toEqual(['down', 'auth', 'auth', null]);
    expect(refused.facts['version']).toBe('1.2');
  });

  test('a memory alarm blocks the round trip: timeout, and a login goes on', async () => {
    const alarm = '{{resource_limit, memory, node()}, []}';
    await server.evaluate(`rabbit_alarm:set_alarm(${alarm})`);
    const blocked = await probe(LOGIN, '', { ...ROUND, timeout_ms: 500 });
    await server.evaluate('rabbit_alarm:clear_alarm({resource_limit, memory, node()})');
    expect(verdict(blocked)).toEqual(['down', 'timeout', 'protocol', null]);
    await until('the alarm to pass', async () => (await probe(LOGIN, '', ROUND)).status === 'up');
  });

  test('frozen: timeout; stopped: refused', async () => {
    server.signal('SIGSTOP');
    const frozen = await probe(LOGIN, '', { timeout_ms: 300 });
    server.signal('SIGCONT');
    expect(verdict(frozen)).toEqual(['down', 'timeout', 'protocol', null]);
    await server.stop();
    expect(verdict(await probe())).toEqual(['down', 'refused', 'connect', null]);
  });
});
