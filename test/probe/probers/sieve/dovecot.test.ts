import { afterAll, beforeAll, expect, test } from 'vitest';
import { sieve } from '../../../../lib/probe/probers/sieve.ts';
import { probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { until } from '../../../servers/daemon.ts';
import { type Dovecot, USERINFO, describeDovecot, startDovecot } from '../../../servers/dovecot.ts';

describeDovecot('sieve, to a real dovecot with Pigeonhole', () => {
  let server: Dovecot;
  beforeAll(async () => {
    server = await startDovecot();
    server.script('vacation', 'keep;', true);
    server.script('older', 'discard;', false);
  });
  afterAll(async () => server.close());
  const probe = (userinfo: string) =>
    probeTarget(sieve, `sieve://${userinfo}127.0.0.1:${String(server.ports.sieve)}`, {
      options: userinfo === '' ? {} : { allow_plaintext: true },
      timeout_ms: 10_000,
    });

  proberContract({
    prober: sieve,
    target: (port) => `sieve://127.0.0.1:${String(port)}`,
    // A dovecot that was just started begins its processes with the first connections.
    entry: { timeout_ms: 10_000 },
    healthy: async () => ({ port: server.ports.sieve, close: () => undefined }),
    codes: { http: ['timeout'] },
    // HTTP waits for the client, ManageSieve for the server
    patient: ['http'],
  });

  test('without a login: what it is and can do', async () => {
    const result = await probe('');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      implementation: 'Dovecot (Debian) Pigeonhole',
      version: '1.0',
      auth_methods: ['PLAIN', 'LOGIN', 'CRAM-MD5'],
      tls: false,
    });
    expect(result.facts['extensions']).toEqual(expect.arrayContaining(['fileinto', 'vacation']));
    expect(result.facts['scripts'] ?? null).toBeNull();
  });

  test('with a login: the scripts are counted; a goodbye', async () => {
    const result = await probe(USERINFO);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ scripts: 2, active_script: 'vacation' });
    await until('the goodbye in the log', () => server.log().includes('Logged out'));
  });
});
