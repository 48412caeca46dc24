import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { smtp } from '../../../../lib/probe/probers/smtp.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { type Dovecot, describeDovecot, startDovecot } from '../../../servers/dovecot.ts';

const at = (port: number) => `lmtp://127.0.0.1:${String(port)}`;
const probe = (port: number, entry: Entry = {}) =>
  probeTarget(smtp, at(port), { timeout_ms: 10_000, ...entry });
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

describeDovecot('lmtp, to a real dovecot', () => {
  let server: Dovecot;
  beforeAll(async () => {
    server = await startDovecot();
  });
  afterAll(async () => server.close());

  proberContract({
    prober: smtp,
    target: at,
    // A dovecot that was just started begins its processes with the first connections.
    entry: { timeout_ms: 10_000 },
    healthy: async () => ({ port: server.ports.lmtp, close: () => undefined }),
    codes: { http: ['timeout'] },
    // HTTP waits for the client, LMTP for the server
    patient: ['http'],
  });

  test('healthy: its facts', async () => {
    const result = await probe(server.ports.lmtp);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ code: 220, tls: false });
    expect(result.facts['greeting']).toContain('Dovecot');
    expect(result.facts['capabilities']).toContain('PIPELINING');
  });

  test('a recipient that it delivers to, and one that it does not', async () => {
    const accepted = await probe(server.ports.lmtp, { options: { rcpt_to: 'me@example.org' } });
    expect(accepted.status, JSON.stringify(accepted.reasons)).toBe('up');
    expect(accepted.facts).toMatchObject({ sender: 'accepted', recipient: 'accepted' });
    const unknown = await probe(server.ports.lmtp, { options: { rcpt_to: 'stranger@example.org' } });
    expect(verdict(unknown)).toEqual(['down', 'status', 'expect', 'recipient']);
    expect(unknown.facts).toMatchObject({ recipient: 'refused', code: 550 });
    const allowed = await probe(server.ports.lmtp, {
      options: { rcpt_to: 'stranger@example.org' },
      expect: { recipient: 'refused' },
    });
    expect(allowed.status).toBe('up');
  });

  test('SMTP to an LMTP server is protocol, and says so', async () => {
    const result = await probeTarget(smtp, `smtp://127.0.0.1:${String(server.ports.lmtp)}`);
    expect(verdict(result)).toEqual(['down', 'protocol', 'protocol', null]);
    expect(result.reason?.text).toContain('knows no EHLO, so it is no SMTP server');
  });
});

describeDovecot('lmtp, to a dovecot that stops', () => {
  test('frozen: timeout; stopped: refused', async () => {
    const server = await startDovecot();
    server.signal('SIGSTOP');
    const frozen = await probe(server.ports.lmtp, { timeout_ms: 300 });
    expect(verdict(frozen)).toEqual(['down', 'timeout', 'protocol', null]);
    await server.close();
    expect(verdict(await probe(server.ports.lmtp))).toEqual(['down', 'refused', 'connect', null]);
  });
});
