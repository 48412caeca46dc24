import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { imap } from '../../../../lib/probe/probers/imap.ts';
import { pop3 } from '../../../../lib/probe/probers/pop3.ts';
import { sieve } from '../../../../lib/probe/probers/sieve.ts';
import type { Prober } from '../../../../lib/probe/prober.ts';
import { type Entry, type TestWorld, probeTarget } from '../../../contract/probe-target.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { until } from '../../../servers/daemon.ts';
import {
  type Dovecot,
  type DovecotPorts,
  LOGIN,
  USERINFO,
  describeDovecot,
  startDovecot,
} from '../../../servers/dovecot.ts';

type AnyProber = Prober<object>;
/** What one dovecot serves, and how its logins are the same for all. */
const PROBERS = {
  imap: imap as unknown as AnyProber,
  pop3: pop3 as unknown as AnyProber,
  sieve: sieve as unknown as AnyProber,
};
type Protocol = keyof typeof PROBERS;
const PROTOCOLS = Object.keys(PROBERS) as Protocol[];

const verdict = ({ status, reason }: Result) => [status, reason?.code ?? null, reason?.phase ?? null];
/** A dovecot that was just started begins its processes with the first connections. */
const PATIENT = { timeout_ms: 10_000 };
const IN_THE_CLEAR: Entry = { options: { allow_plaintext: true }, ...PATIENT };

async function probe(
  { ports }: { readonly ports: DovecotPorts },
  protocol: Protocol,
  userinfo: string = USERINFO,
  entry: Entry = IN_THE_CLEAR,
  world: TestWorld = {},
): Promise<Result> {
  return probeTarget(
    PROBERS[protocol],
    `${protocol}://${userinfo}127.0.0.1:${String(ports[protocol])}`,
    entry,
    world,
  );
}

describeDovecot('logging in to a real dovecot, without TLS', () => {
  describe.each(['plain', 'login', 'cram-md5', 'apop', 'scram-sha-1', 'scram-sha-256'])(
    'by %s',
    (mechanism) => {
      let server: Dovecot;
      beforeAll(async () => {
        server = await startDovecot({ settings: [`auth_mechanisms = ${mechanism}`] });
      });
      afterAll(async () => server.close());

      test.each(PROTOCOLS)('%s', async (protocol) => {
        // APOP is POP3’s own
        const right = mechanism === 'apop' && protocol !== 'pop3' ? null : await probe(server, protocol);
        if (right === null) return;
        expect(right.status, JSON.stringify(right.reasons)).toBe('up');
        expect(JSON.stringify(right)).not.toContain(LOGIN.password);
        const wrong = await probe(server, protocol, 'me%40example.org:wrong@');
        expect(verdict(wrong)).toEqual(['down', 'auth', 'auth']);
        const stranger = await probe(server, protocol, 'stranger:wrong@');
        expect(verdict(stranger)).toEqual(['down', 'auth', 'auth']);
        // nothing about the mechanism stands in the log but failures of passwords that are wrong
        expect(server.log()).not.toMatch(/bad command|invalid base64|protocol error/i);
      });
    },
  );
});

