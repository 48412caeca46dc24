import { afterEach, beforeAll, afterAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { sentinel } from '../../../../lib/probe/probers/sentinel.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { probeWithTranscript } from '../../../contract/transcript.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith, freePort, until } from '../../../servers/daemon.ts';
import { REDIS_PROGRAMS, type RedisServer, startRedis } from '../../../servers/redis.ts';

const started: { close(): unknown }[] = [];
afterEach(async () => {
  for (const server of started.splice(0).reverse()) await server.close();
});
const owned = <T extends { close(): unknown }>(server: T): T => {
  started.push(server);
  return server;
};

/** Names of masters and the ports that they listen on. */
type Watched = readonly (readonly [name: string, port: number])[];

async function startSentinel(
  watched: Watched,
  {
    quorum = 1,
    more = {},
    soon = true,
  }: { quorum?: number; more?: { [name: string]: string }; soon?: boolean } = {},
): Promise<RedisServer> {
  const lines = watched.flatMap(([name, port]) => [
    `monitor ${name} 127.0.0.1 ${String(port)} ${String(quorum)}`,
    ...(soon ? [`down-after-milliseconds ${name} 500`] : []),
  ]);
  return startRedis({ settings: { sentinel: lines, ...more }, sentinel: true });
}

const at = (port: number, name = '', userinfo = '') =>
  `sentinel://${userinfo}127.0.0.1:${String(port)}${name === '' ? '' : `/${name}`}`;
const probe = (port: number, name = '', userinfo = '', entry: Entry = {}) =>
  probeTarget(sentinel, at(port, name, userinfo), entry);
/** Probes until the result is as wanted. */
async function probeUntil(port: number, name: string, wanted: (result: Result) => boolean): Promise<Result> {
  const seen: Result[] = [];
  await until('the result that is wanted', async () => {
    seen.unshift(await probe(port, name));
    return wanted(seen[0]!);
  });
  return seen[0]!;
}
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

