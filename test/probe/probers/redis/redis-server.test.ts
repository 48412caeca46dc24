import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { redis } from '../../../../lib/probe/probers/redis.ts';
import { closedPort } from '../../../contract/misbehaving-server.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith, freePort, until } from '../../../servers/daemon.ts';
import { REDIS_PROGRAMS, type RedisServer, type RedisSettings, startRedis } from '../../../servers/redis.ts';

const started: { close(): unknown }[] = [];
afterEach(async () => {
  for (const server of started.splice(0).reverse()) await server.close();
});

async function start(settings: RedisSettings['settings'] = {}, more: Omit<RedisSettings, 'settings'> = {}) {
  const server = await startRedis({ settings, ...more });
  started.push(server);
  return server;
}

const at = (port: number, userinfo = '', path = '') => `redis://${userinfo}127.0.0.1:${String(port)}${path}`;
const probe = (port: number, userinfo = '', path = '', entry: Entry = {}) =>
  probeTarget(redis, at(port, userinfo, path), entry);
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

describeWith(REDIS_PROGRAMS, 'a real redis-server under the contract', () => {
  proberContract({
    prober: redis,
    target: (port) => at(port),
    tlsTarget: (port) => `rediss://127.0.0.1:${port}`,
    healthy: () => startRedis(),
  });
});

