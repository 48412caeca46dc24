import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { vnc } from '../../../../lib/probe/probers/vnc.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { XVNC_PROGRAMS, type Xvnc, startXvnc } from '../../../servers/xvnc.ts';

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const probe = (port: number, userinfo = '', entry: Entry = {}) =>
  probeTarget(vnc, `vnc://${userinfo}127.0.0.1:${String(port)}`, { timeout_ms: 5000, ...entry });

describeWith(XVNC_PROGRAMS, 'a real Xvnc of TigerVNC', () => {
  let open: Xvnc;
  let guarded: Xvnc;
  beforeAll(async () => {
    open = await startXvnc(null);
    guarded = await startXvnc('secret');
  });
  afterAll(async () => {
    await open.stop();
    await guarded.stop();
  });

  proberContract({
    prober: vnc,
    target: (port) => `vnc://127.0.0.1:${String(port)}`,
    healthy: () => Promise.resolve({ port: open.port, close: () => undefined }),
    // A client waits for the server to speak first.
    codes: { http: ['timeout'] },
    patient: ['http'],
  });

  test('open to all: its desktop', async () => {
    const result = await probe(open.port);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      version: '3.8',
      security_types: ['none'],
      security: 'none',
      name: 'the desk',
      width: 640,
      height: 480,
    });
  });

  test('its password: right more often than it would bear without, wrong', async () => {
    for (let turn = 0; turn < 7; turn += 1) {
      const right = await probe(guarded.port, ':secret@');
      expect(right.status, JSON.stringify(right.reasons)).toBe('up');
      expect(right.facts).toMatchObject({ security_types: ['vnc'], security: 'vnc', name: 'the desk' });
    }
    const wrong = await probe(guarded.port, ':wrong@');
    expect(verdict(wrong)).toEqual(['down', 'auth', 'auth', null]);
    expect(wrong.reason?.text).toMatch(/Authentication failure/i);
    expect(wrong.facts).not.toHaveProperty('name');
  });

  test('without a password: what it offers; after several times it bars us: overloaded', async () => {
    const own = await startXvnc('secret', ['-BlacklistThreshold', '3']);
    const first = await probe(own.port);
    expect(first.status, JSON.stringify(first.reasons)).toBe('up');
    expect(first.facts).toMatchObject({ version: '3.8', security_types: ['vnc'] });
    expect(first.facts).not.toHaveProperty('security');
    let last = first;
    for (let turn = 0; turn < 4 && last.status === 'up'; turn += 1) last = await probe(own.port);
    await own.stop();
    expect(verdict(last)).toEqual(['down', 'overloaded', 'protocol', null]);
    expect(last.reason?.text).toContain('Too many security failures');
  });

  test('frozen: timeout; stopped: refused', async () => {
    const own = await startXvnc(null);
    own.signal('SIGSTOP');
    expect(verdict(await probe(own.port, '', { timeout_ms: 300 }))).toEqual([
      'down',
      'timeout',
      'protocol',
      null,
    ]);
    await own.stop();
    expect(verdict(await probe(own.port))).toEqual(['down', 'refused', 'connect', null]);
  });
});

const peers: Peer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const text = (words: string) => Buffer.concat([u32(words.length), Buffer.from(words)]);
const DESKTOP = Buffer.concat([Buffer.from([0, 80, 0, 50]), Buffer.alloc(16), text('desk')]);

/** A server that says each of these after the other, one for each time that it is spoken to. */
async function serving(first: string, ...answers: readonly Buffer[]): Promise<Peer & { heard: Buffer[] }> {
  const heard: Buffer[] = [];
  const peer = await listen((socket) => {
    const left = [...answers];
    socket.write(first);
    socket.on('data', (data: Buffer) => {
      heard.push(data);
      const answer = left.shift();
      if (answer !== undefined) socket.write(answer);
    });
  });
  peers.push(peer);
  return { ...peer, heard };
}

describe('vnc: a server of ours, written from RFC 6143', () => {
  test.each([
    ['RFB 003.003\n', '3.3', 'RFB 003.003\n', [u32(1), DESKTOP]],
    ['RFB 003.005\n', '3.5', 'RFB 003.003\n', [u32(1), DESKTOP]],
    ['RFB 003.007\n', '3.7', 'RFB 003.007\n', [Buffer.concat([Buffer.from([2, 16, 1]), DESKTOP])]],
    ['RFB 003.889\n', '3.889', 'RFB 003.008\n', [Buffer.from([1, 1]), u32(0), DESKTOP]],
    ['RFB 005.000\n', '5.0', 'RFB 003.008\n', [Buffer.from([1, 1]), u32(0), DESKTOP]],
  ])('%j: up', async (first, version, ours, answers) => {
    const server = await serving(first, ...answers);
    const result = await probe(server.port, '', { timeout_ms: 2000 });
    expect(server.heard[0]?.toString()).toBe(ours);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ version, name: 'desk', width: 80, height: 50 });
  });

  test.each([
    ['Too many security failures', 'overloaded'],
    ['Maximum number of connections reached', 'overloaded'],
    ['Server is shutting down', 'status'],
  ])('refused with "%s": %s, in both forms', async (words, code) => {
    const later = await serving('RFB 003.008\n', Buffer.concat([Buffer.from([0]), text(words)]));
    const earlier = await serving('RFB 003.003\n', Buffer.concat([u32(0), text(words)]));
    for (const { port } of [later, earlier]) {
      const result = await probe(port);
      expect(verdict(result)).toEqual(['down', code, 'protocol', null]);
      expect(result.reason?.text).toContain(words);
      expect(result.facts).toHaveProperty('version');
    }
  });

  test('a login that it refuses for having too many (2): overloaded', async () => {
    const server = await serving('RFB 003.003\n', Buffer.concat([u32(2), Buffer.alloc(16)]), u32(2));
    expect(verdict(await probe(server.port, ':x@'))).toEqual(['down', 'overloaded', 'protocol', null]);
  });

  test('ways to log in that puptime does not know: up without a password, auth with one', async () => {
    const server = await serving('RFB 003.008\n', Buffer.from([3, 19, 30, 200]));
    const without = await probe(server.port);
    expect([without.status, without.facts['security_types']]).toEqual(['up', ['vencrypt', 'apple', '200']]);
    const again = await serving('RFB 003.008\n', Buffer.from([1, 19]));
    expect(verdict(await probe(again.port, ':x@'))).toEqual(['down', 'auth', 'auth', null]);
  });

  test.each([
    ['a text of 4 GB', Buffer.concat([Buffer.from([0]), u32(0xffff_ffff)]), 'too_large'],
    ['a result that is none', Buffer.concat([Buffer.from([1, 1]), u32(7), text('')]), 'protocol'],
  ])('%s: %s', async (_, answer, code) => {
    const server = await serving('RFB 003.008\n', answer);
    expect(verdict(await probe(server.port))).toEqual(['down', code, 'protocol', null]);
  });

  test('RFB 2: protocol', async () => {
    const server = await serving('RFB 002.000\n');
    expect(verdict(await probe(server.port))).toEqual(['down', 'protocol', 'protocol', null]);
  });

  test('a user is refused by the config', () => {
    expect(() => jobFor(vnc, 'vnc://me:secret@127.0.0.1')).toThrow('knows no user');
  });
});
