import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { sip } from '../../../../lib/probe/probers/sip.ts';
import { type DatagramPeer, answerDatagrams } from '../../../contract/datagram-peer.ts';
import { listen } from '../../../contract/misbehaving-server.ts';
import { jobFor, probeTarget } from '../../../contract/probe-target.ts';

const peers: DatagramPeer[] = [];
afterEach(() => {
  for (const peer of peers.splice(0)) peer.close();
});
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

/** The fields of a request that an answer repeats. */
const repeated = (request: string, change: (line: string) => string = (line) => line) =>
  request
    .split('\r\n')
    .filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line))
    .map(change);
const answer = (first: string, lines: readonly string[], end = '\r\n') => [first, ...lines, '', ''].join(end);

async function probe(
  said: (request: string) => string | readonly string[],
  { uri, timeout_ms = 3000 }: { readonly uri?: string; readonly timeout_ms?: number } = {},
) {
  const peer = await answerDatagrams((message) => {
    const answers = said(message.toString());
    return (typeof answers === 'string' ? [answers] : answers).map((one) => Buffer.from(one));
  });
  peers.push(peer);
  const result = await probeTarget(sip, `sip://127.0.0.1:${String(peer.port)}`, {
    ...(uri === undefined ? {} : { options: { uri } }),
    timeout_ms,
  });
  return { ...result, received: peer.received.map(String) };
}

describe('sip: a peer of ours, written from RFC 3261', () => {
  test('the question: whom it is for, where we are, once', async () => {
    const { received } = await probe((request) => answer('SIP/2.0 200 OK', repeated(request)), {
      uri: 'sip:a@b.example',
    });
    expect(received).toHaveLength(1);
    expect(received[0]).toMatch(
      /^OPTIONS sip:a@b\.example SIP\/2\.0\r\nVia: SIP\/2\.0\/UDP 127\.0\.0\.1:\d+;branch=z9hG4bK/,
    );
    expect(received[0]).toContain('\r\nMax-Forwards: 70\r\n');
    expect(received[0]).toMatch(/\r\nContent-Length: 0\r\n\r\n$/);
  });

  test.each<[string, (request: string) => string | readonly string[]]>([
    [
      'short names, lower case, folded lines',
      (request) =>
        answer(
          'SIP/2.0 200 Fine',
          repeated(request, (line) =>
            line
              .replace(/^Via: /, 'v:\r\n ')
              .replace(/^From/, 'f')
              .replace(/^To/, 't')
              .replace(/^Call-ID: /, 'i   :   ')
              .replace(/^CSeq/, 'cseq'),
          ),
        ),
    ],
    ['line ends without CR', (request) => answer('SIP/2.0 200 OK', repeated(request), '\n')],
    ['no words', (request) => answer('SIP/2.0 200', repeated(request))],
    ['202', (request) => answer('SIP/2.0 202 Accepted', repeated(request))],
    ['a body', (request) => `${answer('SIP/2.0 200 OK', [...repeated(request), 'Content-Length: 4'])}v=0\n`],
    ['line ends before it', (request) => ['\r\n\r\n', answer('SIP/2.0 200 OK', repeated(request))]],
    [
      'two Vias in a line',
      (request) =>
        answer(
          'SIP/2.0 200 OK',
          repeated(request, (line) =>
            line.startsWith('Via') ? `${line}, SIP/2.0/UDP other;branch=x` : line,
          ),
        ),
    ],
    [
      'answers to others before it',
      (request) => [
        answer(
          'SIP/2.0 500 No',
          repeated(request, (line) => line.replace('z9hG4bK', 'z9hG4bKx')),
        ),
        answer(
          'SIP/2.0 500 No',
          repeated(request, (line) => line.replace('CSeq: 1', 'CSeq: 2')),
        ),
        answer(
          'SIP/2.0 500 No',
          repeated(request, (line) => line.replace('Call-ID: ', 'Call-ID: x')),
        ),
        answer('SIP/2.0 500 No', []),
        answer('SIP/2.0 200 OK', repeated(request)),
      ],
    ],
    [
      'provisional answers before it',
      (request) => [
        answer('SIP/2.0 100 Trying', repeated(request)),
        answer('SIP/2.0 183 Progress', repeated(request)),
        answer('SIP/2.0 200 OK', repeated(request)),
      ],
    ],
  ])('%s: up', async (_, said) => {
    const result = await probe(said);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test('100 Trying alone: timeout', async () => {
    const result = await probe((request) => answer('SIP/2.0 100 Trying', repeated(request)), {
      timeout_ms: 400,
    });
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol', null]);
  });

  test('an answer that is shorter than it says: truncated', async () => {
    const result = await probe((request) => answer('SIP/2.0 200 OK', [...repeated(request), 'l: 9']));
    expect(verdict(result)).toEqual(['down', 'truncated', 'protocol', null]);
  });

  test.each([
    ['a request', 'OPTIONS sip:x SIP/2.0\r\n\r\n'],
    ['another version', 'SIP/3.0 200 OK\r\n\r\n'],
    ['a status of 700', 'SIP/2.0 700 OK\r\n\r\n'],
    ['a head without end', 'SIP/2.0 200 OK\r\nVia: x'],
    ['a line without colon', 'SIP/2.0 200 OK\r\nwhat\r\n\r\n'],
  ])('%s is protocol, at once', async (_, said) => {
    expect(verdict(await probe(() => said))).toEqual(['down', 'protocol', 'protocol', null]);
  });

  test('503 with Retry-After, and who it is when it says so as a client does', async () => {
    const result = await probe((request) =>
      answer('SIP/2.0 503 Maintenance', [
        ...repeated(request),
        'Retry-After: 120 (soon)',
        'User-Agent: PBX 1',
      ]),
    );
    expect(verdict(result)).toEqual(['down', 'overloaded', 'expect', 'status']);
    expect(result.facts).toMatchObject({ retry_after_s: 120, server: 'PBX 1', reason: 'Maintenance' });
  });

  test('over TCP: a body that never ends is too_large, line ends alone too', async () => {
    for (const said of ['SIP/2.0 200 OK\r\nContent-Length: 99999999\r\n\r\n', '\r\n'.repeat(40_000)]) {
      const peer = await listen((socket) => void socket.write(said));
      const result = await probeTarget(sip, `sip+tcp://127.0.0.1:${String(peer.port)}`);
      await peer.close();
      expect(verdict(result)).toEqual(['down', 'too_large', 'protocol', null]);
    }
  });

  test('what the config may not say', () => {
    expect(() => jobFor(sip, 'sip://a:b@127.0.0.1')).toThrow('takes no password');
    expect(() => jobFor(sip, 'sip://127.0.0.1', { options: { uri: 'tel:1\r\nX: y' } })).toThrow('sip:pbx');
  });
});
