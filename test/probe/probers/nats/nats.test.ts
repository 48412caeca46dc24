import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { PLACEHOLDER } from '../../../../lib/probe/prober.ts';
import { nats } from '../../../../lib/probe/probers/nats.ts';
import { listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { probeWithTranscript } from '../../../contract/transcript.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import {
  type Daemon,
  describeWith,
  freePort,
  startDaemon,
  temporaryDirectory,
  until,
} from '../../../servers/daemon.ts';
import { startTlsFront } from '../../../servers/tls-front.ts';

type Server = Daemon & { readonly port: number; close(): Promise<void> };

/** `settings` are lines of nats-server.conf. */
async function startNats(settings = '', name = 'one'): Promise<Server> {
  const temporary = temporaryDirectory('nats');
  const port = await freePort();
  const config = path.join(temporary.path, 'nats.conf');
  writeFileSync(config, `listen: "127.0.0.1:${String(port)}"\nserver_name: "${name}"\n${settings}\n`);
  const daemon = await startDaemon({ argv: ['nats-server', '-c', config], cwd: temporary.path, ready: port });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}

const started: { close(): unknown }[] = [];
afterEach(async () => {
  for (const server of started.splice(0).reverse()) await server.close();
});
const owned = <T extends { close(): unknown }>(server: T): T => {
  started.push(server);
  return server;
};

interface Pair {
  readonly seed: string;
  readonly publicKey: string;
  sign(text: string): string;
}

const KINDS = { O: 14, A: 0, U: 20 } as const;

/** A key pair as `nk -gen` makes it, written down apart from the prober’s own code. */
function makeSeed(kind: keyof typeof KINDS): Pair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  const open = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const prefix = KINDS[kind] << 3;
  const seed = Buffer.from([(18 << 3) | (prefix >> 5), (prefix & 31) << 3]);
  return {
    seed: strkey(Buffer.concat([seed, raw])),
    publicKey: strkey(Buffer.concat([Buffer.from([prefix]), open])),
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64url'),
  };
}

/** base32 with a checksum at its end. */
function strkey(bytes: Buffer): string {
  const crc = [...bytes].reduce((sum, byte) => {
    let next = sum ^ (byte << 8);
    for (let bit = 0; bit < 8; bit += 1) next = next & 0x8000 ? ((next << 1) ^ 0x1021) & 0xffff : next << 1;
    return next;
  }, 0);
  const bits = [...bytes, crc & 255, crc >> 8].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = bits.match(/.{1,5}/g) ?? [];
  return letters.map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[parseInt(five.padEnd(5, '0'), 2)]).join('');
}

function makeJwt(issuer: Pair, subject: Pair, type: string, exp?: number): string {
  const limits = {
    subs: -1,
    conn: -1,
    leaf: -1,
    imports: -1,
    exports: -1,
    data: -1,
    payload: -1,
    wildcards: true,
  };
  const nats = {
    type,
    version: 2,
    ...(type === 'account' ? { limits } : { subs: -1, data: -1, payload: -1 }),
  };
  const claims = {
    jti: 'x',
    iat: 1_700_000_000,
    iss: issuer.publicKey,
    sub: subject.publicKey,
    name: type,
    nats,
    ...(exp === undefined ? {} : { exp }),
  };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part(claims)}`;
  return `${text}.${issuer.sign(text)}`;
}

const probe = (port: number, userinfo = '', entry: Entry = {}) =>
  probeTarget(nats, `nats://${userinfo}127.0.0.1:${String(port)}`, entry);
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const ROUND: Entry = { options: { roundtrip: true } };
const USERS = `authorization { users = [
  {user: "joe", password: "se cret%"},
  {user: "mute", password: "pw", permissions: {publish: {deny: "_INBOX.>"}}},
  {user: "deaf", password: "pw", permissions: {subscribe: {deny: "_INBOX.>"}}}
] }`;

