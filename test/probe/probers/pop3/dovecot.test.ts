import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pop3 } from '../../../../lib/probe/probers/pop3.ts';
import { probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { until } from '../../../servers/daemon.ts';
import { type Dovecot, LOGIN, USERINFO, describeDovecot, startDovecot } from '../../../servers/dovecot.ts';

describeDovecot('pop3, to a real dovecot', () => {
  let server: Dovecot;
  beforeAll(async () => {
    server = await startDovecot({ settings: ['protocol pop3 {\n pop3_lock_session = yes\n}'] });
    server.mailbox('INBOX', { seen: 2, unseen: 3 });
  });
  afterAll(async () => server.close());
  const probe = (userinfo: string, timeout_ms = 10_000) =>
    probeTarget(pop3, `pop3://${userinfo}127.0.0.1:${String(server.ports.pop3)}`, {
      options: userinfo === '' ? {} : { allow_plaintext: true },
      timeout_ms,
    });

  proberContract({
    prober: pop3,
    target: (port) => `pop3://127.0.0.1:${String(port)}`,
    tlsTarget: (port) => `pop3s://127.0.0.1:${String(port)}`,
    // A dovecot that was just started begins its processes with the first connections.
    entry: { timeout_ms: 10_000 },
    healthy: async () => ({ port: server.ports.pop3, close: () => undefined }),
    codes: { http: ['timeout'] },
    // HTTP waits for the client, POP3 for the server
    patient: ['http'],
  });

  test('without a login: greeting and capabilities', async () => {
    const result = await probe('');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      greeting: 'Dovecot (Debian) ready.',
      tls: false,
      apop: false,
      auth_methods: ['PLAIN', 'LOGIN', 'CRAM-MD5'],
    });
    expect(result.facts['capabilities']).toContain('PIPELINING');
    expect(result.facts['messages'] ?? null).toBeNull();
  });

  test('with a login: the messages are counted, and stay; a goodbye', async () => {
    for (const _turn of [1, 2]) {
      const result = await probe(USERINFO);
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
      expect(result.facts['messages']).toBe(5);
      expect(result.facts['size']).toBeGreaterThan(5);
    }
    await until('the goodbyes in the log', () => server.log().split('Logged out').length > 2);
  });

  test('a mailbox that another client has locked keeps it waiting: timeout', async () => {
    const holder = connect({ port: server.ports.pop3, host: '127.0.0.1' });
    let heard = '';
    holder.on('data', (data) => (heard += String(data)));
    const login = Buffer.from(`\0${LOGIN.username}\0${LOGIN.password}`).toString('base64');
    holder.write(`AUTH PLAIN ${login}\r\nSTAT\r\n`);
    await until('the login of another client', () => heard.includes('+OK 5 '));
    const waits = await probe(USERINFO, 500);
    holder.destroy();
    expect([waits.status, waits.reason?.code], waits.reason?.text).toEqual(['down', 'timeout']);
  });
});
