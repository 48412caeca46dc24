import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { ftp } from '../../../../lib/probe/probers/ftp.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { isRoot } from '../../../servers/postfix.ts';
import { NEWEST, VSFTPD_PROGRAMS, type Vsftpd, startVsftpd, vsftpdTls } from '../../../servers/vsftpd.ts';

const started: Vsftpd[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
});

async function start(...how: Parameters<typeof startVsftpd>): Promise<Vsftpd> {
  const server = await startVsftpd(...how);
  started.push(server);
  return server;
}

const probe = (port: number, path = '/', entry: Entry = {}, userinfo = '') =>
  probeTarget(ftp, `ftp://${userinfo}127.0.0.1:${String(port)}${path}`, entry);
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const age = () => Math.round((Date.now() - NEWEST.getTime()) / 1000);

/** Connects until it is greeted: the session that saw whether the server accepts may still count. */
async function holdSession(port: number): Promise<Socket> {
  for (;;) {
    const holder = connect({ port, host: '127.0.0.1' });
    const [greeting] = (await once(holder, 'data')) as [Buffer];
    if (greeting.toString().startsWith('220')) return holder;
    holder.destroy();
  }
}

/** vsftpd wants to be started by root. */
const describeVsftpd: typeof describeWith = (programs, name, body) =>
  isRoot || process.env['PUPTIME_REQUIRE_DAEMONS'] === '1'
    ? describeWith(programs, name, body)
    : describe.skip(`${name} (only root can start vsftpd)`, body);

describeVsftpd(VSFTPD_PROGRAMS, 'a real vsftpd under the contract', () => {
  proberContract({
    prober: ftp,
    target: (port) => `ftp://127.0.0.1:${String(port)}/pub/`,
    tlsTarget: (port) => `ftps://127.0.0.1:${String(port)}`,
    healthy: () => startVsftpd(),
    // HTTP waits for the client, FTP for the server
    codes: { http: ['timeout'] },
    patient: ['http'],
  });
});

describeVsftpd([...VSFTPD_PROGRAMS, 'openssl'], 'a real vsftpd with TLS', () => {
  const entry = { timeout_ms: 3000 };
  tlsContract({
    prober: ftp,
    name: 'ftp with AUTH TLS, a listing under TLS that must resume the session',
    target: (port) => `ftp://localhost:${String(port)}/pub/`,
    entry,
    start: (certificate) => startVsftpd(vsftpdTls(certificate)),
  });
  tlsContract({
    prober: ftp,
    name: 'ftps',
    target: (port) => `ftps://localhost:${String(port)}/pub/`,
    entry,
    start: (certificate) => startVsftpd(vsftpdTls(certificate, true)),
  });

  test('under TLS a listing has its facts, with each version of TLS', async () => {
    const server = await start(vsftpdTls(testCertificates().valid));
    for (const max_version of ['1.2', '1.3'] as const) {
      const result = await probeTarget(ftp, `ftp://localhost:${String(server.port)}/pub/`, {
        service: { tls: { ca: testCertificates().ca, max_version }, ip: '4' },
      });
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
      expect(result.facts).toMatchObject({ tls: true, files: 2, tls_version: max_version });
    }
  });

  test('a login goes under TLS alone', async () => {
    const server = await start(vsftpdTls(testCertificates().valid), ['right']);
    const login = (userinfo: string, options = {}) =>
      probeTarget(ftp, `ftp://${userinfo}localhost:${String(server.port)}/file.txt`, {
        options,
        service: { tls: { ca: testCertificates().ca }, ip: '4' },
      });
    expect((await login('ftp:right@')).facts).toMatchObject({ tls: true, size: 42 });
    expect(verdict(await login('ftp:wrong@'))).toEqual(['down', 'auth', 'auth', null]);
    const plain = await start({}, ['right']);
    const refused = await probe(plain.port, '/', {}, 'ftp:right@');
    expect(verdict(refused)).toEqual(['down', 'tls_handshake', 'tls', null]);
    const allowed = await probe(plain.port, '/', { options: { allow_plaintext: true } }, 'ftp:right@');
    expect(allowed.status, JSON.stringify(allowed.reasons)).toBe('up');
    expect(allowed.facts).toMatchObject({ tls: false });
  });

  test('a server that is not to be spoken to without TLS', async () => {
    const server = await start({ ...vsftpdTls(testCertificates().valid), force_anon_logins_ssl: 'YES' });
    const result = await probe(server.port, '/', { options: { starttls: 'never' } });
    expect(verdict(result)).toEqual(['down', 'auth', 'auth', null]);
  });
});

