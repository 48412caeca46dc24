import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { InvalidOptions } from '../../../../lib/probe/prober.ts';
import { postgres } from '../../../../lib/probe/probers/postgres.ts';
import type { Traced } from '../../../../lib/probe/wire/trace.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';

const NO_TLS: Entry = { options: { starttls: 'never' }, timeout_ms: 3000 };
let peer: Peer | null = null;
afterEach(() => peer?.close());

/** A server that says these, one after each thing that it hears; the last one again and again. */
async function saying(answers: readonly (Buffer | string)[], entry: Entry = NO_TLS, login = 'u:pw@') {
  peer = await listen((socket: Socket) => {
    let turn = 0;
    socket.on('data', () => {
      const answer = answers[turn] ?? '';
      turn += 1;
      socket.write(typeof answer === 'string' ? Buffer.from(answer, 'latin1') : answer);
    });
  });
  return probeTarget(postgres, `postgres://${login}127.0.0.1:${String(peer.port)}/db`, entry);
}

/** A message of the server. */
function message(type: string, body: Buffer | string = ''): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const head = Buffer.alloc(5, type);
  head.writeUInt32BE(bytes.length + 4, 1);
  return Buffer.concat([head, bytes]);
}

const request = (code: number, data = '') =>
  message('R', Buffer.concat([Buffer.from([0, 0, 0, code]), Buffer.from(data)]));
const error = (fields: { readonly [name: string]: string }) =>
  message(
    'E',
    `${Object.entries(fields)
      .map(([name, value]) => `${name}${value}\0`)
      .join('')}\0`,
  );
const READY = message('Z', 'I');
const WELCOME = Buffer.concat([request(0), message('S', 'server_version\x0016.1\0'), READY]);
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];

