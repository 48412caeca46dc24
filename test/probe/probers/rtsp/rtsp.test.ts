import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { rtsp } from '../../../../lib/probe/probers/rtsp.ts';
import type { Peer } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { startPeer } from '../../../servers/secure-peer.ts';

const peers: Peer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

const SDP = 'v=0\r\ns=Front door\r\nm=video 0 RTP/AVP 96\r\na=control:track1\r\nm=audio 0 RTP/AVP 0\r\n';

interface Request {
  readonly method: string;
  readonly url: string;
  readonly cseq: string;
  readonly authorization: string | null;
}

interface Camera {
  /** what it offers to log in with, user `me`, password `secret` */
  readonly login?: 'digest' | 'basic' | 'other';
  /** answers instead: the whole text, TAG is the CSeq */
  readonly says?: (request: Request) => string | null;
}

const OFFERS = { digest: 'Digest realm="cam", nonce="n1"', basic: 'Basic realm="cam"', other: 'Bearer' };

function answerOf(request: Request, { login, says }: Camera): string {
  const { method, url, cseq, authorization } = request;
  const answer = (first: string, lines: readonly string[] = [], body = '') =>
    [`RTSP/1.0 ${first}`, `CSeq: ${cseq}`, 'Server: Cam/1', ...lines, '', body].join('\r\n');
  const own = says?.(request) ?? null;
  if (own !== null) return own.replaceAll('TAG', cseq);
  if (method === 'OPTIONS') return answer('200 OK', ['Public: OPTIONS, describe, PLAY']);
  if (login !== undefined) {
    const hash = (text: string) => createHash('md5').update(text).digest('hex');
    const response = hash(`${hash('me:cam:secret')}:n1:${hash(`${method}:${url}`)}`);
    const right =
      login === 'digest'
        ? authorization?.includes(`response="${response}"`)
        : authorization === `Basic ${Buffer.from('me:secret').toString('base64')}`;
    if (right !== true) return answer('401 Unauthorized', [`WWW-Authenticate: ${OFFERS[login]}`]);
  }
  if (!url.endsWith('/stream1')) return answer('404 Stream Not Found');
  return answer('200 OK', ['Content-Type: application/sdp', `Content-Length: ${String(SDP.length)}`], SDP);
}

const heard: string[] = [];
const serve = (camera: Camera) => (socket: Socket) => {
  let unread = '';
  socket.on('data', (data) => {
    const requests = (unread + data.toString()).split('\r\n\r\n');
    unread = requests.pop() ?? '';
    for (const text of requests) {
      heard.push(text);
      const [, method = '', url = ''] = /^(\S+) (\S+) RTSP\/1\.0/.exec(text) ?? [];
      const cseq = /\r\nCSeq: (\d+)/.exec(text)?.[1] ?? '';
      const authorization = /\r\nAuthorization: (.*)/.exec(text)?.[1] ?? null;
      socket.write(answerOf({ method, url, cseq, authorization }, camera));
    }
  });
};
async function probe(camera: Camera, rest = '/stream1', entry: Entry = {}, userinfo = ''): Promise<Result> {
  heard.splice(0);
  const peer = await startPeer(serve(camera));
  peers.push(peer);
  return probeTarget(rtsp, `rtsp://${userinfo}127.0.0.1:${String(peer.port)}${rest}`, entry);
}

