import { type Socket, connect } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { irc } from '../../../../lib/probe/probers/irc.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { describeWith, until } from '../../../servers/daemon.ts';
import { NGIRCD_PROGRAMS, type Ngircd, type NgircdStart, startNgircd } from '../../../servers/ngircd.ts';

const started: Ngircd[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
});
const start = async (how: NgircdStart) => {
  const server = await startNgircd(how);
  started.push(server);
  return server;
};
const probe = (port: number, entry: Entry = {}, userinfo = '') =>
  probeTarget(irc, `irc://${userinfo}127.0.0.1:${String(port)}`, entry);
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

/** A client that stays; tried again, as the one that saw whether the server accepts may still count. */
async function registered(port: number, nick: string): Promise<Socket> {
  for (;;) {
    const socket = connect({ port, host: '127.0.0.1' });
    let heard = '';
    socket.on('data', (data) => (heard += data.toString()));
    socket.on('error', () => undefined);
    socket.write(`NICK ${nick}\r\nUSER ${nick} 0 * :${nick}\r\n`);
    await until('an answer', () => heard.includes(' 001 ') || socket.destroyed || heard.includes('ERROR'));
    if (heard.includes(' 001 ')) return socket;
    socket.destroy();
  }
}

describeWith(NGIRCD_PROGRAMS, 'a real ngircd', () => {
  let server: Ngircd;
  beforeAll(async () => {
    server = await startNgircd();
  });
  afterAll(async () => server.stop());

  proberContract({
    prober: irc,
    target: (port) => `irc://127.0.0.1:${String(port)}`,
    tlsTarget: (port) => `ircs://127.0.0.1:${String(port)}`,
    healthy: () => Promise.resolve({ port: server.port, close: () => undefined }),
  });

  test('healthy: server, network, version, users', async () => {
    const result = await probe(server.port);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ server: 'irc.example.org', network: 'ExampleNet', servers: 1 });
    expect(result.facts['version']).toMatch(/^ngircd-/i);
    expect(result.facts['users']).toBeGreaterThan(0);
    expect(result.facts['local_users']).toBeGreaterThan(0);
  });

  test('a nick in use: another one, in the same connection', async () => {
    const holder = await registered(server.port, 'taken');
    const result = await probe(server.port, { options: { nick: 'taken' } });
    holder.destroy();
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['nick']).toMatch(/^taken\d\d$/);
  });

  test('a nick that it does not take', async () => {
    const result = await probe(server.port, { options: { nick: 'much-too-long-a-nick' } });
    expect(verdict(result)).toEqual(['down', 'status', 'protocol', null]);
  });

  test('its password: right, wrong, none', async () => {
    const guarded = await start({ global: { Password: 'right' } });
    const plain = { options: { allow_plaintext: true } };
    const right = await probe(guarded.port, plain, ':right@');
    expect(right.status, JSON.stringify(right.reasons)).toBe('up');
    expect(verdict(await probe(guarded.port, plain, ':wrong@'))).toEqual(['down', 'auth', 'auth', null]);
    expect(verdict(await probe(guarded.port))).toEqual(['down', 'auth', 'auth', null]);
  });

  test('a login by SASL, which ngircd has not', async () => {
    const result = await probe(server.port, { options: { allow_plaintext: true } }, 'me:secret@');
    expect(verdict(result)).toEqual(['down', 'auth', 'auth', null]);
    expect(result.reason?.text).toContain('offers no login');
  });

  test('too many connections: overloaded', async () => {
    const small = await start({ limits: { MaxConnections: '1' } });
    const holder = await registered(small.port, 'one');
    const result = await probe(small.port);
    holder.destroy();
    expect(verdict(result)).toEqual(['down', 'overloaded', 'protocol', null]);
  });

  test('frozen: timeout; stopped: refused', async () => {
    const own = await start({});
    own.signal('SIGSTOP');
    expect(verdict(await probe(own.port, { timeout_ms: 300 }))).toEqual([
      'down',
      'timeout',
      'protocol',
      null,
    ]);
    await own.stop();
    expect(verdict(await probe(own.port))).toEqual(['down', 'refused', 'connect', null]);
  });
});

describeWith([...NGIRCD_PROGRAMS, 'openssl'], 'a real ngircd with TLS', () => {
  tlsContract({
    prober: irc,
    name: 'ircs',
    target: (port) => `ircs://localhost:${String(port)}`,
    start: (certificate) => startNgircd({ certificate }),
  });
});
