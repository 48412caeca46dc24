import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { snmp } from '../../../../lib/probe/probers/snmp.ts';
import { decodeOid, encodeOid, parseOid } from '../../../../lib/probe/probers/snmp/oid.ts';
import { encodeSecured } from '../../../../lib/probe/probers/snmp/secured-message.ts';
import { authKey } from '../../../../lib/probe/probers/snmp/user-keys.ts';
import { valueOf } from '../../../../lib/probe/probers/snmp/value.ts';
import { BER, ber, berInteger, berText, readElements } from '../../../../lib/probe/wire/ber.ts';
import { type DatagramPeer, answerDatagrams } from '../../../contract/datagram-peer.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';

const peers: DatagramPeer[] = [];
afterEach(() => {
  for (const peer of peers.splice(0)) peer.close();
});
const broken = (): never => {
  throw new Error('broken');
};
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

async function answering(answer: Parameters<typeof answerDatagrams>[0]): Promise<DatagramPeer> {
  const peer = await answerDatagrams(answer);
  peers.push(peer);
  return peer;
}

const probe = (peer: DatagramPeer, userinfo: string, options = {}, entry: Entry = {}) =>
  probeTarget(snmp, `snmp://${userinfo}@127.0.0.1:${String(peer.port)}`, {
    options,
    timeout_ms: 3000,
    ...entry,
  });

/** A response in version 2c to this question, with an error status of our choice. */
function response(question: Buffer, error: number, ...bindings: readonly Buffer[]): Buffer {
  const message = readElements(question, broken).inside(BER.sequence);
  message.integer();
  message.text();
  const id = readElements(message.content(0xa0), broken).integer();
  const pdu = ber(0xa2, berInteger(id), berInteger(error), berInteger(0), ber(BER.sequence, ...bindings));
  return ber(BER.sequence, berInteger(1), berText('public'), pdu);
}

