import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { tftp } from '../../../../lib/probe/probers/tftp.ts';
import { type DatagramPeer, answerDatagrams } from '../../../contract/datagram-peer.ts';
import { until } from '../../../servers/daemon.ts';
import { jobFor, probeTarget } from '../../../contract/probe-target.ts';

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const data = (block: number, content: string | Buffer) =>
  Buffer.concat([Buffer.from([0, 3, block >> 8, block & 255]), Buffer.from(content)]);
const granted = (text: string) => Buffer.concat([Buffer.from([0, 6]), Buffer.from(text)]);
const refusal = (code: number, text: string) =>
  Buffer.concat([Buffer.from([0, 5, 0, code]), Buffer.from(text)]);

async function answering(answer: Parameters<typeof answerDatagrams>[0]): Promise<DatagramPeer> {
  const peer = await answerDatagrams(answer);
  closers.push(peer.close);
  return peer;
}
const probe = ({ port }: DatagramPeer, options = {}) =>
  probeTarget(tftp, `tftp://127.0.0.1:${String(port)}/file`, { options, timeout_ms: 3000 });

describe('tftp: a peer of ours, written from RFC 1350 and RFC 2347', () => {
  test('a server that knows no options, and answers from the port that was asked, is up', async () => {
    const peer = await answering((_, turn) => (turn === 0 ? data(1, 'hello') : null));
    const result = await probe(peer);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ size: 5, negotiated: false });
    expect(peer.received[0]?.toString('latin1')).toBe('\0\x01file\0octet\0tsize\x000\0blksize\x001428\0');
    await until('the first block to be acknowledged', () => peer.received.length === 2);
    expect(peer.received[1]?.toString('hex')).toBe('00040001');
  });

  test('a block that is sent twice is acknowledged twice, and counted once', async () => {
    const block = Buffer.alloc(512, 'x');
    const peer = await answering(
      (_, turn) => [[data(1, block)], [data(1, block)], [data(2, 'end')]][turn] ?? null,
    );
    const result = await probe(peer, { whole: true });
    expect([result.status, result.facts['size']], JSON.stringify(result.reasons)).toEqual(['up', 515]);
  });

  test.each([
    [0, 'undefined', 'status'],
    [2, 'access_violation', 'auth'],
    [8, 'option_refused', 'status'],
    [99, '99', 'status'],
  ])('error %i is %s, %s', async (code, error, reason) => {
    const result = await probe(await answering(() => refusal(code, 'words')));
    expect(verdict(result)).toEqual(['down', reason, 'expect', 'error']);
    expect(result.facts).toMatchObject({ error, error_text: 'words' });
  });

  test('a file that ends before its size, or breaks off, is truncated', async () => {
    const short = await answering((_, turn) => [granted('tsize\x0010\0'), data(1, 'hello')][turn] ?? null);
    expect(verdict(await probe(short))).toEqual(['down', 'truncated', 'protocol', null]);
    const broken = await answering(
      (_, turn) => [data(1, Buffer.alloc(512)), refusal(0, 'disk on fire')][turn] ?? null,
    );
    const result = await probe(broken, { whole: true });
    expect(verdict(result)).toEqual(['down', 'truncated', 'protocol', null]);
    expect(result.reason?.text).toContain('disk on fire');
  });

  test.each([
    ['the second block first', [data(2, 'x')]],
    ['a block that is too large', [data(1, Buffer.alloc(600))]],
    ['larger blocks than were asked for', [granted('blksize\x0065000\0')]],
    ['a size that is no number', [granted('tsize\0many\0')]],
    ['options twice', [granted('tsize\x005\0'), granted('tsize\x005\0')]],
  ])('%s is protocol, at once', async (_, answers) => {
    const peer = await answering((_message, turn) => answers[turn] ?? null);
    expect(verdict(await probe(peer))).toEqual(['down', 'protocol', 'protocol', null]);
  });

  test('once a port has answered, another one is not heard', async () => {
    const sockets = ['own', 'other'].map(() => createSocket('udp4'));
    for (const socket of sockets) {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      closers.push(() => socket.close());
    }
    const [own, other] = sockets;
    const peer = await answering(() => null);
    const asked = createSocket('udp4');
    closers.push(() => asked.close());
    asked.on('message', (_, from) => {
      own?.send(data(1, Buffer.alloc(512, 'x')), from.port, from.address, () => {
        other?.send(data(2, 'forged'), from.port, from.address);
      });
    });
    own?.on('message', (_, from) => setTimeout(() => own.send(data(2, 'real'), from.port, from.address), 50));
    asked.bind(0, '127.0.0.1');
    await once(asked, 'listening');
    const result = await probe({ ...peer, port: asked.address().port }, { whole: true });
    expect([result.status, result.facts['size']], JSON.stringify(result.reasons)).toEqual(['up', 516]);
  });
});

describe('tftp: mistakes in the config', () => {
  test.each(['tftp://h', 'tftp://h/', `tftp://h/${'x'.repeat(401)}`])('%s', (target) => {
    expect(() => jobFor(tftp, target)).toThrow('expected a name of at most 400 bytes');
  });
});