describe('rtsp: a camera of ours, written from RFC 2326', () => {
  proberContract({
    prober: rtsp,
    target: (port) => `rtsp://127.0.0.1:${String(port)}/stream1`,
    tlsTarget: (port) => `rtsps://127.0.0.1:${String(port)}/stream1`,
    healthy: () => startPeer(serve({})),
  });

  test('without a path: OPTIONS alone', async () => {
    const result = await probe({}, '');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      status: 200,
      server: 'Cam/1',
      methods: ['OPTIONS', 'DESCRIBE', 'PLAY'],
    });
    expect(heard).toHaveLength(1);
  });

  test('with a path: what the stream is', async () => {
    const result = await probe({}, '/stream1', { keep: ['description'] });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ title: 'Front door', media: ['video', 'audio'] });
    expect(result.facts['description']).toContain('track1');
    expect(heard.map((request) => /CSeq: (\d+)/.exec(request)?.[1])).toEqual(['1', '2']);
  });

  test('no such stream: 404, with what was seen before', async () => {
    const result = await probe({}, '/other');
    expect(verdict(result)).toEqual(['down', 'status', 'expect', 'status']);
    expect(result.facts).toMatchObject({ status: 404, reason: 'Stream Not Found', server: 'Cam/1' });
  });

  test.each<[string, string, Entry, NonNullable<Camera['login']>, unknown[]]>([
    ['Digest', 'me:secret@', {}, 'digest', ['up', undefined, undefined, undefined]],
    ['Digest, wrong', 'me:wrong@', {}, 'digest', ['down', 'auth', 'expect', 'status']],
    ['Digest, none', '', {}, 'digest', ['down', 'auth', 'expect', 'status']],
    ['Basic in the clear', 'me:secret@', {}, 'basic', ['down', 'auth', 'auth', null]],
    [
      'Basic, allowed',
      'me:secret@',
      { options: { allow_plaintext: true } },
      'basic',
      ['up', undefined, undefined, undefined],
    ],
    ['another mechanism', 'me:secret@', {}, 'other', ['down', 'auth', 'auth', null]],
  ])('login: %s', async (_, userinfo, entry, login, expected) => {
    const result = await probe({ login }, '/stream1', entry, userinfo);
    expect(verdict(result)).toEqual(expected);
    if (entry.options === undefined) expect(heard.join()).not.toContain('Basic');
  });

  test.each([
    ['453 Not Enough Bandwidth', 'overloaded'],
    ['503 Service Unavailable', 'overloaded'],
    ['403 Forbidden', 'auth'],
    ['500 Internal Server Error', 'status'],
    ['301 Moved', 'status'],
  ])('%s is %s', async (first, code) => {
    const says = () => `RTSP/1.0 ${first}\r\nCSeq: TAG\r\nLocation: rtsp://other/\r\n\r\n`;
    const result = await probe({ says });
    expect(verdict(result)).toEqual(['down', code, 'expect', 'status']);
    expect(result.facts['location']).toBe('rtsp://other/');
    expect(heard).toHaveLength(1);
  });

  test.each<[string, (request: Request) => string | null]>([
    [
      'lower case, line ends without CR, a folded line, no words',
      ({ method }) => (method === 'OPTIONS' ? 'rtsp/1.0 200\ncseq: TAG\npublic: A,\n B\n\n' : null),
    ],
    ['100 Continue before it', () => null],
    [
      '405 to OPTIONS',
      ({ method }) => (method === 'OPTIONS' ? 'RTSP/1.0 405 No\r\nCSeq: TAG\r\n\r\n' : null),
    ],
  ])('%s: up', async (name, own) => {
    const says = (request: Request) =>
      name.startsWith('100')
        ? `RTSP/1.0 100 Continue\r\nCSeq: TAG\r\n\r\n${answerOf(request, {})}`
        : own(request);
    const result = await probe({ says });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test.each([
    ['an answer to another request', 'RTSP/1.0 200 OK\r\nCSeq: 77\r\n\r\n', 'protocol'],
    ['a success without CSeq', 'RTSP/1.0 200 OK\r\n\r\n', 'protocol'],
    ['what is asked, sent back', 'OPTIONS rtsp://x RTSP/1.0\r\nCSeq: TAG\r\n\r\n', 'protocol'],
    ['a body without end', 'RTSP/1.0 200 OK\r\nCSeq: TAG\r\nContent-Length: 99999999\r\n\r\n', 'too_large'],
  ])('%s is %s', async (_, said, code) => {
    expect(verdict(await probe({ says: () => said }))).toEqual(['down', code, 'protocol', null]);
  });

  test('a user without password is refused by the config', () => {
    expect(() => jobFor(rtsp, 'rtsp://me@127.0.0.1/')).toThrow('a login needs both');
  });
});

describeWith(['openssl'], 'rtsps', () => {
  tlsContract({
    prober: rtsp,
    name: 'rtsps',
    target: (port) => `rtsps://localhost:${String(port)}/stream1`,
    start: (certificate) => startPeer(serve({}), certificate),
  });
});
