import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { ldap } from '../../../../lib/probe/probers/ldap.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { type TestCertificate, testCertificates } from '../../../servers/certificates.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { PROBE_DN, PROBE_PASSWORD, SLAPD_PROGRAMS, type Slapd, startSlapd } from '../../../servers/slapd.ts';

const BASE = '/dc=example,dc=org';
const LOGIN = `${encodeURIComponent(PROBE_DN)}:${encodeURIComponent(PROBE_PASSWORD)}@`;
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

describeWith(SLAPD_PROGRAMS, 'a real slapd under the contract', () => {
  // One for each certificate, which answers all who come.
  const servers = new Map<string, Promise<Slapd>>();
  afterAll(async () => {
    for (const server of servers.values()) await (await server).close();
  });
  const shared = async (certificate: TestCertificate) => {
    const server = servers.get(certificate.cert) ?? startSlapd({ certificate });
    servers.set(certificate.cert, server);
    const { port, tlsPort } = await server;
    return { port, tlsPort: tlsPort ?? 0, close: () => undefined };
  };
  proberContract({
    prober: ldap,
    target: (port) => `ldap://127.0.0.1:${String(port)}${BASE}`,
    tlsTarget: (port) => `ldaps://127.0.0.1:${String(port)}${BASE}`,
    healthy: () => shared(testCertificates().valid),
  });
  tlsContract({
    prober: ldap,
    name: 'ldaps',
    target: (port) => `ldaps://localhost:${String(port)}${BASE}`,
    async start(certificate) {
      const { tlsPort, close } = await shared(certificate);
      return { port: tlsPort, close };
    },
  });
  tlsContract({
    prober: ldap,
    name: 'ldap with StartTLS',
    target: (port) => `ldap://localhost:${String(port)}${BASE}`,
    entry: { options: { starttls: 'require' } },
    start: shared,
  });
});

