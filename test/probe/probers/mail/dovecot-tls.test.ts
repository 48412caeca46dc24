import { afterAll } from 'vitest';
import { imap } from '../../../../lib/probe/probers/imap.ts';
import { pop3 } from '../../../../lib/probe/probers/pop3.ts';
import { sieve } from '../../../../lib/probe/probers/sieve.ts';
import { smtp } from '../../../../lib/probe/probers/smtp.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { describeDovecot, dovecotByCertificate } from '../../../servers/dovecot.ts';

describeDovecot('a real dovecot with each certificate', () => {
  const servers = dovecotByCertificate();
  afterAll(servers.close);
  const at = (scheme: string) => (port: number) => `${scheme}://localhost:${String(port)}`;

  // A dovecot that was just started begins its processes with the first connections.
  const entry = { timeout_ms: 10_000 };

  tlsContract({ prober: imap, name: 'imaps', target: at('imaps'), entry, start: servers.start('imaps') });
  tlsContract({
    prober: imap,
    name: 'imap, STARTTLS',
    target: at('imap'),
    entry,
    start: servers.start('imap'),
  });
  tlsContract({ prober: pop3, name: 'pop3s', target: at('pop3s'), entry, start: servers.start('pop3s') });
  tlsContract({ prober: pop3, name: 'pop3, STLS', target: at('pop3'), entry, start: servers.start('pop3') });
  tlsContract({
    prober: sieve,
    name: 'sieve, STARTTLS',
    target: at('sieve'),
    entry,
    start: servers.start('sieve'),
  });
  tlsContract({
    prober: smtp,
    name: 'lmtp, STARTTLS',
    target: at('lmtp'),
    entry,
    start: servers.start('lmtp'),
  });
});