describeWith(REDIS_PROGRAMS, 'a real redis-server', () => {
  test('healthy: its facts', async () => {
    const server = await start();
    await server.command('mset', 'a', '1', 'b', '2');
    const result = await probe(server.port);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      role: 'master',
      loading: false,
      persistence_ok: true,
      writable: true,
      memory_full: false,
      maxmemory: 0,
      keys: 2,
      replicas: 0,
    });
    expect(result.facts['version']).toMatch(/^\d+\.\d+/);
    expect(result.facts['used_memory']).toBeGreaterThan(100_000);
    expect(result.facts).not.toHaveProperty('link');
    expect(result.facts).not.toHaveProperty('cluster_state');
  });

  test('a database is chosen by the path, and its keys are counted', async () => {
    const server = await start();
    await server.command('-n', '3', 'set', 'a', '1');
    expect((await probe(server.port, '', '/3')).facts['keys']).toBe(1);
    expect((await probe(server.port, '', '/0')).facts['keys']).toBe(0);
    const none = await probe(server.port, '', '/99');
    expect(verdict(none)).toEqual(['down', 'status', 'protocol', null]);
    expect(none.reason?.text).toContain('DB index is out of range');
  });

  test('a password: right, wrong, missing, and given to a server that has none', async () => {
    const server = await start({ requirepass: '"se cret%"' });
    expect((await probe(server.port, ':se%20cret%25@')).status).toBe('up');
    expect(verdict(await probe(server.port, ':wrong@'))).toEqual(['down', 'auth', 'auth', null]);
    expect((await probe(server.port, ':wrong@')).reason?.text).toContain('WRONGPASS');
    const missing = await probe(server.port);
    expect(verdict(missing)).toEqual(['down', 'auth', 'auth', null]);
    expect(missing.reason?.text).toContain('wants a password');
    const open = await start();
    const needless = await probe(open.port, ':secret@');
    expect(verdict(needless)).toEqual(['down', 'auth', 'auth', null]);
    expect(needless.reason?.text).toContain('has no password');
  });

  test('a user of the ACL: right, wrong, without INFO, without PING', async () => {
    const server = await start({
      user: ['whole on >pw ~* +@all', 'bare on >pw +ping', 'mute on >pw +info', 'off off >pw +@all'],
    });
    expect((await probe(server.port, 'whole:pw@')).status).toBe('up');
    expect(verdict(await probe(server.port, 'whole:no@'))).toEqual(['down', 'auth', 'auth', null]);
    expect(verdict(await probe(server.port, 'off:pw@'))).toEqual(['down', 'auth', 'auth', null]);
    const bare = await probe(server.port, 'bare:pw@');
    expect(bare.status, JSON.stringify(bare.reasons)).toBe('up');
    expect(bare.facts['role'] ?? null).toBeNull();
    expect(bare.output).toContain('INFO: NOPERM');
    expect(verdict(await probe(server.port, 'mute:pw@'))).toEqual(['down', 'auth', 'auth', null]);
  });

  test('loading is loading, not down for some other cause, and the config can allow it', async () => {
    const first = await startRedis({ settings: { 'enable-debug-command': 'yes' } });
    await first.command('debug', 'populate', '2000');
    await first.command('save');
    await first.command('config', 'set', 'save', '');
    const copy = first.directory;
    first.signal('SIGKILL');
    const server = await start(
      { 'key-load-delay': '5000', 'loading-process-events-interval-bytes': '1024' },
      { directory: copy },
    );
    const result = await probe(server.port);
    expect(verdict(result)).toEqual(['down', 'loading', 'expect', 'loading']);
    expect(result.facts).toMatchObject({ loading: true, role: 'master' });
    expect(result.duration_ms).toBeLessThan(1000);
    const allowed = await probe(server.port, '', '', { expect: { loading: [true, false] } });
    expect(allowed.status, JSON.stringify(allowed.reasons)).toBe('up');
    await first.close();
  });

  test('a replica: linked, then cut off', async () => {
    const master = await start();
    const replica = await start({
      replicaof: `127.0.0.1 ${String(master.port)}`,
      'repl-diskless-sync-delay': '0',
    });
    await until('the link', async () =>
      (await replica.command('info', 'replication')).includes('master_link_status:up'),
    );
    const linked = await probe(replica.port);
    expect(linked.status, JSON.stringify(linked.reasons)).toBe('up');
    expect(linked.facts).toMatchObject({ role: 'replica', link: 'up' });
    expect(linked.facts['lag_s']).toBeLessThan(30);
    const { facts } = await probe(master.port);
    expect(facts).toMatchObject({ role: 'master', replicas: 1 });
    expect(facts).not.toHaveProperty('link');

    await master.stop();
    await until('the cut', async () =>
      (await replica.command('info', 'replication')).includes('master_link_status:down'),
    );
    const cut = await probe(replica.port);
    expect(verdict(cut)).toEqual(['down', 'replication', 'expect', 'link']);
    expect(cut.facts).toMatchObject({ role: 'replica', link: 'down' });
    expect((await probe(replica.port, '', '', { expect: { link: ['up', 'down'] } })).status).toBe('up');

    await replica.command('config', 'set', 'replica-serve-stale-data', 'no');
    const masterdown = await probe(replica.port);
    expect(verdict(masterdown)).toEqual(['down', 'replication', 'expect', 'link']);
    expect(masterdown.output).toContain('MASTERDOWN');
  });

  test('a replica whose master never answered has no lag to tell', async () => {
    const replica = await start({ replicaof: `127.0.0.1 ${String(await closedPort())}` });
    const result = await probe(replica.port);
    expect(verdict(result)).toEqual(['down', 'replication', 'expect', 'link']);
  });

  test('one that cannot persist takes no writes: read_only', async () => {
    const server = await start({ save: '3600 1' });
    await server.command('set', 'a', '1');
    rmSync(server.directory, { recursive: true });
    await server.command('bgsave');
    await until('the save to fail', async () =>
      (await server.command('info', 'persistence')).includes('rdb_last_bgsave_status:err'),
    );
    expect(await server.command('set', 'a', '2')).toContain('MISCONF');
    const result = await probe(server.port);
    expect(verdict(result)).toEqual(['down', 'read_only', 'expect', 'writable']);
    expect(result.facts).toMatchObject({ persistence_ok: false, writable: false, role: 'master' });

    await server.command('config', 'set', 'stop-writes-on-bgsave-error', 'no');
    const degraded = await probe(server.port);
    expect(verdict(degraded)).toEqual(['degraded', 'status', 'expect', 'persistence_ok']);
    expect(degraded.facts).toMatchObject({ persistence_ok: false, writable: true });
  });

  test('one without memory left is overloaded, and one that may evict is not', async () => {
    const server = await start({
      maxmemory: '3mb',
      'maxmemory-policy': 'noeviction',
      'enable-debug-command': 'yes',
    });
    expect((await probe(server.port)).status).toBe('up');
    await fill(server.port);
    const full = await probe(server.port);
    expect(verdict(full), JSON.stringify(full.facts)).toEqual([
      'down',
      'overloaded',
      'expect',
      'memory_full',
    ]);
    await server.command('config', 'set', 'maxmemory-policy', 'volatile-lru');
    expect((await probe(server.port)).reason?.code).toBe('overloaded');
    await server.command('config', 'set', 'maxmemory-policy', 'allkeys-lru');
    expect((await probe(server.port)).status).toBe('up');
  });

  test('one without room for another client is overloaded', async () => {
    const server = await start();
    const holder = connect({ port: server.port, host: '127.0.0.1' });
    await once(holder, 'connect');
    await server.command('config', 'set', 'maxclients', '1');
    const result = await probe(server.port);
    holder.destroy();
    expect(verdict(result)).toEqual(['down', 'overloaded', 'protocol', null]);
  });

  test('busy with a script: overloaded', async () => {
    const server = await start({ 'busy-reply-threshold': '50' });
    const script = server.command('eval', 'while true do end', '0').catch(() => '');
    await until('the script to be slow', async () => (await server.command('ping')).includes('BUSY'));
    expect(verdict(await probe(server.port))).toEqual(['down', 'overloaded', 'protocol', null]);
    await server.command('script', 'kill');
    await script;
    expect((await probe(server.port)).status).toBe('up');
  });

  test('stopped: refused at once; frozen: timeout in the protocol', async () => {
    const server = await start();
    server.signal('SIGSTOP');
    expect(verdict(await probe(server.port, '', '', { timeout_ms: 300 }))).toEqual([
      'down',
      'timeout',
      'protocol',
      null,
    ]);
    await server.stop();
    expect(verdict(await probe(server.port))).toEqual(['down', 'refused', 'connect', null]);
  });

  const outside = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal)?.address;

  test.skipIf(outside === undefined)('protected mode: asked from outside without a password', async () => {
    const server = await start({ bind: '* -::*' });
    const result = await probeTarget(redis, `redis://${outside ?? ''}:${String(server.port)}`);
    expect(verdict(result)).toEqual(['down', 'auth', 'auth', null]);
    expect(result.reason?.text).toContain('protected mode');
  });

  test('a cluster whose slots nobody serves has lost its quorum', async () => {
    const server = await start({ 'cluster-enabled': 'yes', 'cluster-port': String(await freePort()) });
    const down = await probe(server.port);
    expect(verdict(down)).toEqual(['down', 'quorum', 'expect', 'cluster_state']);
    await server.command('cluster', 'addslotsrange', '0', '16383');
    await until('the cluster', async () =>
      (await server.command('cluster', 'info')).includes('cluster_state:ok'),
    );
    const up = await probe(server.port);
    expect(up.status, JSON.stringify(up.reasons)).toBe('up');
    expect(up.facts['cluster_state']).toBe('ok');
    expect(verdict(await probe(server.port, '', '/1'))).toEqual(['down', 'status', 'protocol', null]);
  });

  test('a cluster of three that loses a node: its slots are lost, then the majority', async () => {
    const nodes: RedisServer[] = [];
    for (const range of ['0 5460', '5461 10922', '10923 16383']) {
      const settings = {
        'cluster-enabled': 'yes',
        'cluster-port': String(await freePort()),
        'cluster-node-timeout': '1000',
      };
      const node = await start(settings);
      await node.command('cluster', 'addslotsrange', ...range.split(' '));
      nodes.push(node);
    }
    const [first, second, third] = nodes as [RedisServer, RedisServer, RedisServer];
    for (const { port, command } of [second, third]) {
      const bus = (await command('config', 'get', 'cluster-port')).split('\n')[1] ?? '';
      await first.command('cluster', 'meet', '127.0.0.1', String(port), bus);
    }
    for (const { command } of nodes)
      await until('the cluster', async () => (await command('cluster', 'info')).includes('cluster_state:ok'));
    await until('it to be whole', async () => (await probe(first.port)).status === 'up');
    const whole = await probe(first.port);
    expect(whole.status, JSON.stringify(whole.reasons)).toBe('up');
    expect(whole.facts).toMatchObject({ cluster_state: 'ok', cluster_slots_lost: 0, cluster_nodes: 3 });

    await third.stop();
    await until(
      'it to be missed',
      async () => (await probe(first.port)).facts['cluster_slots_lost'] === 5461,
    );
    expect(verdict(await probe(first.port))).toEqual(['down', 'quorum', 'expect', 'cluster_state']);
    await first.command('config', 'set', 'cluster-require-full-coverage', 'no');
    await until('the rest to go on', async () => (await probe(first.port)).facts['cluster_state'] === 'ok');
    expect(verdict(await probe(first.port))).toEqual(['degraded', 'quorum', 'expect', 'cluster_slots_lost']);
    await second.stop();
    await until(
      'the majority to be lost',
      async () => (await probe(first.port)).facts['cluster_state'] === 'fail',
    );
    expect(verdict(await probe(first.port))).toEqual(['down', 'quorum', 'expect', 'cluster_state']);
  });

  test('a sentinel says that it is one', async () => {
    const server = await start({}, { sentinel: true });
    const result = await probe(server.port);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ role: 'sentinel' });
    expect(result.facts).not.toHaveProperty('keys');
  });
});

