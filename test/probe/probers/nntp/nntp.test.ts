import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { nntp } from '../../../../lib/probe/probers/nntp.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { until } from '../../../servers/daemon.ts';

const peers: Peer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});

type Script = { readonly [command: string]: string };
const HEALTHY: Script = {
  greeting: '200 news.example.org\r\n',
  CAPABILITIES: '101 list\r\nVERSION 2\r\nREADER\r\n.\r\n',
  GROUP: '211 12 3 15 g\r\n',
  QUIT: '205 bye\r\n',
};

/** A little server from RFC 3977 for what nnrpd does not say. */
async function probe(script: Script, path = '/g', userinfo = '', entry: Entry = {}) {
  const said = { ...HEALTHY, ...script };
  const heard: string[] = [];
  const peer = await listen((socket) => {
    socket.write(said['greeting'] ?? '');
    let unread = '';
    socket.on('data', (data) => {
      const lines = (unread + data.toString()).split('\r\n');
      unread = lines.pop() ?? '';
      for (const line of lines) {
        heard.push(line);
        const known = Object.keys(said).find((command) => line.startsWith(command));
        socket.write(known === undefined ? '500 what?\r\n' : (said[known] ?? ''));
      }
    });
  });
  peers.push(peer);
  const result = await probeTarget(nntp, `nntp://${userinfo}127.0.0.1:${String(peer.port)}${path}`, {
    timeout_ms: 2000,
    ...entry,
  });
  return { result, heard };
}
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];

describe('nntp against a little peer', () => {
  test('what is said, and the goodbye', async () => {
    const { result, heard } = await probe({});
    expect(result.facts).toMatchObject({ articles: 12, first: 3, last: 15, found: true });
    await until('the goodbye', () => heard.includes('QUIT'));
    expect(heard).toEqual(['CAPABILITIES', 'GROUP g', 'QUIT']);
  });

  test.each([
    ['no posting', { greeting: '201 read only\r\n' }],
    ['no CAPABILITIES', { CAPABILITIES: '500 what?\r\n' }],
    ['lower case, dots doubled', { CAPABILITIES: '101 list\r\nversion 2\r\n..odd\r\n.\r\n' }],
    [
      'a server for servers is told that we read',
      { CAPABILITIES: '101 list\r\nMODE-READER\r\n.\r\n', 'MODE READER': '201 fine\r\n' },
    ],
    ['line ends without a carriage return', { greeting: '200 hello\n', GROUP: '211 0 0 0 g\n' }],
  ])('legal: %s', async (_what, script) => {
    const { result } = await probe(script);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test.each([
    ['400 too many', { greeting: '400 Too many connections\r\n' }, 'overloaded', 'protocol'],
    ['400 other', { greeting: '400 closed for repair\r\n' }, 'status', 'protocol'],
    ['502 not for you', { greeting: '502 no permission\r\n' }, 'status', 'protocol'],
    ['480 a login is wanted', { GROUP: '480 who are you?\r\n' }, 'auth', 'auth'],
    ['400 in the middle', { GROUP: '400 server load\r\n' }, 'overloaded', 'protocol'],
    ['a count that is none', { GROUP: '211 many\r\n' }, 'protocol', 'protocol'],
    [
      'no readers',
      { CAPABILITIES: '101 l\r\nMODE-READER\r\n.\r\n', 'MODE READER': '502 no\r\n' },
      'status',
      'protocol',
    ],
    [
      'STARTTLS refused',
      { CAPABILITIES: '101 l\r\nSTARTTLS\r\n.\r\n', STARTTLS: '580 no\r\n' },
      'tls_handshake',
      'tls',
    ],
    [
      'injected',
      { CAPABILITIES: '101 l\r\nSTARTTLS\r\n.\r\n', STARTTLS: '382 go\r\n200 hello\r\n' },
      'protocol',
      'tls',
    ],
    ['mail', { greeting: '220 mail ESMTP\r\n' }, 'protocol', 'protocol'],
    ['an endless list', { CAPABILITIES: `101 l\r\n${'X\r\n'.repeat(600)}` }, 'too_large', 'protocol'],
  ] as const)('broken: %s', async (_what, script, code, phase) => {
    const { result } = await probe(script);
    expect(verdict(result), result.reason?.text).toEqual(['down', code, phase]);
  });

  const plain = { options: { allow_plaintext: true, starttls: 'never' } };
  test('without TLS a mechanism that does not show the password goes first', async () => {
    const { result, heard } = await probe(
      {
        CAPABILITIES: '101 l\r\nAUTHINFO USER SASL\r\nSASL PLAIN CRAM-MD5\r\n.\r\n',
        'AUTHINFO SASL CRAM-MD5': `383 ${Buffer.from('<1@x>').toString('base64')}\r\n`,
        bWUg: '281 welcome\r\n',
      },
      '',
      'me:secret@',
      plain,
    );
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(heard).toContain('AUTHINFO SASL CRAM-MD5');
    expect(heard.join(' ')).not.toContain('secret');
  });

  test.each([
    ['281 at once', { 'AUTHINFO USER': '281 fine\r\n' }, 'up', undefined],
    ['a password', { 'AUTHINFO USER': '381 and?\r\n', 'AUTHINFO PASS': '281 fine\r\n' }, 'up', undefined],
    ['481', { 'AUTHINFO USER': '381 and?\r\n', 'AUTHINFO PASS': '481 no\r\n' }, 'down', 'auth'],
    ['483', { 'AUTHINFO USER': '483 TLS first\r\n' }, 'down', 'auth'],
    ['its store is gone', { 'AUTHINFO USER': '403 internal fault\r\n' }, 'down', 'status'],
  ] as const)('a login: %s', async (_what, script, status, code) => {
    const { result } = await probe(script, '', 'me:secret@', plain);
    expect([result.status, result.reason?.code]).toEqual([status, code]);
  });

  test.each(['nntp://h/a%0Ab', 'nntp://h/a%20b', 'nntp://u@h'])('%s is a mistake', (target) => {
    expect(() => jobFor(nntp, target)).toThrow(/expected/);
  });
});
