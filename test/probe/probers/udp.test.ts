import { type RemoteInfo, createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../lib/words/result.ts';
import { udp } from '../../../lib/probe/probers/udp.ts';
import { jobFor, probeTarget } from '../../contract/probe-target.ts';

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listenAt(
  handle: (message: Buffer, from: RemoteInfo, send: (data: string, to: RemoteInfo) => void) => void,
  host: '127.0.0.1' | '::1' = '127.0.0.1',
): Promise<{ port: number; received: Buffer[]; close(): void }> {
  const socket = createSocket(host === '::1' ? 'udp6' : 'udp4');
  const received: Buffer[] = [];
  socket.on('message', (message, from) => {
    received.push(message);
    handle(message, from, (data, to) => socket.send(data, to.port, to.address));
  });
  socket.bind(0, host);
  await once(socket, 'listening');
  let open = true;
  const close = () => {
    if (open) socket.close();
    open = false;
  };
  closers.push(close);
  return { port: socket.address().port, received, close };
}

const target = (port: number, host = '127.0.0.1') => `udp://${host}:${String(port)}`;
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];

describe('udp', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1', 4],
    ['::1', '[::1]', 6],
  ] as const)('an answer from %s is up, one datagram is sent', async (ip, host, family) => {
    const peer = await listenAt((message, from, send) => send(`got ${message.toString()}`, from), ip);
    const result = await probeTarget(udp, target(peer.port, host), {
      options: { send: { hex: '68 69' } },
      expect: { reply: 'got hi' },
    });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result).toMatchObject({ address: ip, family, facts: { answered: true } });
    expect(peer.received).toHaveLength(1);
    expect(result.duration_ms).toBeLessThan(400);
  });

  test('another answer than expected is down (assertion)', async () => {
    const peer = await listenAt((_, from, send) => send('no', from));
    const result = await probeTarget(udp, target(peer.port), {
      options: { send: 'x' },
      expect: { reply: 'yes' },
    });
    expect(verdict(result)).toEqual(['down', 'assertion', 'expect']);
  });

  test('silence is a timeout where an answer is due', async () => {
    const peer = await listenAt(() => undefined);
    const result = await probeTarget(udp, target(peer.port), { options: { send: 'x' }, timeout_ms: 200 });
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol']);
  });

  test('an answer from somebody else is none', async () => {
    const other = createSocket('udp4');
    closers.push(() => other.close());
    const peer = await listenAt((_, from) => other.send('forged', from.port, from.address));
    const result = await probeTarget(udp, target(peer.port), { options: { send: 'x' }, timeout_ms: 200 });
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol']);
  });

  test('silence is up where none is due', async () => {
    const peer = await listenAt(() => undefined);
    const options = { send: 'x', answer: 'optional', wait: '80ms' };
    const result = await probeTarget(udp, target(peer.port), { options });
    expect([result.status, result.facts['answered']]).toEqual(['up', false]);
    expect(result.duration_ms).toBeLessThan(500);
    expect((await probeTarget(udp, target(peer.port), { timeout_ms: 100 })).status).toBe('up');
  });

  test.each([{ send: 'x' }, {}, { answer: 'optional' }])(
    'a closed port is refused, at once (%j)',
    async (options) => {
      const peer = await listenAt(() => undefined);
      peer.close();
      const began = performance.now();
      const result = await probeTarget(udp, target(peer.port), { options, timeout_ms: 3000 });
      expect(verdict(result)).toEqual(['down', 'refused', 'connect']);
      expect(performance.now() - began).toBeLessThan(1000);
    },
  );

  test('a flood of answers is one answer, and stays small', async () => {
    const peer = await listenAt((_, from, send) => {
      for (let count = 0; count < 2000; count += 1) send('x'.repeat(1000), from);
    });
    const result = await probeTarget(udp, target(peer.port), { options: { send: 'x' } });
    expect(result.status).toBe('up');
    expect(JSON.stringify(result).length).toBeLessThan(10_000);
  });

  test('an expectation on the reply makes it due', async () => {
    const peer = await listenAt(() => undefined);
    const result = await probeTarget(udp, target(peer.port), { expect: { reply: 'x' }, timeout_ms: 150 });
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol']);
  });

  test.each([
    ['udp://127.0.0.1', {}, 'it names no port'],
    ['udp://127.0.0.1:1', { send: { hex: 'x' } }, 'is not hex'],
    ['udp://127.0.0.1:1', { wait: 'soon' }, 'a duration'],
    ['udp://127.0.0.1:1', { send: 'x'.repeat(70_000) }, 'at most 65507'],
  ])('a mistake: %s', (url, options, text) => {
    expect(() => jobFor(udp, url, { options })).toThrow(text);
  });
});
