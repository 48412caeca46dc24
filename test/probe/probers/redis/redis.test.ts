import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { redis } from '../../../../lib/probe/probers/redis.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';

const peers: Peer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});

/** A peer that answers the first bytes it gets with this. Source of the replies: redis.io, redis/src. */
async function answering(replies: string, { close = false } = {}): Promise<number> {
  const peer = await listen((socket) => {
    socket.once('data', () => (close ? socket.end(replies) : socket.write(replies)));
  });
  peers.push(peer);
  return peer.port;
}

const bulk = (text: string) => `$${String(Buffer.byteLength(text))}\r\n${text}\r\n`;
const MASTER = bulk('# Server\r\nredis_version:7.0.15\r\n\r\n# Replication\r\nrole:master\r\n');
const probe = async (replies: string, userinfo = '', path = '', entry: Entry = {}) =>
  probeTarget(redis, `redis://${userinfo}127.0.0.1:${String(await answering(replies))}${path}`, {
    timeout_ms: 500,
    ...entry,
  });
const verdict = ({ status, reason }: Result) => [status, reason?.code ?? null, reason?.phase ?? null];

describe('what an error reply says', () => {
  test.each([
    ['-NOAUTH Authentication required.', 'auth', 'auth'],
    ["-NOPERM this user has no permissions to run the 'ping' command", 'auth', 'auth'],
    ['-DENIED Redis is running in protected mode because', 'auth', 'auth'],
    ['-ERR max number of clients reached', 'overloaded', 'protocol'],
    ['-BUSY Redis is busy running a script.', 'overloaded', 'protocol'],
    ["-READONLY You can't write against a read only replica.", 'read_only', 'protocol'],
    ["-ERR unknown command 'PING'", 'status', 'protocol'],
    ['-', 'status', 'protocol'],
  ])('%s to PING', async (reply, code, phase) => {
    expect(verdict(await probe(`${reply}\r\n`))).toEqual(['down', code, phase]);
  });

  test.each([
    ['-ERR invalid password', 'refused the password'],
    ['-WRONGPASS invalid username-password pair or user is disabled.', 'WRONGPASS'],
    ['-ERR Client sent AUTH, but no password is set', 'has no password'],
    ['-ERR AUTH <password> called without any password configured for the default user.', 'has no password'],
    ["-ERR wrong number of arguments for 'auth' command", 'knows no user names'],
  ])('%s to AUTH is auth', async (reply, words) => {
    const result = await probe(`${reply}\r\n`, 'user:secret@');
    expect(verdict(result)).toEqual(['down', 'auth', 'auth']);
    expect(result.reason?.text).toContain(words);
  });

  test.each([
    ['-LOADING Redis is loading the dataset in memory', 'loading', 'loading'],
    [
      "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
      'replication',
      'link',
    ],
    [
      "-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist",
      'read_only',
      'writable',
    ],
  ])('%s to PING is a fact, which the config may overrule', async (reply, code, fact) => {
    const replies = `${reply}\r\n-NOPERM no INFO for you\r\n`;
    const result = await probe(replies);
    expect(verdict(result)).toEqual(['down', code, 'expect']);
    expect(result.reason?.fact).toBe(fact);
    const overruled = await probe(replies, '', '', {
      expect: { [fact]: { exists: true } },
      prefer: { persistence_ok: { any_of: [true, false, { exists: false }] } },
    });
    expect(overruled.status, JSON.stringify(overruled.reasons)).toBe('up');
  });

  test('an error that repeats the command does not spread the password', async () => {
    const reply = "-ERR unknown command 'AUTH', with args beginning with: 'hunter22' \r\n";
    const result = await probe(reply, ':hunter22@');
    expect(result.status).toBe('down');
    expect(JSON.stringify(result.reasons)).not.toContain('hunter22');
  });

  test('an error sent before anything was asked, and hung up after, is told all the same', async () => {
    const peer = await listen((socket) => socket.end('-ERR max number of clients reached\r\n'));
    peers.push(peer);
    const result = await probeTarget(redis, `redis://:secret@127.0.0.1:${String(peer.port)}`);
    expect(verdict(result)).toEqual(['down', 'overloaded', 'protocol']);
  });
});

