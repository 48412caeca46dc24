import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { xmpp } from '../../../../lib/probe/probers/xmpp.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { PROSODY_PROGRAMS, type Prosody, type ProsodyStart, startProsody } from '../../../servers/prosody.ts';

const started: Prosody[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
});
const start = async (how: ProsodyStart) => {
  const server = await startProsody(how);
  started.push(server);
  return server;
};
const domain = { domain: 'localhost' };
const probe = (port: number, entry: Entry = {}, userinfo = '') =>
  probeTarget(xmpp, `xmpp://${userinfo}127.0.0.1:${String(port)}`, { options: domain, ...entry });
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

describeWith(PROSODY_PROGRAMS, 'a real prosody', () => {
  let server: Prosody;
  beforeAll(async () => {
    server = await startProsody();
  });
  afterAll(async () => server.stop());

  proberContract({
    prober: xmpp,
    target: (port) => `xmpp://127.0.0.1:${String(port)}`,
    tlsTarget: (port) => `xmpps://127.0.0.1:${String(port)}`,
    entry: { options: domain },
    healthy: () => Promise.resolve({ port: server.port, close: () => undefined }),
  });

  test('healthy without TLS: features and mechanisms', async () => {
    const result = await probe(server.port);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ server: 'localhost', tls: false });
    expect(result.facts['features']).toContain('mechanisms');
    expect(result.facts['auth_methods']).toContain('SCRAM-SHA-1');
  });

  test('a domain that it does not serve is status, with the words', async () => {
    const result = await probe(server.port, { options: { domain: 'other.example' } });
    expect(verdict(result)).toEqual(['down', 'status', 'protocol', null]);
    expect(result.reason?.text).toContain('host-unknown');
  });

  test('without TLS: a login by SCRAM where it is allowed, else none', async () => {
    const plain = { options: { ...domain, allow_plaintext: true } };
    const right = await probe(server.port, plain, 'me:pass%20word@');
    expect(right.status, JSON.stringify(right.reasons)).toBe('up');
    expect(verdict(await probe(server.port, plain, 'me:wrong@'))).toEqual(['down', 'auth', 'auth', null]);
    expect(verdict(await probe(server.port, plain, 'nobody:wrong@'))).toEqual(['down', 'auth', 'auth', null]);
    expect(verdict(await probe(server.port, {}, 'me:secret@'))).toEqual([
      'down',
      'tls_handshake',
      'tls',
      null,
    ]);
  });

  test('as another server, and a client at the port for servers', async () => {
    const result = await probe(server.serverPort, { options: { ...domain, s2s: true } });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    const mistaken = await probe(server.serverPort);
    expect(verdict(mistaken)).toEqual(['down', 'protocol', 'protocol', null]);
    expect(mistaken.reason?.text).toContain('a port for jabber:server');
  });

  test('frozen: timeout; stopped: refused', async () => {
    const own = await start({});
    own.signal('SIGSTOP');
    expect(verdict(await probe(own.port, { options: domain, timeout_ms: 300 }))).toEqual([
      'down',
      'timeout',
      'protocol',
      null,
    ]);
    await own.stop();
    expect(verdict(await probe(own.port))).toEqual(['down', 'refused', 'connect', null]);
  });
});

describeWith([...PROSODY_PROGRAMS, 'openssl'], 'a real prosody with TLS', () => {
  for (const scheme of ['xmpp', 'xmpps'])
    tlsContract({
      prober: xmpp,
      name: scheme,
      target: (port) => `${scheme}://localhost:${String(port)}`,
      start: (certificate) => startProsody({ certificate, direct: scheme === 'xmpps' }),
    });

  test('a login under TLS; the certificate must be the domain’s', async () => {
    const server = await start({
      certificate: testCertificates().valid,
      lines: ['c2s_require_encryption = true'],
    });
    const login = (userinfo: string, options = {}) =>
      probeTarget(xmpp, `xmpp://${userinfo}localhost:${String(server.port)}`, {
        options,
        service: { tls: { ca: testCertificates().ca }, ip: '4' },
      });
    const right = await login('me:pass%20word@');
    expect(right.status, JSON.stringify(right.reasons)).toBe('up');
    expect(right.facts).toMatchObject({ tls: true });
    expect(right.facts['features']).toEqual(expect.arrayContaining(['starttls', 'mechanisms']));
    expect(verdict(await login('me:wrong@'))).toEqual(['down', 'auth', 'auth', null]);
    const asServer = await probeTarget(xmpp, `xmpp://localhost:${String(server.serverPort)}`, {
      options: { s2s: true },
      service: { tls: { ca: testCertificates().ca }, ip: '4' },
    });
    expect(asServer.status, JSON.stringify(asServer.reasons)).toBe('up');
    expect(asServer.facts).toMatchObject({ tls: true });
    const wrongHost = await start({ certificate: testCertificates().wrongHost });
    const named = await probeTarget(xmpp, `xmpp://localhost:${String(wrongHost.port)}`, {
      service: { tls: { ca: testCertificates().ca, server_name: 'other.example.org' }, ip: '4' },
    });
    expect(named.status, JSON.stringify(named.reasons)).toBe('up');
  });
});
