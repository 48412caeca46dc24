import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { source } from '../../../../lib/probe/probers/source.ts';
import { datagramContract } from '../../../contract/datagram-contract.ts';
import { answerDatagrams } from '../../../contract/datagram-peer.ts';
import { probeTarget } from '../../../contract/probe-target.ts';

// A peer of ours, written from Valve’s description: Debian has no server that speaks it.
const HEADER = Buffer.alloc(4, 0xff);
const INFO = Buffer.concat([
  HEADER,
  Buffer.from(
    'I\x11Our Server\0de_dust2\0csgo\0Counter-Strike\0\xda\x02\x05\x10\x02dl\x01\x011.38.7.9\0',
    'latin1',
  ),
]);
const OLD_INFO = Buffer.concat([
  HEADER,
  Buffer.from('m127.0.0.1:27015\0Old One\0crossfire\0valve\0Half-Life\0\x03\x10\x2fdl\0\0\x01\0', 'latin1'),
]);
const challenge = (number: string) => Buffer.concat([HEADER, Buffer.from(`A${number}`, 'latin1')]);
const isQuestion = (message: Buffer) =>
  message.toString('latin1').startsWith('\xff\xff\xff\xffTSource Engine Query\0');

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});
async function answering(answer: Parameters<typeof answerDatagrams>[0]) {
  const peer = await answerDatagrams((message, turn) => (isQuestion(message) ? answer(message, turn) : null));
  closers.push(peer.close);
  return peer;
}
const at = (port: number) => `source://127.0.0.1:${String(port)}`;
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];

datagramContract({
  prober: source,
  target: at,
  healthy: () => answerDatagrams(() => INFO),
});

describe('source: a peer of ours', () => {
  test('what is played is told', async () => {
    const { port } = await answering(() => INFO);
    const result = await probeTarget(source, at(port));
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toEqual({
      name: 'Our Server',
      map: 'de_dust2',
      folder: 'csgo',
      game: 'Counter-Strike',
      players: 5,
      max_players: 16,
      bots: 2,
      password: true,
      version: '1.38.7.9',
    });
  });

  test('a number that the server asks for is given back', async () => {
    const peer = await answering((message) =>
      message.subarray(-4).toString('latin1') === '\x01\xff\0z' ? INFO : challenge('\x01\xff\0z'),
    );
    expect((await probeTarget(source, at(peer.port))).status).toBe('up');
    expect(peer.received).toHaveLength(2);
  });

  test('one that challenges for ever is protocol', async () => {
    const { port } = await answering((_, turn) => challenge(`\0\0\0${String.fromCharCode(turn)}`));
    expect(verdict(await probeTarget(source, at(port)))).toEqual(['down', 'protocol', 'protocol']);
  });

  test('an answer of the first engine is one, too', async () => {
    const { port } = await answering(() => OLD_INFO);
    const result = await probeTarget(source, at(port));
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ name: 'Old One', map: 'crossfire', players: 3, max_players: 16 });
  });

  test('an answer in packets is put together in whatever order they come', async () => {
    const cut = [INFO.subarray(0, 20), INFO.subarray(20)];
    const packets = cut.map((part, index) =>
      Buffer.concat([Buffer.from([0xfe, 0xff, 0xff, 0xff, 7, 0, 0, 0, 2, index, 0xe0, 4]), part]),
    );
    const { port } = await answering(() => packets.toReversed());
    const result = await probeTarget(source, at(port));
    expect([result.status, result.facts['map']], JSON.stringify(result.reasons)).toEqual(['up', 'de_dust2']);
  });

  test.each([
    ['cut short', INFO.subarray(0, 30)],
    ['of another kind', Buffer.concat([HEADER, Buffer.from('D\x01')])],
    ['packed', Buffer.from([0xfe, 0xff, 0xff, 0xff, 0, 0, 0, 0x80, 1, 0, 0, 0, 1])],
    ['with a packet beyond its number', Buffer.from([0xfe, 0xff, 0xff, 0xff, 1, 0, 0, 0, 1, 9, 0, 0, 1])],
  ])('an answer %s is protocol', async (_, message) => {
    const { port } = await answering(() => message);
    expect(verdict(await probeTarget(source, at(port)))).toEqual(['down', 'protocol', 'protocol']);
  });
});