describe('answers that are none', () => {
  test.each([
    ['another status', '+HELLO\r\n', 'protocol'],
    ['a number', ':1\r\n', 'protocol'],
    ['nothing', '$-1\r\n', 'protocol'],
    ['a list', '*1\r\n+PONG\r\n', 'protocol'],
    ['RESP3', '%1\r\n+a\r\n+b\r\n', 'protocol'],
    ['a length that is no number', '$x\r\n', 'protocol'],
    ['a POP3 greeting', '+OK Dovecot ready.\r\n', 'protocol'],
    ['an IMAP greeting', '* OK ready\r\n', 'protocol'],
    ['a huge text', '$999999999\r\n', 'too_large'],
    ['a huge list', '*999999999\r\n', 'too_large'],
    ['lists without end', '*1\r\n'.repeat(1000), 'too_large'],
    ['lists that multiply', '*4000\r\n*4000\r\n', 'too_large'],
    ['an endless line', `+${'x'.repeat(10_000)}`, 'too_large'],
    ['INFO without its end', '+PONG\r\n$2\r\nabcd', 'protocol'],
    ['INFO of another kind', '+PONG\r\n:1\r\n', 'protocol'],
  ])('%s', async (_what, replies, code) => {
    const result = await probe(replies);
    expect(verdict(result)).toEqual(['down', code, 'protocol']);
    expect(result.duration_ms).toBeLessThan(400);
  });

  test('hanging up after PONG is closed, and what was seen stays', async () => {
    const port = await answering('+PONG\r\n$100\r\nhalf', { close: true });
    const result = await probeTarget(redis, `redis://127.0.0.1:${String(port)}`);
    expect(verdict(result)).toEqual(['down', 'closed', 'protocol']);
    expect(result.facts['loading']).toBe(false);
  });
});

describe('what is sent', () => {
  const sent = async (userinfo: string, path: string, replies: string) => {
    let heard = '';
    const peer = await listen((socket) => {
      socket.on('data', (data) => (heard += data.toString()));
      socket.once('data', () => socket.write(replies));
    });
    peers.push(peer);
    const result = await probeTarget(redis, `redis://${userinfo}127.0.0.1:${String(peer.port)}${path}`);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    return heard.replaceAll('\r\n', ' ').trim();
  };

  test('PING and INFO; AUTH and SELECT only when the target asks for them', async () => {
    expect(await sent('', '', `+PONG\r\n${MASTER}`)).toBe('*1 $4 PING *1 $4 INFO');
    expect(await sent('', '/0', `+PONG\r\n${MASTER}`)).toBe('*1 $4 PING *1 $4 INFO');
    expect(await sent(':p%C3%A4ss@', '/2', `+OK\r\n+OK\r\n+PONG\r\n${MASTER}`)).toBe(
      '*2 $4 AUTH $5 päss *2 $6 SELECT $1 2 *1 $4 PING *1 $4 INFO',
    );
    expect(await sent('me:pw@', '', `+OK\r\n+PONG\r\n${MASTER}`)).toBe(
      '*3 $4 AUTH $2 me $2 pw *1 $4 PING *1 $4 INFO',
    );
  });
});

describe('mistakes in the target', () => {
  test('a reference is none', () => {
    expect(() => jobFor(redis, 'redis://placeholder:placeholder@localhost/placeholder')).not.toThrow();
  });

  test.each([
    ['redis://localhost/cache', 'expected a database number'],
    ['redis://localhost/-1', 'expected a database number'],
    ['redis://me@localhost', 'a user but no password'],
  ])('%s', (target, words) => {
    expect(() => jobFor(redis, target)).toThrow(words);
  });
});
