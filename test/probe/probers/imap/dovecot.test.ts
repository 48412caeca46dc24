import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { imap } from '../../../../lib/probe/probers/imap.ts';
import { encodeMailbox } from '../../../../lib/probe/probers/imap/mailbox.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { until } from '../../../servers/daemon.ts';
import { type Dovecot, USERINFO, describeDovecot, startDovecot } from '../../../servers/dovecot.ts';

/** ten messages, for all mailboxes together */
const QUOTA = [
  'mail_plugins = quota',
  'protocol imap {\n mail_plugins = quota imap_quota\n}',
  'plugin {\n quota = maildir:User quota\n quota_rule = *:messages=10\n}',
];
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];

describeDovecot('imap, to a real dovecot', () => {
  let server: Dovecot;
  beforeAll(async () => {
    server = await startDovecot({ settings: QUOTA });
    server.mailbox('INBOX', { seen: 2, unseen: 3 });
    server.mailbox(encodeMailbox('Entwürfe & mehr'), { seen: 1, unseen: 0 });
  });
  afterAll(async () => server.close());
  const probe = (mailbox?: string, entry: Entry = {}) =>
    probeTarget(imap, `imap://${USERINFO}127.0.0.1:${String(server.ports.imap)}`, {
      options: { allow_plaintext: true, ...(mailbox === undefined ? {} : { mailbox }) },
      timeout_ms: 10_000,
      ...entry,
    });

  proberContract({
    prober: imap,
    target: (port) => `imap://127.0.0.1:${String(port)}`,
    tlsTarget: (port) => `imaps://127.0.0.1:${String(port)}`,
    // A dovecot that was just started begins its processes with the first connections.
    entry: { timeout_ms: 10_000 },
    healthy: async () => ({ port: server.ports.imap, close: () => undefined }),
    codes: { http: ['timeout'] },
    // HTTP waits for the client, IMAP for the server
    patient: ['http'],
  });

  test('without a login: greeting and capabilities', async () => {
    const result = await probeTarget(imap, `imap://127.0.0.1:${String(server.ports.imap)}`);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      greeting: 'Dovecot (Debian) ready.',
      tls: false,
      preauth: false,
      auth_methods: ['PLAIN', 'LOGIN', 'CRAM-MD5'],
    });
    expect(result.facts['capabilities']).toContain('IMAP4REV1');
    expect(result.facts['messages'] ?? null).toBeNull();
  });

  test('with a login: INBOX is counted, and stays as it was; a goodbye', async () => {
    for (const _turn of [1, 2]) {
      const result = await probe();
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
      expect(result.facts).toMatchObject({ messages: 5, unseen: 3 });
      expect(result.facts['size']).toBeGreaterThan(5);
      expect(result.facts['uid_validity']).toBeGreaterThan(0);
    }
    await until('the goodbyes in the log', () => server.log().split('Logged out').length > 2);
  });

  test('another mailbox, with letters that are not ASCII', async () => {
    const result = await probe('Entwürfe & mehr');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ messages: 1, unseen: 0 });
  });

  test('its quota, when somebody wants to know', async () => {
    const result = await probe(undefined, { expect: { quota_percent: '< 50' } });
    expect(result.reason).toMatchObject({ status: 'down', code: 'overloaded', fact: 'quota_percent' });
    expect(result.facts['quota_percent']).toBe(60);
  });

  test('a mailbox that is missing is status, with the words', async () => {
    const result = await probe('Nothing here');
    expect(verdict(result)).toEqual(['down', 'status', 'protocol']);
    expect(result.reason?.text).toContain("NO Mailbox doesn't exist");
    expect(result.facts['greeting']).toBe('Dovecot (Debian) ready.');
  });

  test('counts can be expected', async () => {
    const result = await probe(undefined, { expect: { messages: '< 5' } });
    expect([result.status, result.reason?.fact]).toEqual(['down', 'messages']);
  });
});
