import { afterAll, beforeAll, expect, it } from 'vitest';
import { http } from '../../../../lib/probe/probers/http.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { NGINX_PROGRAMS, type Nginx, startNginx } from '../../../servers/nginx.ts';

describeWith(NGINX_PROGRAMS, 'nginx', () => {
  let nginx: Nginx;
  beforeAll(async () => {
    nginx = await startNginx();
  });
  afterAll(() => nginx.stop());

  const TLS = { service: { tls: { ca: testCertificates().ca } } };
  const plain = (path: string, entry: Entry = {}) =>
    probeTarget(http, `http://127.0.0.1:${String(nginx.port)}${path}`, entry);
  const secure = (path: string, entry: Entry = {}) =>
    probeTarget(http, `https://127.0.0.1:${String(nginx.securePort)}${path}`, { ...TLS, ...entry });

  proberContract({
    prober: http,
    target: (port) => `http://127.0.0.1:${String(port)}/`,
    healthy: startNginx,
    half: 100,
    codes: { http: ['status'] },
  });

  it('over HTTP/1.1, packed by gzip', async () => {
    const result = await plain('/', {
      expect: { body: 'hello hello', headers: { 'Content-Encoding': 'gzip', server: { matches: '^nginx' } } },
    });
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({
      status: 200,
      version: '1.1',
      title: 'It & works',
      redirects: 0,
      ip: '127.0.0.1',
    });
  });

  it('over HTTP/2, with TLS and without', async () => {
    const tls = await secure('/data.json', {
      expect: { json: { '$.database': 'up', '$.queue': '< 10' }, version: '2', alpn: 'h2' },
    });
    expect(tls.reasons).toEqual([]);
    expect(tls.facts['cert_days']).toBeGreaterThan(80);
    expect(tls.timings.tls_ms).toBeGreaterThan(0);
    const clear = await probeTarget(http, `http://127.0.0.1:${String(nginx.clearPort)}/`, {
      options: { http_version: '2' },
    });
    expect(clear.facts).toMatchObject({ status: 200, version: '2', title: 'It & works' });
    expect((await secure('/', { options: { http_version: '1.1' } })).facts['version']).toBe('1.1');
  });

  it('a download of 10 MiB, in both versions', async () => {
    for (const result of [
      await plain('/big', { timeout_ms: 10_000 }),
      await secure('/big', { timeout_ms: 10_000 }),
    ]) {
      expect(result.reasons).toEqual([]);
      expect(result.facts['size']).toBe(10 * 2 ** 20);
    }
  });

  it('redirects, also from http to https', async () => {
    expect((await plain('/redirect')).facts).toMatchObject({
      status: 200,
      redirects: 1,
      title: 'It & works',
    });
    const away = await plain('/away', TLS);
    expect(away.reasons).toEqual([]);
    expect(away.facts).toMatchObject({
      status: 200,
      version: '2',
      url: `https://localhost:${String(nginx.securePort)}/data.json`,
    });
  });

  it('a login', async () => {
    const login = (password: string) => ({ options: { auth: { basic: { username: 'user', password } } } });
    expect((await plain('/private', login('secret'))).reasons).toEqual([]);
    expect((await plain('/private', login('wrong'))).reason?.code).toBe('auth');
    expect((await plain('/private')).reason).toMatchObject({ code: 'status', got: 401 });
  });

  it('statuses and HEAD', async () => {
    expect((await plain('/missing')).reason?.text).toBe('status is 404, expected 200 to 299');
    expect((await secure('/gone', { expect: { status: [404, 410] } })).status).toBe('up');
    for (const result of [
      await plain('/big', { options: { method: 'HEAD' } }),
      await secure('/big', { options: { method: 'HEAD' } }),
    ]) {
      expect(result.reasons).toEqual([]);
      expect(result.facts).not.toHaveProperty('size');
    }
  });

  it('each speaking to the other’s port is told so', async () => {
    const onTls = await probeTarget(http, `http://127.0.0.1:${String(nginx.securePort)}/`);
    expect(onTls.reason?.text).toContain('it is an HTTPS port');
    const onPlain = await probeTarget(http, `https://127.0.0.1:${String(nginx.port)}/`);
    expect(onPlain.reason).toMatchObject({ code: 'tls_handshake', phase: 'tls' });
    expect(onPlain.reason?.text).toContain('not in TLS');
  });

  it('is down as timeout when it is frozen', async () => {
    const frozen = await startNginx();
    frozen.signal('SIGSTOP');
    const result = await probeTarget(http, `http://127.0.0.1:${String(frozen.port)}/`, { timeout_ms: 300 });
    expect(result.reason?.code).toBe('timeout');
    await frozen.stop();
  });
});