/** Writes until it is refused, and goes away. */
async function fill(port: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' });
  const value = 'x'.repeat(1000);
  let refused = false;
  socket.on('data', (data) => (refused ||= data.toString().includes('-OOM')));
  for (let key = 0; !refused; key += 1)
    await new Promise((resolve) => {
      socket.once('data', resolve);
      socket.write(`SET k${String(key)} ${value}\r\n`);
    });
  socket.end();
  await once(socket, 'close');
}

describeWith([...REDIS_PROGRAMS, 'openssl'], 'a real redis-server over TLS', () => {
  const startTls = async (which: { cert: string; key: string }, more: { [name: string]: string } = {}) => {
    const tlsPort = await freePort();
    await start({
      port: '0',
      'tls-port': String(tlsPort),
      'tls-cert-file': which.cert,
      'tls-key-file': which.key,
      'tls-ca-cert-file': testCertificates().ca,
      'tls-auth-clients': 'no',
      requirepass: 'secret',
      ...more,
    });
    return tlsPort;
  };
  const probeTls = (port: number, tls: object = {}, host = 'localhost') =>
    probeTarget(redis, `rediss://:secret@${host}:${String(port)}`, {
      service: { tls: { ca: testCertificates().ca, ...tls }, ip: '4' },
    });

  test('a valid certificate is up, with its days, issuer, names and TLS version', async () => {
    const result = await probeTls(await startTls(testCertificates().valid));
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(Math.floor(result.facts['cert_days'] as number)).toBe(90);
    expect(result.facts).toMatchObject({ tls_version: '1.3', cert_issuer: 'CN=puptime test intermediate' });
    expect(result.timings.tls_ms).not.toBeNull();
  });

  test.each([
    ['expired', 'tls_expired'],
    ['future', 'tls_expired'],
    ['wrongHost', 'tls_hostname'],
    ['untrusted', 'tls_untrusted'],
    ['selfSigned', 'tls_untrusted'],
    ['withoutIntermediate', 'tls_untrusted'],
  ] as const)('a certificate that is %s is %s, with its facts', async (name, code) => {
    const result = await probeTls(await startTls(testCertificates()[name]));
    expect(verdict(result)).toEqual(['down', code, 'tls', null]);
    expect(result.reasons.filter(({ status }) => status === 'down')).toHaveLength(1);
    expect(result.facts['cert_days']).toBeTypeOf('number');
  });

  test('an intermediate certificate that ends soon is degraded: expiring', async () => {
    const result = await probeTls(await startTls(testCertificates().intermediateEnding));
    expect(verdict(result)).toEqual(['degraded', 'expiring', 'expect', 'cert_days']);
    expect(Math.floor(result.facts['cert_leaf_days'] as number)).toBe(90);
    expect(Math.floor(result.facts['cert_days'] as number)).toBe(5);
  });

  test('one that wants a client certificate: missing, then shown', async () => {
    const { valid, client } = testCertificates();
    const port = await startTls(valid, { 'tls-auth-clients': 'yes' });
    const missing = await probeTls(port);
    expect([missing.status, missing.reason?.code, missing.reason?.phase]).toEqual([
      'down',
      'tls_handshake',
      'tls',
    ]);
    const shown = await probeTls(port, { cert: client.cert, key: client.key });
    expect(shown.status, JSON.stringify(shown.reasons)).toBe('up');
  });

  test('rediss on a plain port, and redis on a TLS port', async () => {
    const plain = await start();
    const wrong = await probeTarget(redis, `rediss://127.0.0.1:${String(plain.port)}`, { timeout_ms: 1000 });
    expect(wrong.status).toBe('down');
    expect(wrong.reason?.phase).toBe('tls');
    const result = await probe(await startTls(testCertificates().valid), '', '', { timeout_ms: 1000 });
    expect(result.status).toBe('down');
    expect(['protocol', 'closed', 'reset']).toContain(result.reason?.code);
  });
});