describeWith(['nats-server', 'openssl'], 'a real nats-server', () => {
  let server: Server;
  let guarded: Server;
  beforeAll(async () => {
    server = await startNats();
    guarded = await startNats(USERS);
  });
  afterAll(async () => {
    await server.close();
    await guarded.close();
  });

  proberContract({
    prober: nats,
    target: (port) => `nats://127.0.0.1:${String(port)}`,
    tlsTarget: (port) => `natss://127.0.0.1:${String(port)}`,
    healthy: () => startNats(),
    entry: ROUND,
    // It waits for the server’s greeting, so an HTTP server has nothing to answer.
    codes: { http: ['timeout'] },
    patient: ['http'],
  });

  tlsContract({
    prober: nats,
    name: 'nats with TLS after INFO',
    target: (port) => `nats://localhost:${String(port)}`,
    start: ({ cert, key }) => startNats(`tls { cert_file: "${cert}", key_file: "${key}" }`),
  });

  // Debian’s version does not know handshake_first yet, so a proxy does the TLS.
  tlsContract({
    prober: nats,
    name: 'natss (TLS by a proxy)',
    target: (port) => `natss://localhost:${String(port)}`,
    start: (certificate) => startTlsFront(server.port, certificate),
  });

  test('healthy: its facts, and a round trip when asked for', async () => {
    const result = await probe(server.port);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      server_name: 'one',
      max_payload: 2 ** 20,
      jetstream: false,
      lame_duck: false,
      auth_required: false,
      tls: false,
      cluster: null,
    });
    expect(result.facts['version']).toMatch(/^\d+\.\d+/);
    expect(result.facts).not.toHaveProperty('roundtrip_ms');
    const round = await probe(server.port, '', ROUND);
    expect(round.status, JSON.stringify(round.reasons)).toBe('up');
    expect(round.facts['roundtrip_ms']).toBeGreaterThanOrEqual(0);
  });

  test('JetStream and a cluster are facts', async () => {
    const streaming = owned(await startNats('jetstream { store_dir: "./js" }'));
    expect((await probe(streaming.port)).facts).toMatchObject({ jetstream: true, cluster: null });
    const [one, two] = [await freePort(), await freePort()];
    const member = (listen: number, other: number) =>
      `cluster { name: "north", listen: "127.0.0.1:${String(listen)}", routes: ["nats://127.0.0.1:${String(other)}"] }`;
    const own = owned(await startNats(member(one, two)));
    const mate = owned(await startNats(member(two, one), 'two'));
    const mates = async () => (await probe(own.port)).facts['connect_urls'] ?? [];
    await until('them to meet', async () =>
      ((await mates()) as string[]).includes(`127.0.0.1:${String(mate.port)}`),
    );
    const result = await probe(own.port);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ jetstream: false, cluster: 'north' });
  });

  test('a user and a password: right, wrong, missing', async () => {
    const right = await probe(guarded.port, 'joe:se%20cret%25@', ROUND);
    expect(right.status, JSON.stringify(right.reasons)).toBe('up');
    expect(right.facts['auth_required']).toBe(true);
    for (const userinfo of ['joe:wrong@', 'nobody:x@', ':token@', '']) {
      const refused = await probe(guarded.port, userinfo);
      expect(verdict(refused), userinfo).toEqual(['down', 'auth', 'auth', null]);
      expect(refused.facts['server_name']).toBe('one');
    }
  });

  test('a user who may not publish, or not subscribe, is up, but its round trip is auth', async () => {
    for (const user of ['mute', 'deaf']) {
      expect((await probe(guarded.port, `${user}:pw@`)).status).toBe('up');
      const refused = await probe(guarded.port, `${user}:pw@`, ROUND);
      expect(verdict(refused)).toEqual(['down', 'auth', 'auth', null]);
      expect(refused.reason?.text).toContain('Permissions Violation');
    }
  });

  test('a token: right, wrong', async () => {
    const own = owned(await startNats('authorization { token: "s3cr3t" }'));
    expect((await probe(own.port, ':s3cr3t@')).status).toBe('up');
    expect(verdict(await probe(own.port, ':wrong@'))).toEqual(['down', 'auth', 'auth', null]);
  });

  test('an NKey: right, another one, none, and one that a server does not ask for', async () => {
    const [mine, other] = [makeSeed('U'), makeSeed('U')];
    const own = owned(await startNats(`authorization { users = [ {nkey: ${mine.publicKey}} ] }`));
    const right = await probe(own.port, '', { options: { nkey: mine.seed, roundtrip: true } });
    expect(right.status, JSON.stringify(right.reasons)).toBe('up');
    const wrong = await probe(own.port, '', { options: { nkey: other.seed } });
    expect(verdict(wrong)).toEqual(['down', 'auth', 'auth', null]);
    expect(verdict(await probe(own.port))).toEqual(['down', 'auth', 'auth', null]);
    const needless = await probe(server.port, '', { options: { nkey: mine.seed } });
    expect(verdict(needless)).toEqual(['down', 'auth', 'auth', null]);
    expect(needless.reason?.text).toContain('no nonce');
  });

  test('credentials with a JWT: right, of another account, ended', async () => {
    const [operator, account, user, stranger] = [makeSeed('O'), makeSeed('A'), makeSeed('U'), makeSeed('A')];
    const config = [
      `operator: ${makeJwt(operator, operator, 'operator')}`,
      'resolver: MEMORY',
      `resolver_preload: { ${account.publicKey}: ${makeJwt(operator, account, 'account')} }`,
    ];
    const own = owned(await startNats(config.join('\n')));
    const credsOf = (jwt: string) =>
      `-----BEGIN NATS USER JWT-----\n${jwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${user.seed}\n------END USER NKEY SEED------\n`;
    const right = await probe(own.port, '', { options: { creds: credsOf(makeJwt(account, user, 'user')) } });
    expect(right.status, JSON.stringify(right.reasons)).toBe('up');
    const past = Math.floor(Date.now() / 1000) - 60;
    for (const jwt of [makeJwt(stranger, user, 'user'), makeJwt(account, user, 'user', past)]) {
      const wrong = await probe(own.port, '', { options: { creds: credsOf(jwt) } });
      expect(verdict(wrong)).toEqual(['down', 'auth', 'auth', null]);
    }
  });

  test('TLS required where there is none, forbidden where there is, and a client certificate', async () => {
    const require: Entry = { options: { starttls: 'require' } };
    expect(verdict(await probe(server.port, '', require))).toEqual(['down', 'tls_handshake', 'tls', null]);
    const { valid, client, ca } = testCertificates();
    const tls = `tls { cert_file: "${valid.cert}", key_file: "${valid.key}", ca_file: "${ca}", verify: true }`;
    const own = owned(await startNats(tls));
    const never: Entry = { options: { starttls: 'never' } };
    expect(verdict(await probe(own.port, '', never))).toEqual(['down', 'tls_handshake', 'tls', null]);
    const missing = await probe(own.port, '', { service: { tls: { ca } } });
    expect(missing.status).toBe('down');
    expect(missing.reason?.code).toBe('tls_handshake');
    const shown = await probe(own.port, '', {
      ...require,
      service: { tls: { ca, cert: client.cert, key: client.key } },
    });
    expect(shown.status, JSON.stringify(shown.reasons)).toBe('up');
    expect(shown.facts['tls']).toBe(true);
  });

  test('one without room for another connection is overloaded', async () => {
    const own = owned(await startNats('max_connections: 1'));
    // The one that saw that the server is ready may still count when the first of these comes.
    let holder = connect({ port: own.port, host: '127.0.0.1' });
    await until('a place', async () => {
      holder.destroy();
      holder = connect({ port: own.port, host: '127.0.0.1' }).on('error', () => undefined);
      const [greeting] = (await once(holder, 'data')) as [Buffer];
      return !greeting.includes('maximum connections');
    });
    await until('the probe to be one too many', async () => {
      const result = await probe(own.port);
      return result.reason?.code === 'overloaded' && result.reason.phase === 'protocol';
    });
    holder.destroy();
  });

  test('frozen: timeout; stopped: refused', async () => {
    const own = await startNats();
    own.signal('SIGSTOP');
    const frozen = await probe(own.port, '', { timeout_ms: 300 });
    expect(verdict(frozen)).toEqual(['down', 'timeout', 'protocol', null]);
    await own.close();
    expect(verdict(await probe(own.port))).toEqual(['down', 'refused', 'connect', null]);
  });
});