describeVsftpd(VSFTPD_PROGRAMS, 'a real vsftpd', () => {
  let server: Vsftpd;
  beforeAll(async () => {
    server = await startVsftpd();
  });
  afterAll(async () => server.stop());

  test('healthy: a directory, its files, their size and the age of the newest', async () => {
    const result = await probe(server.port, '/pub/');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      greeting: expect.stringContaining('vsFTPd') as string,
      code: 220,
      tls: false,
      found: true,
      files: 2,
      directories: 1,
      size: 1500,
      names: ['backup one.tar', 'backup.old.tar'],
      newest: 'backup one.tar',
    });
    expect(result.facts['features']).toContain('MDTM');
    expect(Math.abs((result.facts['age_s'] as number) - age())).toBeLessThan(5);
  });

  test('a file: size and age, without a second connection', async () => {
    const result = await probe(server.port, '/file.txt');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ found: true, size: 42 });
    expect(Math.abs((result.facts['age_s'] as number) - age())).toBeLessThan(5);
    expect(result.facts['files']).toBeUndefined();
  });

  test('an empty directory has no newest file; a path with a blank, and an absolute one', async () => {
    const empty = await probe(server.port, '/empty/');
    expect(empty.facts).toMatchObject({ found: true, files: 0, size: 0, age_s: null, newest: null });
    expect((await probe(server.port, '/pub/backup%20one.tar')).facts['size']).toBe(1000);
    expect((await probe(server.port, '//pub/backup.old.tar')).facts['size']).toBe(500);
  });

  test('what is too old, or missing, is down; a missing one may be allowed', async () => {
    const old = await probe(server.port, '/pub/', { expect: { age_s: '< 10m' } });
    expect(verdict(old)).toEqual(['down', 'assertion', 'expect', 'age_s']);
    for (const path of ['/gone.txt', '/gone/']) {
      const gone = await probe(server.port, path);
      expect(verdict(gone), path).toEqual(['down', 'status', 'expect', 'found']);
      expect(gone.output).toMatch(/^550 /);
    }
    expect((await probe(server.port, '/gone.txt', { expect: { found: false } })).status).toBe('up');
    expect(verdict(await probe(server.port, '/file.txt', { expect: { found: false } }))).toEqual([
      'down',
      'status',
      'expect',
      'found',
    ]);
  });

  test('a user where only anonymous ones are let in', async () => {
    const result = await probe(server.port, '/', { options: { allow_plaintext: true } }, 'alice:secret@');
    expect(verdict(result)).toEqual(['down', 'auth', 'auth', null]);
    expect(result.reason?.text).toContain('530');
    expect(result.facts).toMatchObject({ code: 530, tls: false });
  });

  test('a server without EPSV is asked by PASV, whose address is not believed', async () => {
    const old = await start({
      cmds_denied: 'EPSV',
      pasv_address: '192.0.2.99',
      pasv_enable: 'YES',
    });
    const result = await probe(old.port, '/pub/');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['files']).toBe(2);
  });

  test('passive connections are off', async () => {
    const off = await start({ pasv_enable: 'NO' });
    const result = await probe(off.port, '/pub/');
    expect(verdict(result)).toEqual(['down', 'status', 'protocol', null]);
    expect(result.reason?.text).toContain('no passive connection');
  });

  test('a wrong password; login: false looks at the greeting only', async () => {
    const guarded = await start({}, ['right']);
    expect(verdict(await probe(guarded.port))).toEqual(['down', 'auth', 'auth', null]);
    const greeted = await probe(guarded.port, '/', { options: { login: false } });
    expect(greeted.status, JSON.stringify(greeted.reasons)).toBe('up');
  });

  test('too many connections: 421 is overloaded', async () => {
    const small = await start({ max_clients: '1' });
    const holder = await holdSession(small.port);
    const result = await probe(small.port);
    holder.destroy();
    expect(verdict(result)).toEqual(['down', 'overloaded', 'protocol', null]);
    expect(result.facts['code']).toBe(421);
  });

  test('a broken configuration: 500 OOPS is status', async () => {
    const broken = await start({ secure_chroot_dir: '/nowhere' });
    const result = await probe(broken.port);
    expect(result.status).toBe('down');
    expect(result.reason?.code).toBe('status');
    expect(result.reason?.text).toContain('OOPS');
  });

  test('frozen: timeout; stopped: refused', async () => {
    const frozen = await start();
    frozen.signal('SIGSTOP');
    expect(verdict(await probe(frozen.port, '/', { timeout_ms: 300 }))).toEqual([
      'down',
      'timeout',
      'protocol',
      null,
    ]);
    await frozen.stop();
    expect(verdict(await probe(frozen.port))).toEqual(['down', 'refused', 'connect', null]);
  });
});
