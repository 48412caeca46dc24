import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { finger } from '../../../../lib/probe/probers/finger.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { type ForkedServer, startForked } from '../../../servers/socat.ts';

const probe = (port: number, where = '/root', entry: Entry = {}) =>
  probeTarget(finger, `finger://127.0.0.1:${String(port)}${where}`, entry);
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

describeWith(['in.fingerd', 'finger', 'socat', 'setpriv'], 'a real in.fingerd', () => {
  let server: ForkedServer;
  beforeAll(async () => {
    server = await startForked('in.fingerd');
  });
  afterAll(async () => server.stop());

  proberContract({
    prober: finger,
    target: (port) => `finger://127.0.0.1:${String(port)}/root`,
    healthy: () => Promise.resolve({ port: server.port, close: () => undefined }),
    // Any text is an answer, however short.
    legal: ['half'],
  });

  test('a user who is there, and one who is not', async () => {
    const result = await probe(server.port);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['found']).toBe(true);
    expect(result.facts['text']).toContain('Login: root');
    expect(verdict(await probe(server.port, '/no-such-person'))).toEqual([
      'down',
      'status',
      'expect',
      'found',
    ]);
    const expected = await probe(server.port, '/no-such-person', { expect: { found: false } });
    expect(expected.status, JSON.stringify(expected.reasons)).toBe('up');
  });

  test('all who are logged in', async () => {
    const result = await probe(server.port, '/');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['found']).toBeUndefined();
  });

  test('frozen: timeout; stopped: refused', async () => {
    const own = await startForked('in.fingerd');
    own.signal('SIGSTOP');
    expect(verdict(await probe(own.port, '/root', { timeout_ms: 300 }))).toEqual([
      'down',
      'timeout',
      'protocol',
      null,
    ]);
    await own.stop();
    expect(verdict(await probe(own.port))).toEqual(['down', 'refused', 'connect', null]);
  });
});

describe('finger against a little peer, from RFC 1288', () => {
  const peers: Peer[] = [];
  afterEach(async () => {
    for (const peer of peers.splice(0)) await peer.close();
  });

  test.each([
    ['/me', 'Login: me\r\n', 'up', undefined],
    ['/me', 'finger: me: no such user.\r\n', 'down', 'status'],
    ['/me', 'Login name: me      In real life: ???\r\n', 'down', 'status'],
    ['/me', 'Login: me\r\nPlan:\r\nThe answer was not found.\r\n', 'up', undefined],
    ['/me', '', 'down', 'closed'],
    ['/me', 'HTTP/1.1 400 Bad Request\r\n', 'down', 'protocol'],
    ['/me', 'x'.repeat(300_000), 'down', 'too_large'],
    ['/', 'No one logged on.\r\n', 'up', undefined],
  ] as const)('%s: %.40j', async (where, answer, status, code) => {
    let heard = '';
    const peer = await listen((socket) =>
      socket.on('data', (data) => {
        heard += data.toString();
        socket.end(answer);
      }),
    );
    peers.push(peer);
    const result = await probe(peer.port, where, { timeout_ms: 1000 });
    expect([result.status, result.reason?.code], result.reason?.text).toEqual([status, code]);
    expect(heard).toBe(`${where.slice(1)}\r\n`);
  });

  test.each(['finger://u:p@h/', 'finger://h/a%0Ab'])('%s is a mistake', (target) => {
    expect(() => jobFor(finger, target)).toThrow(/expected/);
  });
});