describe('a peer written from the description of the protocol', () => {
  test.each<[string, readonly (Buffer | string)[], Entry, readonly string[], string]>([
    ['bytes before the TLS handshake', ['S\x16\x03'], {}, ['protocol', 'tls'], 'may be injected'],
    ['a yes that goes on as SSH', ['SSH-2.0-x\r\n'], {}, ['protocol', 'protocol'], 'SSH-2.0-x'],
    [
      'an error of old instead of a yes',
      ['Ecould not fork new process for connection: No memory\n\0'],
      {},
      ['overloaded', 'protocol'],
      'No memory',
    ],
    [
      'an error of today instead of a yes',
      [error({ S: 'FATAL', C: '53300', M: 'full' })],
      {},
      ['overloaded', 'protocol'],
      '53300 full',
    ],
    ['what begins like an error', ['ERROR\r\n\0'], {}, ['protocol', 'protocol'], 'does not speak PostgreSQL'],
    ['a length that is too small', ['R\0\0\0\x01'], NO_TLS, ['protocol', 'protocol'], 'without a length'],
    ['a length that is too great', ['R\x7f\0\0\0'], NO_TLS, ['too_large', 'protocol'], '2130706428 bytes'],
    ['a request without a code', [message('R', 'a')], NO_TLS, ['protocol', 'auth'], 'no known form'],
    ['a request for Kerberos', [request(7)], NO_TLS, ['auth', 'auth'], 'by gss'],
    ['a request that nobody knows', [request(99)], NO_TLS, ['auth', 'auth'], 'method 99'],
    [
      'SCRAM by another hash alone',
      [request(10, 'SCRAM-SHA-1\0\0')],
      NO_TLS,
      ['auth', 'auth'],
      'SCRAM-SHA-1',
    ],
    ['no mechanism at all', [request(10, '\0')], NO_TLS, ['auth', 'auth'], 'offers nothing'],
    [
      'SCRAM with a nonce of its own',
      [request(10, 'SCRAM-SHA-256\0\0'), request(11, 'r=mine,s=c2FsdA==,i=4096')],
      NO_TLS,
      ['protocol', 'auth'],
      'nonce',
    ],
    [
      'a welcome in the middle of SCRAM',
      [request(10, 'SCRAM-SHA-256\0\0'), WELCOME],
      NO_TLS,
      ['protocol', 'auth'],
      'before it proved',
    ],
    [
      'a proof without a login',
      [request(12, 'v=AAAA')],
      NO_TLS,
      ['protocol', 'auth'],
      'the last step of SCRAM',
    ],
    [
      'a parameter without its end',
      [Buffer.concat([request(0), message('S', 'x')])],
      NO_TLS,
      ['protocol', 'auth'],
      'end',
    ],
    ['the bare password wanted', [request(3)], NO_TLS, ['auth', 'auth'], 'not sent without TLS'],
    [
      'a row that ends early',
      [WELCOME, message('D', '\0\x05')],
      NO_TLS,
      ['protocol', 'protocol'],
      'ends too early',
    ],
    ['an error without a code', [error({ M: 'odd' })], NO_TLS, ['status', 'protocol'], 'odd'],
    [
      'a full disk',
      [WELCOME, Buffer.concat([error({ S: 'ERROR', C: '53100', M: 'full' }), READY])],
      NO_TLS,
      ['overloaded', 'protocol'],
      'full disk',
    ],
    [
      'broken data',
      [WELCOME, Buffer.concat([error({ S: 'ERROR', C: 'XX001', M: 'bad' }), READY])],
      NO_TLS,
      ['status', 'protocol'],
      'XX001 bad',
    ],
    [
      'shutting down',
      [error({ V: 'FATAL', C: '57P01', M: 'bye' })],
      NO_TLS,
      ['status', 'protocol'],
      'is shutting down',
    ],
    [
      'starting, in another language',
      [error({ S: 'FATAL', V: 'FATAL', C: '57P03', M: 'startet gerade' })],
      NO_TLS,
      ['loading', 'expect'],
      'loading',
    ],
  ])('%s', async (_, answers, entry, [code, phase], text) => {
    const result = await saying(answers, { timeout_ms: 3000, ...entry });
    expect(verdict(result), result.reason?.text).toEqual(['down', code, phase]);
    expect(result.reason?.text).toContain(text);
  });

  test('a server that does not know the password itself is none of ours', async () => {
    peer = await listen((socket) => {
      let turn = 0;
      socket.on('data', (data) => {
        turn += 1;
        if (turn === 1) socket.write(request(10, 'SCRAM-SHA-256\0SCRAM-SHA-256-PLUS\0\0'));
        const [, nonce = ''] = /r=([^,]+)/.exec(data.toString()) ?? [];
        if (turn === 2) socket.write(request(11, `r=${nonce}more,s=c2FsdA==,i=4096`));
        if (turn === 3) socket.write(Buffer.concat([request(12, `v=${'A'.repeat(43)}=`), WELCOME]));
      });
    });
    const result = await probeTarget(postgres, `postgres://u:pw@127.0.0.1:${String(peer.port)}/db`, NO_TLS);
    expect(verdict(result)).toEqual(['down', 'protocol', 'auth']);
    expect(result.reason?.text).toContain('does not know the password itself');
  });

  test('one that asks for a billion rounds is not obeyed', async () => {
    peer = await listen((socket) => {
      socket.once('data', () => socket.write(request(10, 'SCRAM-SHA-256\0\0')));
      socket.on('data', (data) => {
        const [, nonce = ''] = /r=([^,]+)/.exec(data.toString()) ?? [];
        if (nonce !== '') socket.write(request(11, `r=${nonce}more,s=c2FsdA==,i=1000000000`));
      });
    });
    const result = await probeTarget(postgres, `postgres://u:pw@127.0.0.1:${String(peer.port)}/db`, NO_TLS);
    expect(verdict(result)).toEqual(['down', 'protocol', 'auth']);
    expect(result.reason?.text).toContain('rounds');
  });

  test('a relative that knows none of the functions is up, with what it tells', async () => {
    const unknown = Buffer.concat([
      error({ S: 'ERROR', V: 'ERROR', C: '42883', M: 'no such function' }),
      READY,
    ]);
    const notice = message('N', 'SNOTICE\0Mhello\0\0');
    const welcome = Buffer.concat([notice, message('v', Buffer.alloc(8)), request(0), notice, READY]);
    const result = await saying([welcome, unknown]);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.output).toContain('42883 no such function');
    expect(result.facts).toMatchObject({ authentication: 'trust', loading: false });
  });

  test('parameters, notices and notifications between the rows', async () => {
    const column = (type: number) =>
      Buffer.concat([Buffer.from('c\0'), Buffer.alloc(9), Buffer.from([type]), Buffer.alloc(8)]);
    const types = message('T', Buffer.concat([Buffer.from([0, 2]), column(16), column(16)]));
    const row = message('D', Buffer.from('\0\x02\0\0\0\x01t\0\0\0\x01f', 'latin1'));
    const between = [message('N', 'Mhello\0\0'), message('S', 'a\0b\0'), message('A', '\0\0\0\x01c\0p\0')];
    const answer = Buffer.concat([
      ...between,
      types,
      ...between,
      row,
      ...between,
      message('C', 'SELECT 1\0'),
    ]);
    const result = await saying([WELCOME, Buffer.concat([answer, answer, READY, ...between])]);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ version: '16.1', role: 'replica' });
  });

  test('no transcript shows the password', async () => {
    const said: string[] = [];
    const trace = (entry: Traced) => {
      if (entry.kind === 'sent') said.push(Buffer.from(entry.bytes).toString('latin1'));
    };
    peer = await listen((socket) => {
      socket.once('data', () => socket.write(request(3)));
      socket.on('data', (data) => {
        if (data[0] === 0x70) socket.write(WELCOME);
        if (data[0] === 0x51) socket.write(READY);
      });
    });
    const target = `postgres://u:se%20cret@127.0.0.1:${String(peer.port)}/db`;
    const options = { starttls: 'never', allow_plaintext: true };
    const { status } = await probeTarget(postgres, target, { options }, { trace });
    expect(status).toBe('up');
    expect(said.join('\n')).not.toContain('se cret');
    expect(said).toContain('***');
  });

  test('rows without end: too_large', async () => {
    peer = await listen((socket) => {
      const row = message('D', Buffer.concat([Buffer.from([0, 1, 0, 1, 0, 0]), Buffer.alloc(65_536, 'x')]));
      const pour = () => {
        while (!socket.destroyed && socket.write(row));
      };
      socket.once('data', () => {
        socket.write(WELCOME);
        socket.once('data', () => {
          socket.on('drain', pour);
          pour();
        });
      });
    });
    const target = `postgres://u:pw@127.0.0.1:${String(peer.port)}/db`;
    const result = await probeTarget(postgres, target, { ...NO_TLS, timeout_ms: 20_000 });
    expect(verdict(result)).toEqual(['down', 'too_large', 'protocol']);
  });
});

describe('mistakes of the user', () => {
  test.each([
    ['postgres://:pw@db.example.org', {}, 'target', 'a password but no user'],
    ['postgres://u%00:pw@db.example.org', {}, 'target', '%00'],
    ['postgres://db.example.org/x?sslmode=require', {}, 'target', '?sslmode=, expected nothing'],
    ['postgres://db.example.org/x', { query: 'SELECT 1' }, 'query', 'it needs a user'],
  ])('%s with %j', (target, options, key, text) => {
    const attempt = () => jobFor(postgres, target, { options });
    expect(attempt).toThrow(InvalidOptions);
    expect(attempt).toThrow(text);
    expect(attempt).toThrow(expect.objectContaining({ key }) as Error);
  });
});
