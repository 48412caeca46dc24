import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { smtp } from '../../../../lib/probe/probers/smtp.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { type TestCertificate, testCertificates } from '../../../servers/certificates.ts';
import { describeWith, until } from '../../../servers/daemon.ts';
import {
  POSTFIX_PROGRAMS,
  type Postfix,
  isRoot,
  startLoginServer,
  startPostfix,
} from '../../../servers/postfix.ts';

const started: { close(): unknown }[] = [];
afterEach(async () => {
  for (const server of started.splice(0).reverse()) await server.close();
});

async function start(settings: { readonly [name: string]: string } = {}) {
  const server = await startPostfix(settings);
  started.push(server);
  return server;
}

const at = (port: number) => `smtp://127.0.0.1:${String(port)}`;
/** One that was just started begins its processes with the first connections. */
const PATIENT = { timeout_ms: 10_000 };
const probe = (port: number, entry: Entry = {}) => probeTarget(smtp, at(port), { ...PATIENT, ...entry });
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

/** Postfix’s master wants to be started by root. */
const describePostfix: typeof describeWith = (programs, name, body) =>
  isRoot || process.env['PUPTIME_REQUIRE_DAEMONS'] === '1'
    ? describeWith(programs, name, body)
    : describe.skip(`${name} (only root can start postfix)`, body);

describePostfix(POSTFIX_PROGRAMS, 'a real postfix under the contract', () => {
  let server: Postfix;
  beforeAll(async () => {
    server = await startPostfix();
  });
  afterAll(async () => server.close());

  proberContract({
    prober: smtp,
    target: at,
    entry: PATIENT,
    healthy: async () => ({ port: server.port, close: () => undefined }),
    tlsTarget: (port) => `smtps://127.0.0.1:${String(port)}`,
    // it refuses EHLO
    codes: { smtp: ['status'], http: ['timeout'] },
    // HTTP waits for the client, SMTP for the server
    patient: ['http'],
  });
});

describePostfix(POSTFIX_PROGRAMS, 'a real postfix', () => {
  test('healthy: its facts, and a goodbye', async () => {
    const server = await start();
    const result = await probe(server.port);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ code: 220, tls: false, auth_methods: [], max_size: 10_240_000 });
    expect(result.facts['greeting']).toBe('mail.example.org ESMTP Postfix');
    expect(result.facts['capabilities']).toEqual(
      expect.arrayContaining(['PIPELINING', '8BITMIME', 'SIZE 10240000']),
    );
    await until('the goodbye in the log', () => /disconnect from .* ehlo=1 quit=1/.test(server.log()));
  });

  test('a recipient: accepted, unknown, relayed; and nothing is queued', async () => {
    const server = await start();
    const to = (rcpt_to: string, entry: Entry = {}) => probe(server.port, { options: { rcpt_to }, ...entry });
    const accepted = await to('postmaster@mail.example.org');
    expect(accepted.status, JSON.stringify(accepted.reasons)).toBe('up');
    expect(accepted.facts).toMatchObject({ sender: 'accepted', recipient: 'accepted', code: 220 });
    const unknown = await to('nobody-here@mail.example.org');
    expect(verdict(unknown)).toEqual(['down', 'status', 'expect', 'recipient']);
    expect(unknown.facts).toMatchObject({ recipient: 'refused', code: 550 });
    expect(unknown.facts['recipient_reply']).toContain('550 5.1.1');
    expect((await to('someone@elsewhere.example')).facts['recipient_reply']).toContain('554 5.7.1');
    const relay = await to('someone@elsewhere.example', { expect: { recipient: 'refused' } });
    expect(relay.status, JSON.stringify(relay.reasons)).toBe('up');
    expect((await to('postmaster@mail.example.org', { expect: { recipient: 'refused' } })).status).toBe(
      'down',
    );
    await until('the last goodbye', () => server.log().split('quit=1').length === 6);
    expect(server.log()).toMatch(/ehlo=1 mail=1 rcpt=1 rset=1 quit=1/);
    expect(server.log()).not.toMatch(/: [0-9A-F]{8,}: message-id/);
  });

  test('450 to a recipient is deferred', async () => {
    const server = await start({ smtpd_recipient_restrictions: 'defer' });
    const result = await probe(server.port, { options: { rcpt_to: 'postmaster@mail.example.org' } });
    expect(verdict(result)).toEqual(['down', 'status', 'expect', 'recipient']);
    expect(result.facts).toMatchObject({ recipient: 'deferred', code: 450 });
  });

  test('without room on the disk MAIL is answered with 452 4.3.1: overloaded', async () => {
    const server = await start({ queue_minfree: '900000000000000', message_size_limit: '10240000' });
    const result = await probe(server.port, { options: { mail_from: 'probe@example.org' } });
    expect(verdict(result)).toEqual(['down', 'overloaded', 'protocol', null]);
    expect(result.facts['code']).toBe(452);
  });

  test('554 instead of a greeting, 554 to EHLO: status, with the words', async () => {
    const door = await start({ smtpd_client_restrictions: 'reject', smtpd_delay_reject: 'no' });
    const turned = await probe(door.port);
    expect(verdict(turned)).toEqual(['down', 'status', 'protocol', null]);
    expect(turned.reason?.text).toContain('turns us away: 554 5.7.1');
    const helo = await start({ smtpd_helo_restrictions: 'reject', smtpd_delay_reject: 'no' });
    const refused = await probe(helo.port);
    expect(verdict(refused)).toEqual(['down', 'status', 'protocol', null]);
    expect(refused.reason?.text).toContain('refuses EHLO: 554 5.7.1');
    expect(refused.facts).toMatchObject({
      code: 554,
      greeting: 'mail.example.org ESMTP Postfix',
    });
  });

  test('too many connections: 421 is overloaded', async () => {
    const server = await start({
      smtpd_client_connection_count_limit: '1',
      smtpd_client_event_limit_exceptions: '',
    });
    const holder = connect({ port: server.port, host: '127.0.0.1' });
    await new Promise((resolve) => holder.once('data', resolve));
    const result = await probe(server.port);
    holder.destroy();
    expect(verdict(result)).toEqual(['down', 'overloaded', 'protocol', null]);
    expect(result.facts['code']).toBe(421);
  });

  test('frozen: timeout; stopped: refused', async () => {
    const server = await start();
    server.signal('SIGSTOP');
    expect(verdict(await probe(server.port, { timeout_ms: 300 }))).toEqual([
      'down',
      'timeout',
      'protocol',
      null,
    ]);
    await server.stop();
    expect(verdict(await probe(server.port))).toEqual(['down', 'refused', 'connect', null]);
  });
});