describe('snmp: a peer of ours, written from RFC 3416 and RFC 3414', () => {
  test.each([
    [1, 'overloaded', 'protocol', 'tooBig, ask for fewer'],
    [5, 'status', 'protocol', 'genErr'],
    [13, 'overloaded', 'protocol', 'resourceUnavailable'],
    [16, 'auth', 'auth', 'authorizationError'],
    [99, 'status', 'protocol', 'error 99'],
  ])('the error %i is %s', async (error, code, phase, text) => {
    const peer = await answering((question) => response(question, error));
    const result = await probe(peer, ':public');
    expect(verdict(result)).toEqual(['down', code, phase, null]);
    expect(result.reason?.text).toContain(text);
    expect(peer.received).toHaveLength(1);
  });

  test('an answer to an earlier question is passed over', async () => {
    let first: Buffer | null = null;
    const peer = await answering((question) => {
      first ??= response(question, 5);
      return [first, response(question, 0)];
    });
    await probe(peer, ':public');
    const result = await probe(peer, ':public');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  const engineId = Buffer.from('80001f8804aabbccdd', 'hex');
  const password = 'auth secret 1';
  const auth = authKey('sha', password, engineId);
  const report = (counter: string) => {
    const binding = ber(
      BER.sequence,
      ber(BER.oid, encodeOid(parseOid(counter) ?? [])),
      ber(0x41, Buffer.from([1])),
    );
    return ber(0xa8, berInteger(0), berInteger(0), berInteger(0), ber(BER.sequence, binding));
  };
  const answered = ber(0xa2, berInteger(1), berInteger(0), berInteger(0), ber(BER.sequence));
  /** What an engine says that is at this second of its life. */
  const said = (question: Buffer, pdu: Buffer, time: number, key: typeof auth | null) => {
    const message = readElements(question, broken).inside(BER.sequence);
    message.integer();
    const id = message.inside(BER.sequence).integer();
    const security = { engineId, clock: { boots: 7, time }, user: 'probe', auth: key, priv: null };
    return encodeSecured({ message: id, context: '' }, pdu, security, Buffer.alloc(8));
  };
  const UNKNOWN_ENGINE = '1.3.6.1.6.3.15.1.1.4.0';
  const LATE = '1.3.6.1.6.3.15.1.1.2.0';
  const asProbe = `probe:${encodeURIComponent(password)}`;

  test('a clock that has gone on is set once, and then the answer is up', async () => {
    const peer = await answering((question, turn) =>
      turn === 0
        ? said(question, report(UNKNOWN_ENGINE), 1, null)
        : turn === 1
          ? said(question, report(LATE), 5000, auth)
          : said(question, answered, 5000, auth),
    );
    const result = await probe(peer, asProbe);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['engine_id']).toBe(engineId.toString('hex'));
    expect(peer.received).toHaveLength(3);
  });

  test('a clock that is never right is auth, not a loop', async () => {
    const peer = await answering((question, turn) =>
      said(question, report(turn === 0 ? UNKNOWN_ENGINE : LATE), 1, turn === 0 ? null : auth),
    );
    expect(verdict(await probe(peer, asProbe))).toEqual(['down', 'auth', 'auth', null]);
    expect(peer.received).toHaveLength(4);
  });

  test.each([
    ['signed with another key', authKey('sha', 'another', engineId)],
    ['not signed at all', null],
  ])('an answer %s is auth', async (_, key) => {
    const peer = await answering((question, turn) =>
      turn === 0 ? said(question, report(UNKNOWN_ENGINE), 1, null) : said(question, answered, 1, key),
    );
    expect(verdict(await probe(peer, asProbe))).toEqual(['down', 'auth', 'auth', null]);
  });

  test('an answer that is not encrypted, where it was asked so, is auth', async () => {
    const peer = await answering((question, turn) =>
      turn === 0 ? said(question, report(UNKNOWN_ENGINE), 1, null) : said(question, answered, 1, auth),
    );
    const result = await probe(peer, asProbe, { priv_password: 'priv secret 2' });
    expect(verdict(result)).toEqual(['down', 'auth', 'auth', null]);
  });

  test('no transcript shows the community', async () => {
    const peer = await answering((question) => response(question, 0));
    const shown: string[] = [];
    await probeTarget(
      snmp,
      `snmp://:sesame@127.0.0.1:${String(peer.port)}`,
      {},
      {
        trace(traced) {
          if ('bytes' in traced) shown.push(Buffer.from(traced.bytes).toString('latin1'));
        },
      },
    );
    expect(peer.received[0]?.toString('latin1')).toContain('sesame');
    expect(shown.join('')).not.toContain('sesame');
  });
});

describe('snmp: values', () => {
  test.each([
    [BER.integer, 'ff', -1],
    [BER.octets, '616263', 'abc'],
    [BER.octets, '61626300', 'abc'],
    [BER.octets, '', ''],
    [BER.octets, '001b21aabbcc', '00:1b:21:aa:bb:cc'],
    [BER.oid, '2b06010201', '1.3.6.1.2.1'],
    [0x40, 'c0000207', '192.0.2.7'],
    [0x41, 'ffffffff', 4_294_967_295],
    [0x42, '00ffffffff', 4_294_967_295],
    [0x43, '0102', 258],
    [0x46, '7fffffffffffffff', '9223372036854775807'],
    [0x46, '1fffffffffffff', Number.MAX_SAFE_INTEGER],
    [0x44, '9f78043f9d70a4', 1.23],
    [BER.null, '', null],
  ])('of tag %i, %s, is %j', (tag, hex, value) => {
    expect(valueOf({ tag, content: Buffer.from(hex, 'hex') }, broken)).toEqual(value);
  });

  test.each([0x80, 0x81, 0x82])('of tag %i is none', (tag) => {
    expect(valueOf({ tag, content: Buffer.alloc(0) }, broken)).toBeUndefined();
  });

  test.each(['1.3.6.1.2.1.1.3.0', '2.999.3', '0.39', '1.3.6.1.4.1.4294967295'])(
    '%s there and back',
    (oid) => {
      const arcs = parseOid(oid);
      expect(arcs).not.toBeNull();
      expect(decodeOid(encodeOid(arcs ?? []), broken)).toBe(oid);
    },
  );
});

describe('snmp: mistakes in the config', () => {
  test.each([
    ['snmp://public@h', {}, 'saw a user, expected a community'],
    ['snmp://h', { version: 'v3' }, 'asks as a user'],
    ['snmp://u@h', { version: 'v3', priv_password: 'x' }, 'signing needs a password'],
    ['snmp://u:p@h', { priv_protocol: 'aes' }, 'needs `priv_password`'],
    ['snmp://:c@h', { context: 'x' }, 'it is of v3'],
    ['snmp://h/sysName', {}, 'expected an OID'],
    ['snmp://h', { oids: ['1'] }, 'expected an OID'],
    ['snmp://h', { oids: { a: '3.1' } }, 'expected an OID'],
  ])('%s %j', (target, options, text) => {
    expect(() => jobFor(snmp, target, { options })).toThrow(text);
  });

  test('references are no mistakes', () => {
    const options = { oids: ['placeholder'], priv_password: 'placeholder', context: 'placeholder' };
    expect(() => jobFor(snmp, 'snmp://placeholder:placeholder@h/placeholder', { options })).not.toThrow();
  });
});
