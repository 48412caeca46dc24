import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { sip } from '../../../../lib/probe/probers/sip.ts';
import { datagramContract } from '../../../contract/datagram-contract.ts';
import { probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { KAMAILIO_PROGRAMS, type Kamailio, startKamailio } from '../../../servers/kamailio.ts';
import { startTlsFront } from '../../../servers/tls-front.ts';

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const SCHEMES = ['sip', 'sip+tcp'] as const;

describeWith(KAMAILIO_PROGRAMS, 'a real kamailio', () => {
  let server: Kamailio;
  beforeAll(async () => {
    server = await startKamailio();
  });
  afterAll(async () => server.stop());
  const healthy = () => Promise.resolve({ port: server.port, close: () => undefined });

  datagramContract({ prober: sip, target: (port) => `sip://127.0.0.1:${String(port)}`, healthy });
  proberContract({
    prober: sip,
    target: (port) => `sip+tcp://127.0.0.1:${String(port)}`,
    tlsTarget: (port) => `sips://127.0.0.1:${String(port)}`,
    healthy,
  });

  test.each(SCHEMES)('%s, healthy: status, server, methods', async (scheme) => {
    const result = await probeTarget(sip, `${scheme}://127.0.0.1:${String(server.port)}`);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      status: 200,
      reason: 'OK',
      allow: ['INVITE', 'ACK', 'OPTIONS'],
      supported: ['path'],
    });
    expect(result.facts['server']).toMatch(/^kamailio/);
  });

  test.each(SCHEMES)('%s: 100 Trying before the answer is waited out', async (scheme) => {
    const result = await probeTarget(sip, `${scheme}://slow@127.0.0.1:${String(server.port)}`);
    expect([result.status, result.facts['status']]).toEqual(['up', 200]);
  });

  test.each([
    [403, 'auth'],
    [404, 'status'],
    [503, 'overloaded'],
    [603, 'status'],
  ])('the status %d is %s, and up where it is expected', async (status, code) => {
    const target = `sip://u${String(status)}@127.0.0.1:${String(server.port)}`;
    expect(verdict(await probeTarget(sip, target))).toEqual(['down', code, 'expect', 'status']);
    expect((await probeTarget(sip, target, { expect: { status } })).status).toBe('up');
  });

  test.each(SCHEMES)('%s, frozen: timeout; stopped: refused', async (scheme) => {
    const own = await startKamailio();
    const target = `${scheme}://127.0.0.1:${String(own.port)}`;
    own.signal('SIGSTOP');
    const frozen = await probeTarget(sip, target, { timeout_ms: 300 });
    expect(verdict(frozen)).toEqual(['down', 'timeout', 'protocol', null]);
    await own.stop();
    expect(verdict(await probeTarget(sip, target))).toEqual(['down', 'refused', 'connect', null]);
  });
});

describeWith([...KAMAILIO_PROGRAMS, 'openssl'], 'a real kamailio behind TLS', () => {
  let server: Kamailio;
  beforeAll(async () => {
    server = await startKamailio();
  });
  afterAll(async () => server.stop());

  tlsContract({
    prober: sip,
    name: 'sips',
    target: (port) => `sips://localhost:${String(port)}`,
    start: (certificate) => startTlsFront(server.port, certificate),
  });
});