describePostfix([...POSTFIX_PROGRAMS, 'openssl'], 'a real postfix with STARTTLS', () => {
  const tlsSettings = ({ cert, key }: TestCertificate) => ({
    smtpd_tls_security_level: 'may',
    smtpd_tls_chain_files: `${key}, ${cert}`,
    smtpd_tls_auth_only: 'yes',
  });
  const startTls = async (certificate: TestCertificate, more: { [name: string]: string } = {}) =>
    start({ ...tlsSettings(certificate), ...more });
  const probeTls = (port: number, options: Entry['options'] = {}, userinfo = '') =>
    probeTarget(smtp, `smtp://${userinfo}localhost:${String(port)}`, {
      options,
      service: { tls: { ca: testCertificates().ca }, ip: '4' },
      ...PATIENT,
    });

  test('TLS is used when it is offered, its certificate judged, EHLO said again', async () => {
    const server = await startTls(testCertificates().valid);
    const result = await probeTls(server.port);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ tls: true, tls_version: '1.3', code: 220 });
    expect(Math.floor(result.facts['cert_days'] as number)).toBe(90);
    expect(result.facts['capabilities']).toContain('STARTTLS');
    expect(result.timings.tls_ms).not.toBeNull();
    await until('the goodbye in the log', () => /ehlo=2 starttls=1 quit=1/.test(server.log()));
  });

  test('never: no TLS, no certificate, up', async () => {
    const server = await startTls(testCertificates().expired);
    const result = await probeTls(server.port, { starttls: 'never' });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ tls: false });
  });

  test('required, but not offered', async () => {
    const server = await start();
    expect(verdict(await probeTls(server.port, { starttls: 'require' }))).toEqual([
      'down',
      'tls_handshake',
      'tls',
      null,
    ]);
    const login = await probeTls(server.port, {}, 'me:secret@');
    expect(verdict(login)).toEqual(['down', 'tls_handshake', 'tls', null]);
    expect(login.reason?.text).toContain('does not offer STARTTLS');
  });

  test.each([
    ['expired', 'tls_expired'],
    ['wrongHost', 'tls_hostname'],
    ['untrusted', 'tls_untrusted'],
  ] as const)('a certificate that is %s is %s', async (name, code) => {
    const server = await startTls(testCertificates()[name]);
    const result = await probeTls(server.port);
    expect(verdict(result)).toEqual(['down', code, 'tls', null]);
    expect(result.facts['capabilities']).toContain('STARTTLS');
    expect(result.facts['cert_days']).toBeTypeOf('number');
  });

  test('an intermediate certificate that ends soon is degraded', async () => {
    const server = await startTls(testCertificates().intermediateEnding);
    expect(verdict(await probeTls(server.port))).toEqual(['degraded', 'expiring', 'expect', 'cert_days']);
  });

  test('a login: right, wrong, and its server gone', async () => {
    const logins = await startLoginServer('me@example.org', 'pass word');
    started.push(logins);
    const server = await startTls(testCertificates().valid, {
      smtpd_sasl_auth_enable: 'yes',
      smtpd_sasl_type: 'dovecot',
      smtpd_sasl_path: `inet:127.0.0.1:${String(logins.port)}`,
    });
    const right = await probeTls(server.port, {}, 'me%40example.org:pass%20word@');
    expect(right.status, JSON.stringify(right.reasons)).toBe('up');
    expect(right.facts).toMatchObject({ tls: true, auth_methods: ['PLAIN'] });
    const wrong = await probeTls(server.port, {}, 'me%40example.org:wrong@');
    expect(verdict(wrong)).toEqual(['down', 'auth', 'auth', null]);
    expect(wrong.reason?.text).toContain('535 5.7.8');
    await until('goodbyes in the log', () => /auth=0\/1 quit=1/.test(server.log()));
  });

  test('a login that is wanted where none is offered is auth', async () => {
    const server = await startTls(testCertificates().valid);
    const result = await probeTls(server.port, {}, 'me:secret@');
    expect(verdict(result)).toEqual(['down', 'auth', 'auth', null]);
    expect(result.reason?.text).toContain('offers no login');
  });
});

