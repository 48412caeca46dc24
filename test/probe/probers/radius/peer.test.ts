import { createHash, createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { radius } from '../../../../lib/probe/probers/radius.ts';
import { hidePassword } from '../../../../lib/probe/probers/radius/packet.ts';
import { type DatagramPeer, answerDatagrams } from '../../../contract/datagram-peer.ts';
import { jobFor, probeTarget } from '../../../contract/probe-target.ts';

const SECRET = 'xyzzy5461';
const peers: DatagramPeer[] = [];
afterEach(() => {
  for (const peer of peers.splice(0)) peer.close();
});
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

/** An answer as a server with this secret makes it, with a Message-Authenticator of the secret `signed`, if any. */
function answer(
  request: Buffer,
  {
    code = 2,
    attributes = '',
    secret = SECRET,
    signed,
    id,
  }: { code?: number; attributes?: string; secret?: string; signed?: string; id?: number } = {},
): Buffer {
  const own = Buffer.from(attributes, 'hex');
  const mac =
    signed === undefined ? Buffer.alloc(0) : Buffer.concat([Buffer.from([80, 18]), Buffer.alloc(16)]);
  const packet = Buffer.concat([
    Buffer.from([code, id ?? request[1] ?? 0, 0, 0]),
    request.subarray(4, 20),
    mac,
    own,
  ]);
  packet.writeUInt16BE(packet.length, 2);
  if (signed !== undefined) createHmac('md5', signed).update(packet).digest().copy(packet, 22);
  createHash('md5').update(packet).update(secret).digest().copy(packet, 4);
  return packet;
}

async function probe(...answers: readonly Parameters<typeof answer>[1][]): Promise<Result> {
  const peer = await answerDatagrams((request) => answers.map((one) => answer(request, one)));
  peers.push(peer);
  const target = `radius://nemo:arctangent@127.0.0.1:${String(peer.port)}`;
  return probeTarget(radius, target, { options: { secret: SECRET }, timeout_ms: 3000 });
}

describe('radius: a peer of ours, written from RFC 2865 and RFC 3579', () => {
  test('an answer that is signed both ways is up', async () => {
    const result = await probe({ signed: SECRET, attributes: '120568656c' });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ message_authenticator: true, reply_message: 'hel' });
  });

  test.each([
    ['with another secret', { secret: 'another' }],
    ['whose Message-Authenticator is of another secret', { signed: 'another' }],
    ['that accepts, but is forged', { secret: '' }],
  ])('an answer %s is auth', async (_, options) => {
    const result = await probe(options);
    expect(verdict(result)).toEqual(['down', 'auth', 'auth', null]);
    expect(result.reason?.text).toContain('another secret');
  });

  test.each([
    ['of another code', { code: 5 }],
    ['with an attribute longer than the packet', { attributes: '12ff00' }],
    ['with an attribute of no length', { attributes: '1200' }],
  ])('an answer %s is protocol, at once', async (_, options) => {
    expect(verdict(await probe(options))).toEqual(['down', 'protocol', 'protocol', null]);
  });

  test('an answer to another request is passed over', async () => {
    const peer = await answerDatagrams((request) => [
      answer(request, { code: 3, id: ((request[1] ?? 0) + 1) % 256 }),
      answer(request),
    ]);
    peers.push(peer);
    const target = `radius://nemo:arctangent@127.0.0.1:${String(peer.port)}`;
    const result = await probeTarget(radius, target, { options: { secret: SECRET } });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(peer.received).toHaveLength(1);
    expect(peer.received[0]?.toString('latin1')).not.toContain('arctangent');
  });

  test('attributes that nobody knows are hex by their number, several are a list', async () => {
    const result = await probe({ attributes: '1a060000017f0b03610b0362c80400ff' });
    expect(result.facts['attributes']).toEqual({ '26': '0000017f', 'Filter-Id': ['a', 'b'], '200': '00ff' });
  });

  test('the password is hidden as in the example of the RFC', () => {
    const authenticator = Buffer.from('0f403f9473978057bd83d5cb98f4227a', 'hex');
    expect(hidePassword('arctangent', authenticator, SECRET).toString('hex')).toBe(
      '0dbe708d93d413ce3196e43f782a0aee',
    );
  });
});

describe('radius: mistakes in the config', () => {
  const secret = 'x';
  test.each([
    ['radius://u@h', { secret }, 'a login needs both'],
    ['radius://h', { secret, method: 'chap' }, 'there is no login'],
    [`radius://u:${'p'.repeat(129)}@h`, { secret }, 'at most 128'],
    ['radius://h', { secret, nas_identifier: 'n'.repeat(254) }, 'at most 253'],
  ])('%s', (target, options, text) => {
    expect(() => jobFor(radius, target, { options })).toThrow(text);
  });

  test('references are no mistakes', () => {
    const options = { secret: 'placeholder' };
    expect(() => jobFor(radius, 'radius://placeholder:placeholder@h', { options })).not.toThrow();
  });
});
