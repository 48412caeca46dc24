import { afterEach, describe, expect, it } from 'vitest';
import { ws } from '../../../../lib/probe/probers/ws.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { type Behaviour, close, frame, startWsPeer } from './peer.ts';

proberContract({
  prober: ws,
  target: (port) => `ws://127.0.0.1:${String(port)}/chat`,
  tlsTarget: (port) => `wss://127.0.0.1:${String(port)}/`,
  healthy: () => startWsPeer(),
  half: 12,
  codes: { http: ['status'] },
});

tlsContract({
  prober: ws,
  name: 'wss',
  target: (port) => `wss://localhost:${String(port)}/`,
  start: (certificate) => startWsPeer({}, certificate),
});

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const end of closers.splice(0)) end();
});

async function probe(behaviour: Behaviour = {}, entry: Entry = {}, path = '/'): Promise<Result> {
  const peer = await startWsPeer(behaviour);
  closers.push(() => peer.close());
  return probeTarget(ws, `ws://127.0.0.1:${String(peer.port)}${path}`, { timeout_ms: 600, ...entry });
}
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];

describe('a faithful peer by node:http', () => {
  it('is up, with a pong and a close', async () => {
    const result = await probe();
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({ status: 101, pong: true, close_code: 1000 });
    expect(result.facts).not.toHaveProperty('messages');
  });

  it('echoes what is sent, as text and as bytes, long and short', async () => {
    const text = await probe({}, { options: { send: 'hello' }, expect: { reply: 'hello' } });
    expect(text.reasons).toEqual([]);
    const bytes = await probe({}, { options: { send: { hex: '00ff' } } });
    expect(bytes.facts).toMatchObject({ reply: 'AP8=', messages: ['AP8='] });
    const long = await probe({}, { options: { send: 'x'.repeat(60_000) }, timeout_ms: 3000 });
    expect(long.reasons).toEqual([]);
    expect(long.facts['reply']).toMatch(/^x{2000}/);
  });

  it('a dialogue waits for its messages, passes over others, and captures', async () => {
    const behaviour: Behaviour = {
      greeting: [frame(1, '{"type":"hello","session":"s-17"}')],
      answer: ({ opcode, data }) =>
        opcode === 1 ? [frame(1, 'noise'), frame(9, 'you?'), frame(1, `seen: ${data.toString()}`)] : null,
    };
    const dialogue = [
      { expect: { matches: '"session":"([^"]+)"' }, capture: 'session' },
      { send: 'subscribe' },
      { expect: 'seen: subscribe' },
    ];
    const result = await probe(behaviour, { options: { dialogue } });
    expect(result.reasons).toEqual([]);
    expect(result.facts['captures']).toEqual({ session: 's-17' });
    expect(result.facts['messages']).toEqual([
      '{"type":"hello","session":"s-17"}',
      'noise',
      'seen: subscribe',
    ]);
  });

  it('listens for a message when one is expected', async () => {
    const result = await probe(
      { greeting: [frame(1, 'welcome')] },
      { expect: { messages: { contains: 'welcome' } } },
    );
    expect(result.reasons).toEqual([]);
  });

  it('a subprotocol is asked for, and the one that is chosen a fact', async () => {
    const choose = (name: string): Behaviour => ({
      head: (fields) => void fields.set('Sec-WebSocket-Protocol', name),
    });
    const options = { subprotocol: ['mqtt', 'stomp'] };
    expect((await probe(choose('stomp'), { options })).facts['subprotocol']).toBe('stomp');
    expect(verdict(await probe(choose('soap'), { options }))).toEqual(['down', 'protocol', 'protocol']);
    expect((await probe({}, { options })).reason?.text).toContain('chose no subprotocol');
  });

  it('header fields, origin and login are sent', async () => {
    const seen: (string | undefined)[] = [];
    await probe(
      {
        head: (_, { headers }) =>
          void seen.push(headers.origin, headers['x-room'] as string, headers.authorization),
      },
      { options: { origin: 'https://a.example', headers: { 'X-Room': 7 }, auth: { bearer: 'abc' } } },
    );
    expect(seen).toEqual(['https://a.example', '7', 'Bearer abc']);
  });

  const LEGAL: readonly (readonly [string, Behaviour])[] = [
    [
      'a message in parts with a ping in between',
      { greeting: [frame(1, 'a', { final: false }), frame(9, ''), frame(0, 'b')] },
    ],
    [
      'a character split over two parts',
      { greeting: [frame(1, Buffer.from([0xc3]), { final: false }), frame(0, Buffer.from([0xa4]))] },
    ],
    ['an empty message', { greeting: [frame(1, '')] }],
    [
      'a pong nobody asked for',
      { answer: ({ opcode, data }) => (opcode === 9 ? [frame(10, ''), frame(10, data)] : null) },
    ],
    ['a close without a code', { answer: ({ opcode }) => (opcode === 8 ? [frame(8)] : null) }],
    ['no answer to the close', { answer: ({ opcode }) => (opcode === 8 ? [] : null) }],
    [
      'messages before its close',
      { answer: ({ opcode }) => (opcode === 8 ? [frame(1, 'bye'), close(1001)] : null) },
    ],
  ];
  it.each(LEGAL)('%s is up', async (_, behaviour) => {
    const result = await probe(behaviour);
    expect(result.reasons).toEqual([]);
  });

  const BROKEN: readonly (readonly [string, Behaviour, string, string])[] = [
    [
      'a wrong accept key',
      { head: (fields) => void fields.set('Sec-WebSocket-Accept', 'abc=') },
      'protocol',
      'not the answer to our key',
    ],
    [
      'another protocol to switch to',
      { head: (fields) => void fields.set('Upgrade', 'h2c') },
      'protocol',
      'expected websocket',
    ],
    [
      'no Connection field',
      { head: (fields) => void fields.delete('Connection') },
      'protocol',
      'does not say Upgrade',
    ],
    [
      'an extension',
      { head: (fields) => void fields.set('Sec-WebSocket-Extensions', 'permessage-deflate') },
      'protocol',
      'nobody asked for',
    ],
    ['a masked frame', { greeting: [frame(1, '', { masked: 0x80 })] }, 'protocol', 'a masked frame'],
    ['reserved bits', { greeting: [frame(1, 'a', { first: 0x40 })] }, 'protocol', 'reserved bits'],
    ['an unknown kind', { greeting: [frame(3, 'a')] }, 'protocol', 'unknown kind 3'],
    ['an unknown control frame', { greeting: [frame(11, 'a')] }, 'protocol', 'unknown kind 11'],
    [
      'a control frame in parts',
      { greeting: [frame(9, 'a', { final: false })] },
      'protocol',
      'control frame in parts',
    ],
    [
      'a control frame that is too long',
      { greeting: [frame(9, 'a'.repeat(126))] },
      'protocol',
      'more than 125',
    ],
    ['a continuation of nothing', { greeting: [frame(0, 'a')] }, 'protocol', 'continuation of no message'],
    [
      'a message within a message',
      { greeting: [frame(1, 'a', { final: false }), frame(1, 'b')] },
      'protocol',
      'within another',
    ],
    ['text that is no UTF-8', { greeting: [frame(1, Buffer.from([0xff]))] }, 'protocol', 'no UTF-8'],
    ['half a close code', { greeting: [frame(8, 'a')] }, 'protocol', 'half a code'],
    [
      'a message that is too long',
      { greeting: [Buffer.from([0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0])] },
      'too_large',
      'max_message',
    ],
    [
      'a close for an internal error',
      { greeting: [close(1011, 'out of \x1b[31mdisk')] },
      'status',
      'closed with 1011 (internal error: out of',
    ],
    ['a close for policy', { greeting: [close(1008)] }, 'auth', 'closed with 1008'],
    ['a close to be tried later', { greeting: [close(1013)] }, 'overloaded', 'closed with 1013'],
    ['a close', { greeting: [close(1000)] }, 'closed', 'closed with 1000'],
    [
      'a close of its own kind',
      { greeting: [close(4001, 'bad token')] },
      'closed',
      'closed with 4001 (bad token)',
    ],
    ['no pong', { answer: ({ opcode }) => (opcode === 9 ? [] : null) }, 'timeout', 'did not answer'],
  ];
  it.each(BROKEN)('%s is down', async (_, behaviour, code, words) => {
    const result = await probe(behaviour);
    expect([result.status, result.reason?.code], result.reason?.text).toEqual(['down', code]);
    expect(result.reason?.text).toContain(words);
    expect(result.facts['status']).toBe(101);
  });

  it('close codes are facts, also of a close in the middle', async () => {
    const result = await probe({ greeting: [close(4001, 'bad token')] });
    expect(result.facts).toMatchObject({ close_code: 4001, close_reason: 'bad token' });
  });

  it('another status is a fact: not found, no login, a page, too busy', async () => {
    expect(verdict(await probe({ status: '404 Not Found' }))).toEqual(['down', 'status', 'expect']);
    expect(verdict(await probe({ status: '401 Unauthorized' }))).toEqual(['down', 'auth', 'auth']);
    expect((await probe({ status: '503 Busy' })).reason).toMatchObject({
      code: 'status',
      got: 503,
      fact: 'status',
    });
    expect((await probe({ status: '403 Forbidden' }, { expect: { status: [101, 403] } })).status).toBe('up');
  });

  it('a message that never comes is timeout, and says which', async () => {
    const result = await probe({}, { options: { dialogue: [{ expect: 'welcome' }] }, timeout_ms: 300 });
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol']);
    expect(result.reason?.text).toBe('no message with "welcome" came in time');
  });

  it('keeps no more than it says of a flood of messages', async () => {
    const result = await probe(
      { greeting: Array.from({ length: 3000 }, () => frame(1, 'spam'.repeat(20))) },
      { timeout_ms: 3000 },
    );
    expect(result.reasons).toEqual([]);
    expect(result.facts['messages']).toHaveLength(100);
  });

  it.each([
    [{ send: 'a', dialogue: [{ send: 'b' }] }, 'exclude each other'],
    [{ headers: { 'Sec-WebSocket-Key': 'a' } }, 'puptime sets it itself'],
    [{ subprotocol: 'a b' }, 'expected a name such as mqtt'],
    [{ dialogue: [{ expect: { matches: '(' } }] }, 'does not compile'],
  ])('%j is a mistake of the config', (options, words) => {
    expect(() => jobFor(ws, 'ws://127.0.0.1/', { options })).toThrow(words);
  });
});