describeWith(SLAPD_PROGRAMS, 'a real slapd', () => {
  let server: Slapd;
  beforeAll(async () => {
    server = await startSlapd({ certificate: testCertificates().valid });
  });
  afterAll(async () => server.close());
  const probe = (rest = '', options = {}, entry: Entry = {}, userinfo = '') =>
    probeTarget(ldap, `ldap://${userinfo}localhost:${String(server.port)}${rest}`, {
      options,
      ...entry,
      service: { tls: { ca: testCertificates().ca }, ip: '4', ...entry.service },
    });

  test('without a base: its own entry', async () => {
    const result = await probe();
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      result: 'success',
      vendor: 'OpenLDAP',
      naming_contexts: ['dc=example,dc=org'],
      tls: false,
    });
    expect(result.facts['extensions']).toContain('1.3.6.1.4.1.1466.20037');
    expect(result.facts).not.toHaveProperty('entries');
    expect(result.facts).not.toHaveProperty('values');
  });

  test('a base: its values, one or several, as text or base64', async () => {
    const result = await probe(`/uid=ada,ou=people,dc=example,dc=org`, {
      attributes: ['CN', 'mail', 'jpegPhoto', 'employeenumber'],
    });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      result: 'success',
      entries: 1,
      dns: ['uid=ada,ou=people,dc=example,dc=org'],
      values: {
        CN: 'Ada (Countess) Lovelace',
        mail: ['ada@example.org', 'countess@example.org'],
        jpegPhoto: '/9j/4A==',
        employeenumber: '12',
      },
    });
    const expected = { values: { mail: 'ada@example.org', employeenumber: '>= 12' } };
    const options = { attributes: ['mail', 'employeenumber'] };
    const held = await probe('/uid=ada,ou=people,dc=example,dc=org', options, { expect: expected });
    expect(held.status, JSON.stringify(held.reasons)).toBe('up');
  });

  test.each([
    ['(uid=*)', 2],
    ['uid=ada', 1],
    ['(&(objectClass=inetOrgPerson)(!(uid=bob)))', 1],
    ['(|(uid=ada)(uid=bob)(uid=carol))', 2],
    ['(cn=Ada*\\28Count*Love*)', 1],
    ['(cn=*lace)', 1],
    ['(uid>=b)', 0],
    ['(mail~=ada@example.org)', 1],
    ['(mail:caseIgnoreIA5Match:=ADA@example.org)', 1],
    ['(ou:dn:=people)', 3],
    ['(uid=nobody)', 0],
  ])('the filter %s finds %i', async (filter, entries) => {
    const result = await probe('/ou=people,dc=example,dc=org', { scope: 'sub', filter });
    expect([result.facts['result'], result.facts['entries']]).toEqual(['success', entries]);
    // Nothing found where something is looked for is the service’s failure.
    const missing = ['down', 'status', 'expect', 'entries'];
    expect(verdict(result)).toEqual(entries === 0 ? missing : ['up', undefined, undefined, undefined]);
  });

  test('none found can be what is expected', async () => {
    const result = await probe(BASE, { scope: 'sub', filter: '(uid=root)' }, { expect: { entries: 0 } });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test('those right below, and no more than the limit', async () => {
    const below = await probe('/ou=people,dc=example,dc=org', { scope: 'one' });
    expect([below.status, below.facts['entries']]).toEqual(['up', 2]);
    const limited = await probe('/ou=people,dc=example,dc=org', { scope: 'sub', limit: 2 });
    expect([limited.status, limited.facts['result'], limited.facts['entries']]).toEqual([
      'up',
      'sizeLimitExceeded',
      2,
    ]);
  });

  test('a base that is not there is status, and can be expected', async () => {
    const result = await probe('/ou=gone,dc=example,dc=org');
    expect(verdict(result)).toEqual(['down', 'status', 'expect', 'result']);
    expect(result.reason?.got).toBe('noSuchObject');
    expect(result.facts).toMatchObject({ vendor: 'OpenLDAP', entries: 0 });
    expect(result.output).toContain('the base is not there');
    const expected = await probe('/ou=gone,dc=example,dc=org', {}, { expect: { result: 'noSuchObject' } });
    expect(expected.status, JSON.stringify(expected.reasons)).toBe('up');
    expect(verdict(await probe('/dc=elsewhere'))).toEqual(['down', 'status', 'expect', 'result']);
  });

  test('a base that another server holds is a referral, which is not followed', async () => {
    const result = await probe('/ou=elsewhere,dc=example,dc=org');
    expect(verdict(result)).toEqual(['down', 'status', 'expect', 'result']);
    expect(result.reason?.got).toBe('referral');
    expect(result.facts['referrals']).toEqual([
      'ldap://other.example.org/ou=elsewhere,dc=example,dc=org??base',
    ]);
    const whole = await probe(BASE, { scope: 'sub', filter: '(ou=*)' });
    expect([whole.status, whole.facts['entries']]).toEqual(['up', 1]);
    expect(whole.facts['referrals']).toHaveLength(1);
  });

  test.each([
    ['0x03', 'timeLimitExceeded', 'status'],
    ['0x33', 'busy', 'overloaded'],
    ['0x34', 'unavailable', 'status'],
    ['0x35', 'unwillingToPerform', 'status'],
    ['0x50', 'other', 'status'],
  ])('the result %s is %s', async (code, name, reason) => {
    const result = await probe(`/cn=${code},ou=codes,dc=example,dc=org`);
    expect([...verdict(result), result.reason?.got]).toEqual(['down', reason, 'expect', 'result', name]);
  });

  test('a search that takes too long is a timeout, with the facts before it', async () => {
    const result = await probe('/cn=slow,ou=codes,dc=example,dc=org', {}, { timeout_ms: 400 });
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol', null]);
    expect(result.facts['vendor']).toBe('OpenLDAP');
  });

  test('a login over StartTLS, over ldaps, and in the clear when that is allowed', async () => {
    const started = await probe(BASE, {}, {}, LOGIN);
    expect(started.status, JSON.stringify(started.reasons)).toBe('up');
    expect(started.facts['tls']).toBe(true);
    const plain = await probe(BASE, { allow_plaintext: true }, {}, LOGIN);
    expect([plain.status, plain.facts['tls']]).toEqual(['up', false]);
    const direct = await probeTarget(ldap, `ldaps://${LOGIN}localhost:${String(server.tlsPort)}${BASE}`, {
      service: { tls: { ca: testCertificates().ca }, ip: '4' },
    });
    expect([direct.status, direct.facts['tls']]).toEqual(['up', true]);
  });

  test.each([
    [`${encodeURIComponent(PROBE_DN)}:wrong@`, 'invalidCredentials'],
    ['cn=nobody,dc=example,dc=org:wrong@', 'invalidCredentials'],
    ['nobody:wrong@', 'invalidDNSyntax'],
  ])('the login %s is refused', async (userinfo, name) => {
    const result = await probe(BASE, {}, {}, userinfo);
    expect(verdict(result)).toEqual(['down', name === 'invalidDNSyntax' ? 'status' : 'auth', 'auth', null]);
    expect(result.reason?.text).toContain(name);
    expect(result.facts['cert_days']).toBeTypeOf('number');
  });

  test('nobody logs in at a server with a bad certificate', async () => {
    const result = await probeTarget(ldap, `ldap://${LOGIN}localhost:${String(server.port)}${BASE}`, {
      service: { tls: {}, ip: '4' },
    });
    expect(verdict(result)).toEqual(['down', 'tls_untrusted', 'tls', null]);
  });

  test('frozen: it accepts, and says nothing', async () => {
    server.signal('SIGSTOP');
    try {
      expect(verdict(await probe(BASE, {}, { timeout_ms: 300 }))).toEqual([
        'down',
        'timeout',
        'protocol',
        null,
      ]);
    } finally {
      server.signal('SIGCONT');
    }
  });

  test('ldap on the port of ldaps is told at once; ldaps on the port of ldap is no TLS', async () => {
    const plain = await probeTarget(ldap, `ldap://127.0.0.1:${String(server.tlsPort)}${BASE}`, {
      timeout_ms: 1000,
    });
    expect(plain.status).toBe('down');
    expect(['protocol', 'closed', 'reset']).toContain(plain.reason?.code);
    const direct = await probeTarget(ldap, `ldaps://127.0.0.1:${String(server.port)}${BASE}`, {
      timeout_ms: 1000,
    });
    expect([direct.status, direct.reason?.phase]).toEqual(['down', 'tls']);
  });
});

