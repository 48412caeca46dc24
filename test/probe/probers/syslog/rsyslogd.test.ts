import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { syslog } from '../../../../lib/probe/probers/syslog.ts';
import { closedDatagramPort, answerDatagrams } from '../../../contract/datagram-peer.ts';
import { listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { describeWith, until } from '../../../servers/daemon.ts';
import { RSYSLOGD_PROGRAMS, type Rsyslogd, startRsyslogd } from '../../../servers/rsyslogd.ts';
import { startTlsFront } from '../../../servers/tls-front.ts';

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const at = (scheme: string, port: number) => `${scheme}://127.0.0.1:${String(port)}`;

describeWith(RSYSLOGD_PROGRAMS, 'a real rsyslogd', () => {
  let server: Rsyslogd;
  beforeAll(async () => {
    server = await startRsyslogd();
  });
  afterAll(async () => server.close());
  const shared = async () => ({ port: server.port, close: () => undefined });
  const probe = (scheme: string, options = {}, entry: Entry = {}) =>
    probeTarget(syslog, at(scheme, server.port), { options, ...entry });

  proberContract({
    prober: syslog,
    target: (port) => at('syslog+tcp', port),
    tlsTarget: (port) => at('syslog+tls', port),
    healthy: shared,
    // Somebody who is silent and hangs up after us is all that a syslog server looks like; it says nothing to cut.
    legal: ['silent', 'http', 'half'],
    codes: { dripping: ['protocol'], flooding: ['protocol'] },
  });
  tlsContract({
    prober: syslog,
    name: 'syslog+tls, a real rsyslogd behind a front that ends TLS',
    target: (port) => `syslog+tls://localhost:${String(port)}`,
    start: (certificate) => startTlsFront(server.port, certificate),
  });

  test.each(['syslog', 'syslog+tcp'])('%s without a message is up, and logs nothing', async (scheme) => {
    const before = server.log();
    const result = await probe(scheme);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    await pause(100);
    expect(server.log()).toBe(before);
    expect(result.facts).not.toHaveProperty('message');
  });

  test.each(['syslog', 'syslog+tcp'])('%s with a message: it is stored, whole and alone', async (scheme) => {
    const result = await probe(scheme, { send: `hello by ${scheme}` });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    const message = result.facts['message'] as string;
    expect(message).toMatch(/^<14>1 20\d\d-\d\d-\d\dT[\d:.]{12}Z - puptime - - - hello by /);
    await until('rsyslogd to store it', () => server.log().includes(`${message}\n`));
  });

  test('frozen: TCP tells, UDP cannot', async () => {
    server.signal('SIGSTOP');
    try {
      const tcp = await probe('syslog+tcp', {}, { timeout_ms: 500 });
      expect(verdict(tcp)).toEqual(['down', 'timeout', 'protocol', null]);
      expect((await probe('syslog', {}, { timeout_ms: 500 })).status).toBe('up');
    } finally {
      server.signal('SIGCONT');
    }
  });

  test('one that takes no connections from this host is closed, at once; a stopped one is refused', async () => {
    const strict = await startRsyslogd('192.0.2.1');
    const result = await probeTarget(syslog, at('syslog+tcp', strict.port));
    await strict.close();
    expect([result.status, result.reason?.phase], JSON.stringify(result.reasons)).toEqual([
      'down',
      'protocol',
    ]);
    expect(['closed', 'reset']).toContain(result.reason?.code);
    expect(result.duration_ms).toBeLessThan(1900);
    const stopped = await probeTarget(syslog, at('syslog+tcp', strict.port));
    expect(verdict(stopped)).toEqual(['down', 'refused', 'connect', null]);
    const closed = await probeTarget(syslog, at('syslog', strict.port));
    expect(verdict(closed)).toEqual(['down', 'refused', 'connect', null]);
  });
});

describe('syslog: peers of ours', () => {
  test('a closed port is refused, at once; somebody who answers is no syslog server', async () => {
    const began = performance.now();
    expect(verdict(await probeTarget(syslog, at('syslog', await closedDatagramPort())))).toEqual([
      'down',
      'refused',
      'connect',
      null,
    ]);
    expect(performance.now() - began).toBeLessThan(1900);
    const peer = await answerDatagrams((message) => message);
    expect(verdict(await probeTarget(syslog, at('syslog', peer.port)))[1]).toBe('protocol');
    peer.close();
  });

  test('one that answers a message over TCP is no syslog server either', async () => {
    const peer = await listen((socket) => void socket.once('data', () => socket.write('What?\n')));
    const result = await probeTarget(syslog, at('syslog+tcp', peer.port), { options: { send: 'x' } });
    expect(verdict(result)).toEqual(['down', 'protocol', 'protocol', null]);
    await peer.close();
  });

  test('a message must be one line', () => {
    expect(() => jobFor(syslog, 'syslog://h', { options: { send: 'a\nb' } })).toThrow('expected one line');
    expect(() => jobFor(syslog, 'syslog://h', { options: { send: 'placeholder' } })).not.toThrow();
  });
});
