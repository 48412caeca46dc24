import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { irc } from '../../../../lib/probe/probers/irc.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { until } from '../../../servers/daemon.ts';

const peers: Peer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});

type Script = { readonly [command: string]: string };
const WELCOME = ':irc.x 001 puptime :Welcome\r\n';
const HEALTHY: Script = { 'PING :puptime-end': ':irc.x PONG irc.x :puptime-end\r\n', USER: WELCOME };

/** A little server from RFC 2812 and IRCv3 for what ngircd does not say. */
async function probe(script: Script, userinfo = '') {
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
        socket.write(known === undefined ? '' : (said[known] ?? ''));
      }
    });
  });
  peers.push(peer);
  const result = await probeTarget(irc, `irc://${userinfo}127.0.0.1:${String(peer.port)}`, {
    timeout_ms: 1500,
    options: userinfo === '' ? {} : { allow_plaintext: true },
  });
  return { result, heard };
}
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];

describe('irc against a little peer', () => {
  test('what is said: who we are, PONG before the welcome, a goodbye', async () => {
    const { result, heard } = await probe({ USER: 'PING :cookie 1\r\n', 'PONG :cookie 1': WELCOME });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    await until('the goodbye', () => heard.includes('QUIT :puptime'));
    expect(heard).toEqual([
      'NICK puptime',
      'USER puptime 0 * :puptime',
      'PONG :cookie 1',
      'PING :puptime-end',
      'QUIT :puptime',
    ]);
  });

  test.each([
    [
      'notices before the welcome',
      { greeting: ':irc.x NOTICE * :*** Looking up\r\n\r\nNOTICE AUTH :hi\r\n' },
    ],
    ['tags, and numbers that nobody knows', { greeting: '@time=1;x :irc.x 020 * :wait\r\n' }],
    ['lower case and line ends without a carriage return', { USER: 'ping :1\n:irc.x 001 puptime :hi\n' }],
    ['a long welcome', { USER: WELCOME + ':irc.x 372 puptime :motd\r\n'.repeat(1000) }],
    [
      'no invisible users',
      { USER: `${WELCOME}:irc.x 251 p :There are 5 users and 0 services on 1 servers\r\n` },
    ],
  ])('legal: %s', async (_what, script) => {
    const { result } = await probe(script);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test('counts', async () => {
    const { result } = await probe({
      USER: `${WELCOME}:irc.x 005 p CHANTYPES=# NETWORK=Net :are supported\r\n:irc.x 251 p :There are 5 users and 2 invisible on 3 servers\r\n:irc.x 254 p 9 :channels formed\r\n:irc.x 255 p :I have 4 users and 1 servers\r\n`,
    });
    expect(result.facts).toMatchObject({ users: 7, servers: 3, channels: 9, local_users: 4, network: 'Net' });
  });

  test.each([
    [
      'full',
      { greeting: 'ERROR :Closing Link: [1.2.3.4] (Too many connections from your host)\r\n' },
      'overloaded',
    ],
    ['throttled', { USER: 'ERROR :Trying to reconnect too fast.\r\n' }, 'overloaded'],
    ['banned', { USER: ':irc.x 465 p :You are banned\r\nERROR :Closing Link\r\n' }, 'auth'],
    ['K-lined', { USER: 'ERROR :Closing Link: x (K-Lined)\r\n' }, 'auth'],
    ['shutting down', { USER: 'ERROR :Closing Link: x (Server going down)\r\n' }, 'status'],
    ['no nick at all', { NICK: ':irc.x 433 * puptime :in use\r\n', USER: '' }, 'status'],
    ['closed after the welcome', { 'PING :puptime-end': 'ERROR :Closing Link: bye\r\n' }, 'status'],
    ['a number of nobody', { greeting: '220 hello\r\n' }, 'protocol'],
    ['no command', { greeting: ':irc.x\r\n' }, 'protocol'],
    ['endless notices', { greeting: ':x NOTICE * :hm\r\n'.repeat(600), USER: '' }, 'protocol'],
  ] as const)('broken: %s', async (_what, script, code) => {
    const { result } = await probe(script);
    expect([result.status, result.reason?.code], result.reason?.text).toEqual(['down', code]);
  });

  const SASL: Script = {
    'CAP REQ': ':irc.x CAP * ACK :sasl\r\n',
    'AUTHENTICATE PLAIN': 'AUTHENTICATE +\r\n',
    [`AUTHENTICATE ${Buffer.from('\0me\0secret').toString('base64')}`]: ':irc.x 903 p :ok\r\n',
    AUTHENTICATE: ':irc.x 904 p :SASL authentication failed\r\n',
    'CAP END': WELCOME,
    USER: '',
  };

  test('a login by SASL: right, wrong, not offered', async () => {
    const right = await probe(SASL, 'me:secret@');
    expect(right.result.status, JSON.stringify(right.result.reasons)).toBe('up');
    expect(verdict((await probe(SASL, 'me:wrong@')).result)).toEqual(['down', 'auth', 'auth']);
    const none = await probe({ ...SASL, 'CAP REQ': ':irc.x CAP * NAK :sasl\r\n' }, 'me:secret@');
    expect(verdict(none.result)).toEqual(['down', 'auth', 'auth']);
  });

  test('a login of exactly 400 characters ends with an empty piece', async () => {
    const { heard } = await probe({ ...SASL, AUTHENTICATE: '' }, `me:${'x'.repeat(296)}@`);
    expect(heard.at(-1)).toBe('AUTHENTICATE +');
  });

  test.each([
    ['irc://:secret@h', {}],
    ['irc://me:secret@h', {}],
    ['ircs://me@h', {}],
    ['ircs://h', { nick: 'a b' }],
    ['ircs://h', { nick: '1a' }],
    ['ircs://:a%0Ab@h', {}],
  ])('%s %j is a mistake', (target, options) => {
    expect(() => jobFor(irc, target, { options })).toThrow(/expected|line end/);
  });
});