describeWith([...REDIS_PROGRAMS, 'openssl'], 'a real sentinel', () => {
  let master: RedisServer;
  beforeAll(async () => {
    master = await startRedis();
  });
  afterAll(() => master.close());

  proberContract({
    prober: sentinel,
    target: (port) => at(port, 'mymaster'),
    tlsTarget: (port) => `sentinels://127.0.0.1:${String(port)}/mymaster`,
    healthy: () => startSentinel([['mymaster', master.port]], { soon: false }),
  });

  tlsContract({
    prober: sentinel,
    name: 'sentinels',
    target: (port) => `sentinels://localhost:${String(port)}/mymaster`,
    start: async ({ cert, key }) => {
      const port = await freePort();
      const server = await startSentinel([['mymaster', master.port]], {
        soon: false,
        more: {
          port: '0',
          'tls-port': String(port),
          'tls-cert-file': cert,
          'tls-key-file': key,
          'tls-ca-cert-file': testCertificates().ca,
          'tls-auth-clients': 'no',
        },
      });
      return { port, close: () => server.close() };
    },
  });

  test('healthy: its facts, with and without the name of the master', async () => {
    const server = owned(await startSentinel([['mymaster', master.port]], { soon: false }));
    for (const name of ['mymaster', '']) {
      const result = await probe(server.port, name);
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
      expect(result.facts).toMatchObject({
        role: 'sentinel',
        masters: 1,
        state: 'ok',
        failing: [],
        quorum: true,
        failover: false,
        tilt: false,
        usable_sentinels: 1,
        sentinels: 1,
        replicas: 0,
        master: `127.0.0.1:${String(master.port)}`,
      });
      expect(result.facts['version']).toMatch(/^\d+\.\d+/);
    }
  });

  test('two masters, one of which goes away: the worst one decides, and the named one alone when it is named', async () => {
    const other = owned(await startRedis());
    const server = owned(
      await startSentinel([
        ['one', master.port],
        ['two', other.port],
      ]),
    );
    // On a busy machine a master may answer later than a sentinel waits, and be back at once.
    const both = await probeUntil(server.port, '', ({ status }) => status === 'up');
    expect(both.facts).toMatchObject({ masters: 2, state: 'ok', failing: [], master: null });

    await other.stop();
    const down = await probeUntil(
      server.port,
      '',
      ({ facts }) => facts['state'] === 'o_down' && (facts['failing'] as string[]).join() === 'two',
    );
    expect(verdict(down)).toEqual(['down', 'status', 'expect', 'state']);
    expect(down.facts['quorum']).toBe(true);
    expect(verdict(await probe(server.port, 'two'))).toEqual(['down', 'status', 'expect', 'state']);
    await probeUntil(server.port, 'one', ({ status }) => status === 'up');
    const allowed = await probe(server.port, 'two', '', {
      expect: { state: ['ok', 'o_down'] },
      prefer: { failover: { exists: true } },
    });
    expect(allowed.status, JSON.stringify(allowed.reasons)).toBe('up');
  });

  test('too few other sentinels: the quorum is lost', async () => {
    const server = owned(await startSentinel([['mymaster', master.port]], { quorum: 2, soon: false }));
    const result = await probe(server.port, 'mymaster');
    expect(verdict(result)).toEqual(['down', 'quorum', 'expect', 'quorum']);
    expect(result.facts).toMatchObject({
      state: 'ok',
      quorum: false,
      usable_sentinels: 1,
      failing: ['mymaster'],
    });
    expect(result.output).toContain('NOQUORUM');
    expect((await probe(server.port, 'mymaster', '', { expect: { quorum: [true, false] } })).status).toBe(
      'up',
    );
  });

  test('three sentinels agree; when the two others have gone, the majority is lost', async () => {
    const crowd = [];
    for (let count = 0; count < 3; count += 1) {
      crowd.push(owned(await startSentinel([['mymaster', master.port]], { quorum: 2 })));
    }
    const [first, ...others] = crowd;
    const result = await probeUntil(
      first!.port,
      'mymaster',
      ({ status, facts }) => status === 'up' && facts['sentinels'] === 3,
    );
    expect(result.facts).toMatchObject({ usable_sentinels: 3, sentinels: 3 });
    for (const other of others) await other.stop();
    const lost = await probeUntil(
      first!.port,
      'mymaster',
      ({ facts }) => facts['quorum'] === false && facts['state'] === 'ok',
    );
    expect(verdict(lost)).toEqual(['down', 'quorum', 'expect', 'quorum']);
  });

  test('a failover: the replica takes over, and clients are told its address', async () => {
    const old = owned(await startRedis());
    const replica = owned(
      await startRedis({
        settings: { replicaof: `127.0.0.1 ${String(old.port)}`, 'repl-diskless-sync-delay': '0' },
      }),
    );
    await until('the link', async () =>
      (await replica.command('info', 'replication')).includes('master_link_status:up'),
    );
    const server = owned(await startSentinel([['mymaster', old.port]]));
    await until('the replica', async () => (await probe(server.port, 'mymaster')).facts['replicas'] === 1);
    await old.stop();
    await until(
      'the failover',
      async () =>
        (await probe(server.port, 'mymaster')).facts['master'] === `127.0.0.1:${String(replica.port)}`,
      20_000,
    );
    await until('its end', async () => (await probe(server.port, 'mymaster')).status === 'up', 20_000);
  });

  test('a master that it does not watch, and a sentinel that watches nothing', async () => {
    const server = owned(await startSentinel([]));
    const result = await probe(server.port, 'nobody');
    expect(verdict(result)).toEqual(['down', 'status', 'protocol', null]);
    expect(result.reason?.text).toContain('watches no master with the name nobody');
    expect(result.facts).toMatchObject({ masters: 0, role: 'sentinel' });
    expect(verdict(await probe(server.port))).toEqual(['degraded', 'assertion', 'expect', 'masters']);
  });

  test('a plain Redis is no sentinel', async () => {
    const named = await probe(master.port, 'mymaster');
    expect(verdict(named)).toEqual(['down', 'protocol', 'protocol', null]);
    expect(named.reason?.text).toContain('is no sentinel');
    expect(verdict(await probe(master.port))).toEqual(['down', 'status', 'expect', 'role']);
  });

  test('a password and an ACL: right, wrong, missing, without INFO, without CKQUORUM', async () => {
    const server = owned(
      await startSentinel([['mymaster', master.port]], {
        soon: false,
        more: {
          requirepass: 'secret',
          user: 'bare on >pw +ping +sentinel|master +sentinel|get-master-addr-by-name +sentinel|ckquorum',
        },
      }),
    );
    expect((await probe(server.port, 'mymaster', ':secret@')).status).toBe('up');
    expect(verdict(await probe(server.port, 'mymaster', ':wrong@'))).toEqual(['down', 'auth', 'auth', null]);
    expect(verdict(await probe(server.port, 'mymaster'))).toEqual(['down', 'auth', 'auth', null]);
    const { transcript } = await probeWithTranscript(sentinel, at(server.port, 'mymaster', ':secret@'));
    expect(transcript).toContain('AUTH');
    expect(transcript).not.toContain('secret');
    const bare = await probe(server.port, 'mymaster', 'bare:pw@');
    expect(bare.status, JSON.stringify(bare.reasons)).toBe('up');
    expect(bare.facts).toMatchObject({ quorum: true, state: 'ok' });
    expect(bare.output).toContain('INFO: NOPERM');
    await server.command('--no-auth-warning', '-a', 'secret', 'acl', 'setuser', 'bare', '-sentinel|ckquorum');
    expect(verdict(await probe(server.port, 'mymaster', 'bare:pw@'))).toEqual(['down', 'auth', 'auth', null]);
  });

  test('frozen: timeout in the protocol; stopped: refused', async () => {
    const server = await startSentinel([['mymaster', master.port]]);
    server.signal('SIGSTOP');
    const frozen = await probe(server.port, 'mymaster', '', { timeout_ms: 300 });
    expect(verdict(frozen)).toEqual(['down', 'timeout', 'protocol', null]);
    await server.stop();
    expect(verdict(await probe(server.port))).toEqual(['down', 'refused', 'connect', null]);
  });
});