describeDovecot('logging in to a real dovecot, under TLS', () => {
  const probeTls = (server: Dovecot, protocol: Protocol, tls: object = {}) =>
    probeTarget(PROBERS[protocol], `${protocol}://${USERINFO}localhost:${String(server.ports[protocol])}`, {
      service: { tls: { ca: testCertificates().ca, ...tls }, ip: '4' },
      ...PATIENT,
    });

  describe('no password without it, and no other mechanism than one that needs a store of its own', () => {
    let server: Dovecot;
    beforeAll(async () => {
      server = await startDovecot({
        certificate: testCertificates().valid,
        settings: ['disable_plaintext_auth = yes', 'ssl = required', 'auth_mechanisms = scram-sha-256'],
      });
    });
    afterAll(async () => server.close());

    test.each(PROTOCOLS)('%s', async (protocol) => {
      const result = await probeTls(server, protocol);
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
      expect(result.facts).toMatchObject({ tls: true, auth_methods: ['SCRAM-SHA-256'] });
    });
  });

  describe('with a certificate of the client', () => {
    let server: Dovecot;
    beforeAll(async () => {
      const { valid, directory } = testCertificates();
      server = await startDovecot({
        certificate: valid,
        settings: [
          `ssl_ca = <${joinedAuthorities(directory)}`,
          'ssl_require_crl = no',
          'ssl_verify_client_cert = yes',
          'auth_ssl_require_client_cert = yes',
        ],
      });
    });
    afterAll(async () => server.close());

    test.each(PROTOCOLS)('%s: shown is up, missing is auth', async (protocol) => {
      const { client } = testCertificates();
      const shown = await probeTls(server, protocol, { cert: client.cert, key: client.key });
      expect(shown.status, JSON.stringify(shown.reasons)).toBe('up');
      const missing = await probeTls(server, protocol);
      expect(verdict(missing)).toEqual(['down', 'auth', 'auth']);
    });
  });
});

describeDovecot('a real dovecot whose logins fail for other reasons', () => {
  let server: Dovecot;
  beforeAll(async () => {
    server = await startDovecot({
      outOfOrder: true,
      settings: ['mail_max_userip_connections = 1', 'auth_mechanisms = plain'],
    });
  });
  afterAll(async () => server.close());

  test.each(PROTOCOLS)('%s: too many connections of this user is overloaded', async (protocol) => {
    // managesieve does not count them
    if (protocol === 'sieve') return;
    const holder = connect({ port: server.ports[protocol], host: '127.0.0.1' });
    let heard = '';
    holder.on('data', (data) => (heard += String(data)));
    const [begin, answer] =
      protocol === 'imap'
        ? [`a AUTHENTICATE PLAIN ${plain()}\r\n`, 'a OK']
        : [`AUTH PLAIN ${plain()}\r\n`, 'Logged in'];
    holder.write(begin);
    await until('the login of another client', () => heard.includes(answer));
    // Dovecot counts a connection a moment after it said that it is logged in.
    let result = await probe(server, protocol);
    await until('the count', async () => {
      if (result.status === 'up') result = await probe(server, protocol);
      return result.status !== 'up';
    });
    holder.destroy();
    expect(verdict(result), result.reason?.text).toEqual(['down', 'overloaded', 'auth']);
  });

  test.each(PROTOCOLS)(
    '%s: the store of users is out of order, which is no wrong password',
    async (protocol) => {
      const result = await probe(server, protocol, 'other%40example.org:secret@');
      expect(verdict(result), result.reason?.text).toEqual(['down', 'status', 'auth']);
      expect(result.reason?.text).toMatch(/temporary/i);
    },
  );
});

describeDovecot('a real dovecot that stops', () => {
  let server: Dovecot;
  beforeAll(async () => {
    server = await startDovecot();
  });
  afterAll(async () => server.close());

  test.each(PROTOCOLS)('%s: frozen is timeout', async (protocol) => {
    server.signal('SIGSTOP');
    expect(verdict(await probe(server, protocol, '', { timeout_ms: 300 }))).toEqual([
      'down',
      'timeout',
      'protocol',
    ]);
  });

  test.each(PROTOCOLS)('%s: stopped is refused', async (protocol) => {
    await server.stop();
    expect(verdict(await probe(server, protocol, '', {}))).toEqual(['down', 'refused', 'connect']);
  });
});

function plain(): string {
  return Buffer.from(`\0${LOGIN.username}\0${LOGIN.password}`).toString('base64');
}

/** What a server must trust to accept the client’s certificate. */
function joinedAuthorities(directory: string): string {
  const joined = path.join(directory, 'authorities.pem');
  const authorities = ['root.crt', 'intermediate.crt'].map((name) =>
    readFileSync(path.join(directory, name)),
  );
  writeFileSync(joined, Buffer.concat(authorities));
  return joined;
}
