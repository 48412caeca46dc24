import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { ntp } from '../../../../lib/probe/probers/ntp.ts';
import { unixTime } from '../../../../lib/probe/probers/ntp/packet.ts';
import { type DatagramPeer, answerDatagrams } from '../../../contract/datagram-peer.ts';
import { jobFor, probeTarget } from '../../../contract/probe-target.ts';

const peers: DatagramPeer[] = [];
afterEach(() => {
  for (const peer of peers.splice(0)) peer.close();
});
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

interface Said {
  readonly leap?: number;
  readonly version?: number;
  readonly mode?: number;
  readonly stratum?: number;
  readonly refid?: string;
  readonly behind?: Buffer;
}

/** What a server says; its clock is ours. */
function answer(
  question: Buffer,
  { leap = 0, version = 4, mode = 4, stratum = 2, refid = '\xc0\0\x02\x07', behind }: Said,
) {
  const packet = Buffer.alloc(48);
  packet[0] = (leap << 6) | (version << 3) | mode;
  packet[1] = stratum;
  packet[3] = 0xec;
  packet.write(refid, 12, 'latin1');
  question.copy(packet, 24, 40, 48);
  const now = Date.now();
  for (const from of [16, 32, 40]) {
    packet.writeUInt32BE((Math.floor(now / 1000) + 2_208_988_800) % 2 ** 32, from);
    packet.writeUInt32BE(Math.floor(((now % 1000) / 1000) * 2 ** 32), from + 4);
  }
  return behind === undefined ? packet : Buffer.concat([packet, behind]);
}

async function probe(said: Said, userinfo = '', timeout_ms = 3000): Promise<Result> {
  const peer = await answerDatagrams((question) => answer(question, said));
  peers.push(peer);
  return probeTarget(ntp, `ntp://${userinfo}127.0.0.1:${String(peer.port)}`, { timeout_ms });
}

describe('ntp: a peer of ours, written from RFC 5905', () => {
  test.each([
    ['RATE', 'overloaded'],
    ['DENY', 'status'],
    ['RSTR', 'status'],
    ['INIT', 'status'],
  ])('the kiss %s is %s', async (refid, code) => {
    const result = await probe({ leap: 3, stratum: 0, refid });
    expect(verdict(result)).toEqual(['down', code, 'expect', 'kiss']);
    expect(result.facts).toMatchObject({ kiss: refid, synchronized: false });
    expect(result.facts).not.toHaveProperty('offset_ms');
    expect(result.facts).not.toHaveProperty('refid');
  });

  test.each([
    [{ leap: 3 }, false],
    [{ stratum: 16 }, false],
    [{ stratum: 0, refid: '\0\0\0\0' }, false],
    [{ leap: 1 }, true],
    [{ stratum: 15 }, true],
    [{ stratum: 1, refid: 'GPS\0' }, true],
    [{ version: 3 }, true],
    [{ behind: Buffer.alloc(28, 1) }, true],
  ])('%j is synchronized: %s', async (said, synchronized) => {
    const result = await probe(said);
    const expected = synchronized ? ['up', undefined] : ['down', 'synchronized'];
    expect([result.status, result.reason?.fact]).toEqual(expected);
  });

  test('what it follows, as letters or as an address', async () => {
    expect((await probe({ stratum: 1, refid: 'GPS\0' })).facts['refid']).toBe('GPS');
    expect((await probe({})).facts['refid']).toBe('192.0.2.7');
    expect((await probe({ leap: 2 })).facts['leap']).toBe('delete');
  });

  test.each([
    ['a client', { mode: 3 }],
    ['a broadcast', { mode: 5 }],
    ['version 0', { version: 0 }],
  ])('%s is protocol, at once', async (_, said) => {
    expect(verdict(await probe(said))).toEqual(['down', 'protocol', 'protocol', null]);
  });

  test('an answer to another question is passed over', async () => {
    const peer = await answerDatagrams((question) => [answer(Buffer.alloc(48, 7), {}), answer(question, {})]);
    peers.push(peer);
    const result = await probeTarget(ntp, `ntp://127.0.0.1:${String(peer.port)}`);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(peer.received).toHaveLength(1);
    expect((await probe({})).status).toBe('up');
  });

  test('without the signature that was asked for, and with a crypto-NAK, it is auth', async () => {
    expect(verdict(await probe({}, '1:key@'))).toEqual(['down', 'auth', 'auth', null]);
    const nak = await probe({ behind: Buffer.alloc(4) }, '1:key@');
    expect(verdict(nak)).toEqual(['down', 'auth', 'auth', null]);
    expect(nak.reason?.text).toContain('crypto-NAK');
    expect(verdict(await probe({ behind: Buffer.alloc(20, 1) }, '1:key@'))[1]).toBe('auth');
  });

  test('the count that begins anew in 2036 is read in the nearest era', () => {
    const [before, after] = [Date.UTC(2036, 1, 7, 6, 28, 15), Date.UTC(2036, 1, 7, 6, 28, 17)];
    expect(unixTime(0xffff_ffffn << 32n, after)).toBe(before);
    expect(unixTime(1n << 32n, before)).toBe(after);
    expect(unixTime((3_976_000_000n << 32n) | 0x8000_0000n, Date.UTC(2026, 0, 1))).toBe(
      (3_976_000_000 - 2_208_988_800) * 1000 + 500,
    );
  });
});

describe('ntp: mistakes in the config', () => {
  test.each([
    ['ntp://12@h', {}, 'a key needs both'],
    ['ntp://a:b@h', {}, 'as the key’s id'],
    ['ntp://0:b@h', {}, 'as the key’s id'],
    ['ntp://h', { key_type: 'sha1' }, 'there is no key'],
  ])('%s %j', (target, options, text) => {
    expect(() => jobFor(ntp, target, { options })).toThrow(text);
  });

  test('references are no mistakes', () => {
    expect(() => jobFor(ntp, 'ntp://placeholder:placeholder@h')).not.toThrow();
  });
});