describeWith(SLAPD_PROGRAMS, 'a real slapd that wants more, or has less', () => {
  const started: Slapd[] = [];
  afterAll(async () => {
    for (const server of started) await server.close();
  });
  const start = async (settings: Parameters<typeof startSlapd>[0]) => {
    const server = await startSlapd(settings);
    started.push(server);
    return server;
  };
  const at = ({ port }: Slapd, userinfo = '') => `ldap://${userinfo}localhost:${String(port)}${BASE}`;
  const trusting = { service: { tls: { ca: testCertificates().ca }, ip: '4' } } as const;

  test('without a certificate: StartTLS required is tls_handshake, auto goes on, stopped is refused', async () => {
    const server = await start({});
    const required = await probeTarget(ldap, at(server), { options: { starttls: 'require' } });
    expect(verdict(required)).toEqual(['down', 'tls_handshake', 'tls', null]);
    expect(verdict(await probeTarget(ldap, at(server, LOGIN)))).toEqual([
      'down',
      'tls_handshake',
      'tls',
      null,
    ]);
    const auto = await probeTarget(ldap, at(server), { options: { starttls: 'auto' } });
    expect([auto.status, auto.facts['tls']]).toEqual(['up', false]);
    await server.close();
    expect(verdict(await probeTarget(ldap, at(server)))).toEqual(['down', 'refused', 'connect', null]);
  });

  test('one that answers nobody who has not logged in is down with its words, and up with a login', async () => {
    const server = await start({ global: ['require authc'], certificate: testCertificates().valid });
    const anonymous = await probeTarget(ldap, at(server));
    expect(verdict(anonymous)).toEqual(['down', 'status', 'expect', 'result']);
    expect(anonymous.output).toBe('unwillingToPerform (53): authentication required');
    const login = await probeTarget(ldap, at(server, LOGIN), trusting);
    expect(login.status, JSON.stringify(login.reasons)).toBe('up');
  });

  test('one that answers nothing without TLS is auth, and says so', async () => {
    const server = await start({ global: ['security tls=1'], certificate: testCertificates().valid });
    const plain = await probeTarget(ldap, at(server));
    expect(verdict(plain)).toEqual(['down', 'auth', 'expect', 'result']);
    expect(plain.output).toContain('wants TLS first');
    const secured = await probeTarget(ldap, at(server), { options: { starttls: 'require' }, ...trusting });
    expect(secured.status, JSON.stringify(secured.reasons)).toBe('up');
  });

  test('one whose own entry nobody may read is up when the base is there', async () => {
    const server = await start({ global: ['access to dn.base="" by * none', 'access to * by * read'] });
    const result = await probeTarget(ldap, at(server));
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['vendor'] ?? null).toBeNull();
  });

  test('one that wants a client certificate: missing, then shown', async () => {
    const { valid, client, ca } = testCertificates();
    const server = await start({
      certificate: valid,
      global: ['TLSVerifyClient demand', `TLSCACertificateFile ${ca}`],
    });
    const direct = `ldaps://localhost:${String(server.tlsPort)}${BASE}`;
    const missing = await probeTarget(ldap, direct, trusting);
    // GnuTLS hangs up without a word.
    expect(missing.status).toBe('down');
    expect(['tls_handshake', 'closed', 'reset']).toContain(missing.reason?.code);
    const shown = await probeTarget(ldap, direct, {
      service: { tls: { ca, cert: client.cert, key: client.key }, ip: '4' },
    });
    expect(shown.status, JSON.stringify(shown.reasons)).toBe('up');
  });
});