describePostfix([...POSTFIX_PROGRAMS, 'openssl'], 'a real postfix with TLS from the first byte', () => {
  const wrapped = ({ cert, key }: TestCertificate) => ({
    smtpd_tls_security_level: 'encrypt',
    smtpd_tls_wrappermode: 'yes',
    smtpd_tls_chain_files: `${key}, ${cert}`,
  });
  const probeTls = (port: number, userinfo = '', entry: Entry = {}) =>
    probeTarget(smtp, `smtps://${userinfo}localhost:${String(port)}`, {
      service: { tls: { ca: testCertificates().ca }, ip: '4' },
      ...PATIENT,
      ...entry,
    });

  tlsContract({
    prober: smtp,
    name: 'smtps',
    entry: PATIENT,
    target: (port) => `smtps://localhost:${String(port)}`,
    start: (certificate) => startPostfix(wrapped(certificate)),
  });

  test('one EHLO, no STARTTLS, a login', async () => {
    const logins = await startLoginServer('me', 'secret');
    started.push(logins);
    const server = await start({
      ...wrapped(testCertificates().valid),
      smtpd_sasl_auth_enable: 'yes',
      smtpd_sasl_type: 'dovecot',
      smtpd_sasl_path: `inet:127.0.0.1:${String(logins.port)}`,
    });
    const result = await probeTls(server.port, 'me:secret@');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ tls: true, code: 220, auth_methods: ['PLAIN'] });
    expect(verdict(await probeTls(server.port, 'me:wrong@'))).toEqual(['down', 'auth', 'auth', null]);
    await until('the goodbye in the log', () => /ehlo=1 auth=1 quit=1/.test(server.log()));
  });

  test('smtp to an smtps port waits for a greeting: timeout', async () => {
    const server = await start(wrapped(testCertificates().valid));
    expect(verdict(await probe(server.port, { timeout_ms: 600 }))).toEqual([
      'down',
      'timeout',
      'protocol',
      null,
    ]);
  });

  test('smtps to an smtp port is no TLS, at once', async () => {
    const server = await start();
    expect(verdict(await probeTls(server.port))).toEqual(['down', 'tls_handshake', 'tls', null]);
  });
});
