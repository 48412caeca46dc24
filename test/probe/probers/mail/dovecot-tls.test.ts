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

  tlsContract({ prober: imap, name: 'imaps', target: at('imaps'), start: servers.start('imaps') });
  tlsContract({ prober: imap, name: 'imap, STARTTLS', target: at('imap'), start: servers.start('imap') });
  tlsContract({ prober: pop3, name: 'pop3s', target: at('pop3s'), start: servers.start('pop3s') });
  tlsContract({ prober: pop3, name: 'pop3, STLS', target: at('pop3'), start: servers.start('pop3') });
  tlsContract({ prober: sieve, name: 'sieve, STARTTLS', target: at('sieve'), start: servers.start('sieve') });
  tlsContract({ prober: smtp, name: 'lmtp, STARTTLS', target: at('lmtp'), start: servers.start('lmtp') });
});