describe('a peer that answers', () => {
  const answering = async (greeting: string, reply: string, entry: Entry = {}) => {
    const peer = await listen((socket) => {
      socket.write(greeting);
      socket.on('data', () => socket.write(reply));
    });
    return probe(owned(peer).port, 'joe:secret@', { timeout_ms: 600, ...entry });
  };

  test.each([
    ['verbose, with a PING of its own', 'INFO {}\r\n', '+OK\r\nPING\r\nPONG\r\n'],
    ['another INFO', 'INFO {"version":"1"}\r\n', 'INFO {"version":"2"}\r\nPONG\r\n'],
    ['line ends without CR', 'INFO {"a":[1,{}]} \n', 'PONG\n'],
  ])('%s is up', async (_, greeting, reply) => {
    const result = await answering(greeting, reply);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test('lame duck mode, at once or told later, is degraded', async () => {
    for (const [greeting, reply] of [
      ['INFO {"ldm":true}\r\n', 'PONG\r\n'],
      ['INFO {}\r\n', 'INFO {"ldm":true}\r\nPONG\r\n'],
    ] as const)
      expect(verdict(await answering(greeting, reply))).toEqual([
        'degraded',
        'status',
        'expect',
        'lame_duck',
      ]);
  });

  test.each([
    ['INFO nonsense\r\n', '', 'protocol'],
    ['INFO []\r\n', '', 'protocol'],
    [`INFO ${'['.repeat(60_000)}\r\n`, '', 'protocol'],
    [`INFO {"a":"${'x'.repeat(70_000)}"}\r\n`, '', 'too_large'],
    ["-ERR 'maximum connections exceeded'\r\n", '', 'overloaded'],
    ['INFO {}\r\n', "-ERR 'Authorization Violation'\r\n", 'auth'],
    ['INFO {}\r\n', "-ERR 'User Authentication Expired'\r\n", 'auth'],
    ['INFO {}\r\n', "-ERR 'maximum account active connections exceeded'\r\n", 'overloaded'],
    ['INFO {}\r\n', "-ERR 'Stale Connection'\r\n", 'status'],
    ['INFO {}\r\n', '-ERR\r\n', 'status'],
    ['INFO {}\r\n', 'what\r\n', 'protocol'],
    ['INFO {}\r\n', 'PING\r\n'.repeat(300), 'too_large'],
    ['INFO {}\r\n', 'MSG a 1 99999999\r\n', 'too_large'],
    ['INFO {}\r\n', 'MSG a 1 -3\r\n', 'protocol'],
    // It ends with no byte before TLS: what comes with INFO may be injected.
    ['INFO {"tls_required":true}\r\nPONG\r\n', '', 'protocol'],
  ])('%.30j then %.40j is %s', async (greeting, reply, code) => {
    const result = await answering(greeting, reply);
    expect([result.status, result.reason?.code]).toEqual(['down', code]);
    expect(JSON.stringify(result.reasons)).not.toContain('secret');
  });

  test('no transcript shows a password, a token, or what proves a key', async () => {
    const { seed } = makeSeed('U');
    const peer = owned(
      await listen((socket) => {
        socket.write('INFO {"nonce":"abc"}\r\n');
        socket.on('data', () => socket.write('PONG\r\n'));
      }),
    );
    for (const [userinfo, options] of [
      ['joe:secret@', {}],
      [':secret@', {}],
      ['', { nkey: seed }],
    ] as const) {
      const target = `nats://${userinfo}127.0.0.1:${String(peer.port)}`;
      const { result, transcript } = await probeWithTranscript(nats, target, { options });
      expect(result.status).toBe('up');
      expect(transcript).toContain('***');
      expect(transcript).not.toContain('secret');
      expect(transcript).not.toMatch(/"sig":"[^*]/);
    }
  });

  test('a message that never comes back is status', async () => {
    const result = await answering('INFO {}\r\n', 'PONG\r\n', ROUND);
    expect(verdict(result)).toEqual(['down', 'status', 'protocol', null]);
  });
});

describe('targets', () => {
  test('a token stands where the password does', () => {
    expect(() => jobFor(nats, 'nats://token@h')).toThrow(/nats:\/\/:TOKEN@HOST/);
  });
  test.each([
    ['a seed that is none', { nkey: 'SUAAAA' }],
    ['a public key instead of a seed', { nkey: makeSeed('U').publicKey }],
    [
      'a seed with a wrong letter',
      { nkey: makeSeed('U').seed.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')) },
    ],
    ['credentials without their parts', { creds: 'nothing' }],
    ['both', { creds: 'x', nkey: 'y' }],
  ])('%s is refused, and not repeated', (_, options) => {
    expect(() => jobFor(nats, 'nats://h', { options })).toThrow(/expected|exclude/);
  });

  test('a login twice is refused, and a reference that is not known yet is not', () => {
    expect(() => jobFor(nats, 'nats://:token@h', { options: { nkey: makeSeed('U').seed } })).toThrow(
      /already/,
    );
    expect(() => jobFor(nats, 'nats://h', { options: { creds: PLACEHOLDER } })).not.toThrow();
  });

  test('natss has no STARTTLS', () => {
    expect(() => jobFor(nats, 'natss://h', { options: { starttls: 'auto' } })).toThrow(/first byte/);
  });
});