describe('a peer that answers as a sentinel should not', () => {
  const bulk = (text: string) => `$${String(text.length)}\r\n${text}\r\n`;
  const answering = async (...replies: readonly string[]): Promise<Peer> => {
    const left = [...replies];
    return owned(await listen((socket) => void socket.on('data', () => socket.write(left.shift() ?? ''))));
  };
  const PONG = `+PONG\r\n${bulk('redis_mode:sentinel\r\nsentinel_masters:1\r\nsentinel_tilt:1\r\n')}`;

  test('TILT is degraded, and a failover that is going on too', async () => {
    const master = `*2\r\n${bulk('flags')}${bulk('master,failover_in_progress')}`;
    const peer = await answering(PONG, `${master}*-1\r\n+OK 3 usable Sentinels.\r\n`);
    const result = await probe(peer.port, 'm');
    expect(result.status).toBe('degraded');
    expect(result.reasons.map(({ fact }) => fact)).toEqual(['failover', 'tilt']);
    expect(result.facts).toMatchObject({ state: 'ok', quorum: true, usable_sentinels: 3 });
  });

  test.each([
    ['a number for a master', ':1\r\n'],
    ['a text for its address', `*0\r\n+x\r\n`],
    ['a list for CKQUORUM', `*0\r\n*-1\r\n*0\r\n`],
  ])('%s is protocol, at once', async (_, reply) => {
    const peer = await answering(PONG, reply);
    const result = await probe(peer.port, 'm', '', { timeout_ms: 600 });
    expect(verdict(result).slice(0, 3)).toEqual(['down', 'protocol', 'protocol']);
  });
});

describe('targets', () => {
  test.each(['sentinel://h/a/b', 'sentinel://h/a%20b', 'sentinel://user@h/m'])('%s is refused', (target) => {
    expect(() => jobFor(sentinel, target)).toThrow(/expected/);
  });
});
