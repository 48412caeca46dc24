import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { stun } from '../../../../lib/probe/probers/stun.ts';
import { datagramContract } from '../../../contract/datagram-contract.ts';
import { type DatagramPeer, answerDatagrams } from '../../../contract/datagram-peer.ts';
import { jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { COTURN_PROGRAMS, type Coturn, startCoturn } from '../../../servers/coturn.ts';
import { describeWith } from '../../../servers/daemon.ts';

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const probe = (port: number, timeout_ms = 3000, scheme = 'stun', host = '127.0.0.1') =>
  probeTarget(stun, `${scheme}://${host}:${String(port)}`, { timeout_ms });

describeWith(COTURN_PROGRAMS, 'a real coturn', () => {
  let server: Coturn;
  beforeAll(async () => {
    server = await startCoturn();
  });
  afterAll(async () => server.stop());

  datagramContract({
    prober: stun,
    target: (port) => `stun://127.0.0.1:${String(port)}`,
    healthy: () => Promise.resolve({ port: server.port, close: () => undefined }),
  });

  test.each(['stun', 'turn'])('%s, healthy: our address and its software', async (scheme) => {
    const result = await probe(server.port, 3000, scheme);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ mapped_address: '127.0.0.1' });
    expect(result.facts['mapped_port']).toBeGreaterThan(1023);
    expect(result.facts['software']).toMatch(/coturn/i);
  });

  test('one that wants a login even for this: auth, with its software', async () => {
    const secure = await startCoturn([
      '--secure-stun',
      '--lt-cred-mech',
      '--realm=example.org',
      '--user=a:b',
    ]);
    const result = await probe(secure.port);
    await secure.stop();
    expect(verdict(result)).toEqual(['down', 'auth', 'expect', 'error']);
    expect(result.facts).toMatchObject({ error: 401 });
    expect(result.facts['software']).toMatch(/coturn/i);
  });

  test('one that ignores STUN: timeout, and the text says that this may be', async () => {
    const mute = await startCoturn(['--no-stun']);
    const result = await probe(mute.port, 300);
    await mute.stop();
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol', null]);
    expect(result.reason?.text).toContain('ignore STUN');
  });

  test('frozen: timeout; stopped: refused', async () => {
    const own = await startCoturn();
    own.signal('SIGSTOP');
    expect(verdict(await probe(own.port, 300))).toEqual(['down', 'timeout', 'protocol', null]);
    await own.stop();
    expect(verdict(await probe(own.port))).toEqual(['down', 'refused', 'connect', null]);
  });
});

const peers: DatagramPeer[] = [];
afterEach(() => {
  for (const peer of peers.splice(0)) peer.close();
});

const COOKIE = Buffer.from([0x21, 0x12, 0xa4, 0x42]);
const attribute = (type: number, value: Buffer) => {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
};
const message = (type: number, request: Buffer, attributes: readonly Buffer[]) => {
  const body = Buffer.concat(attributes);
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, request.subarray(4, 20), body]);
};
const error = (code: number, reason: string) =>
  attribute(9, Buffer.concat([Buffer.from([0, 0, Math.floor(code / 100), code % 100]), Buffer.from(reason)]));
const MAPPED = attribute(1, Buffer.from([0, 1, 0x12, 0x34, 192, 0, 2, 7]));
const answering = async (answer: (request: Buffer) => Buffer | readonly Buffer[]) => {
  const peer = await answerDatagrams(answer);
  peers.push(peer);
  return peer;
};

describe('stun: a peer of ours, written from RFC 8489', () => {
  test('an IPv6 address, hidden by XOR (RFC 5769 §2.3)', async () => {
    const peer = await answering((request) => {
      const mask = Buffer.concat([COOKIE, request.subarray(8, 20)]);
      const ip = Buffer.from('20010db81234567800112233445566 77'.replace(' ', ''), 'hex');
      const hidden = ip.map((byte, at) => byte ^ (mask[at] ?? 0));
      return message(0x101, request, [
        attribute(0x20, Buffer.concat([Buffer.from([0, 2, 0xa1, 0x47]), hidden])),
        MAPPED,
      ]);
    });
    const { status, facts } = await probe(peer.port);
    expect([status, facts['mapped_address'], facts['mapped_port']]).toEqual([
      'up',
      '2001:db8:1234:5678:11:2233:4455:6677',
      32853,
    ]);
  });

  test('a server of RFC 3489 tells the address as it is; its other address too', async () => {
    const peer = await answering((request) =>
      message(0x101, request, [MAPPED, attribute(0x802c, Buffer.from([0, 1, 0, 80, 192, 0, 2, 8]))]),
    );
    const { status, facts } = await probe(peer.port);
    expect(status).toBe('up');
    expect(facts).toMatchObject({
      mapped_address: '192.0.2.7',
      mapped_port: 0x1234,
      other_address: '192.0.2.8:80',
    });
  });

  test.each([
    [300, 'status'],
    [400, 'status'],
    [401, 'auth'],
    [420, 'status'],
    [500, 'status'],
  ])('the error %d is %s', async (number, code) => {
    const peer = await answering((request) =>
      message(0x111, request, [
        error(number, 'So it is'),
        attribute(0x8023, Buffer.from([0, 1, 0x0d, 0x96, 192, 0, 2, 9])),
      ]),
    );
    const result = await probe(peer.port);
    expect(verdict(result)).toEqual(['down', code, 'expect', 'error']);
    expect(result.facts).toMatchObject({
      error: number,
      error_reason: 'So it is',
      alternate_server: '192.0.2.9:3478',
    });
  });

  test.each([
    ['a success without an address', (request: Buffer) => message(0x101, request, [])],
    ['an error without a number', (request: Buffer) => message(0x111, request, [])],
    ['an error of 999', (request: Buffer) => message(0x111, request, [error(999, '')])],
    [
      'an address of no family',
      (request: Buffer) => message(0x101, request, [attribute(0x20, Buffer.alloc(8))]),
    ],
    ['an indication', (request: Buffer) => message(0x11, request, [MAPPED])],
    [
      'an attribute that is longer than the message',
      (request: Buffer) => message(0x101, request, [Buffer.from([0, 1, 0, 8, 0, 1, 0, 0])]),
    ],
    ['a length that is not its own', (request: Buffer) => message(0x101, request, [MAPPED]).subarray(0, 28)],
  ])('%s is protocol, at once', async (_, answer) => {
    const peer = await answering(answer);
    expect(verdict(await probe(peer.port))).toEqual(['down', 'protocol', 'protocol', null]);
  });

  test('an answer to another request is passed over, and nothing is asked twice', async () => {
    const peer = await answering((request) => [
      message(0x111, Buffer.concat([request.subarray(0, 8), Buffer.alloc(12, 7)]), [error(500, '')]),
      message(0x101, request, [MAPPED]),
    ]);
    expect((await probe(peer.port)).status).toBe('up');
    expect(peer.received).toHaveLength(1);
  });

  test('a login is refused by the config', () => {
    expect(() => jobFor(stun, 'turn://me:secret@127.0.0.1')).toThrow('takes no login');
  });
});
