import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { nntp } from '../../../../lib/probe/probers/nntp.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { NNRPD_PROGRAMS, type Nnrpd, type NnrpdStart, startNnrpd } from '../../../servers/nnrpd.ts';
import { isRoot } from '../../../servers/postfix.ts';

const started: Nnrpd[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
});
const start = async (how: NnrpdStart) => {
  const server = await startNnrpd(how);
  started.push(server);
  return server;
};
const probe = (port: number, path = '', entry: Entry = {}) =>
  probeTarget(nntp, `nntp://127.0.0.1:${String(port)}${path}`, entry);
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

/** nnrpd becomes another user. */
const describeNnrpd: typeof describeWith = (programs, name, body) =>
  isRoot || process.env['PUPTIME_REQUIRE_DAEMONS'] === '1'
    ? describeWith(programs, name, body)
    : describe.skip(`${name} (only root can start nnrpd)`, body);

describeNnrpd([...NNRPD_PROGRAMS, 'openssl'], 'a real nnrpd', () => {
  let server: Nnrpd;
  beforeAll(async () => {
    server = await startNnrpd({ certificate: testCertificates().valid });
  });
  afterAll(async () => server.stop());

  proberContract({
    prober: nntp,
    target: (port) => `nntp://127.0.0.1:${String(port)}/local.test`,
    tlsTarget: (port) => `nntps://127.0.0.1:${String(port)}`,
    healthy: () => Promise.resolve({ port: server.port, close: () => undefined }),
    // HTTP waits for the client, NNTP for the server
    codes: { http: ['timeout'] },
    patient: ['http'],
    entry: { service: { tls: { ca: testCertificates().ca } } },
  });

  test('healthy: a group and its articles', async () => {
    const result = await probe(server.port, '/local.test', { options: { starttls: 'never' } });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      code: 200,
      posting: true,
      tls: false,
      found: true,
      articles: 1,
      first: 1,
      last: 1,
    });
    expect(result.facts['software']).toMatch(/^INN 2/);
    expect(result.facts['capabilities']).toContain('READER');
  });

  test('an empty group is up; one that is not there is status, and may be expected', async () => {
    const options = { starttls: 'never' };
    expect((await probe(server.port, '/local.empty', { options })).facts).toMatchObject({
      found: true,
      articles: 0,
    });
    expect(verdict(await probe(server.port, '/no.such.group', { options }))).toEqual([
      'down',
      'status',
      'expect',
      'found',
    ]);
    expect((await probe(server.port, '/no.such.group', { options, expect: { found: false } })).status).toBe(
      'up',
    );
  });

  test('its overview is lost: it says 400', async () => {
    const broken = await start({ broken: true });
    const result = await probe(broken.port, '/local.test');
    expect(verdict(result)).toEqual(['down', 'status', 'protocol', null]);
    expect(result.facts['code']).toBe(400);
  });

  test('frozen: timeout; stopped: refused', async () => {
    const own = await start({});
    own.signal('SIGSTOP');
    expect(verdict(await probe(own.port, '', { timeout_ms: 300 }))).toEqual([
      'down',
      'timeout',
      'protocol',
      null,
    ]);
    await own.stop();
    expect(verdict(await probe(own.port))).toEqual(['down', 'refused', 'connect', null]);
  });
});

describeNnrpd([...NNRPD_PROGRAMS, 'openssl'], 'a real nnrpd with TLS', () => {
  for (const scheme of ['nntp', 'nntps'])
    tlsContract({
      prober: nntp,
      name: scheme,
      target: (port) => `${scheme}://localhost:${String(port)}/local.test`,
      start: (certificate) => startNnrpd({ certificate, direct: scheme === 'nntps' }),
    });

  test('a login: right, wrong, none, and never without TLS', async () => {
    const server = await start({ certificate: testCertificates().valid, guarded: true });
    const login = (userinfo: string, options = {}) =>
      probeTarget(nntp, `nntp://${userinfo}localhost:${String(server.port)}/local.test`, {
        options,
        service: { tls: { ca: testCertificates().ca }, ip: '4' },
      });
    const right = await login('reader:pass%20word@');
    expect(right.status, JSON.stringify(right.reasons)).toBe('up');
    expect(right.facts).toMatchObject({ tls: true, articles: 1 });
    expect(right.facts['capabilities']).toEqual(expect.arrayContaining(['STARTTLS']));
    const wrong = await login('reader:wrong@');
    expect(verdict(wrong)).toEqual(['down', 'auth', 'auth', null]);
    expect(wrong.facts['code']).toBe(481);
    expect(verdict(await login(''))).toEqual(['down', 'auth', 'auth', null]);
    const plain = await start({});
    const refused = await probeTarget(nntp, `nntp://reader:secret@127.0.0.1:${String(plain.port)}`, {});
    expect(refused.reason?.code).toBe('tls_handshake');
  });
});
