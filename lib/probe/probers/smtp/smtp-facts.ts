import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { TLS_FACTS, TLS_PREFER } from '../../wire/certificates.ts';
import { STARTTLS_PREFER } from '../../wire/starttls.ts';
import type { SmtpOptions } from './smtp-options.ts';

export const SMTP_FACTS = {
  greeting: { kind: 'text', meaning: 'what the server says first, without its code' },
  code: {
    kind: 'number',
    meaning:
      'reply code of the greeting, 220 from a server that takes mail; when a command is refused, the code of that',
  },
  capabilities: {
    kind: 'list',
    meaning:
      'the lines of the reply to EHLO (lmtp: LHLO) in upper case, `SIZE 10240000`; what it lists before and after STARTTLS together',
  },
  max_size: {
    kind: 'number',
    unit: 'bytes',
    meaning: 'the largest message it takes; absent when it names no limit',
  },
  tls: { kind: 'bool', meaning: 'whether TLS is in use: by STARTTLS, or from the first byte with smtps' },
  auth_methods: {
    kind: 'list',
    meaning: 'mechanisms of AUTH that it offers, in upper case; after STARTTLS those that it offers then',
  },
  sender: {
    kind: 'word',
    code: 'status',
    meaning:
      'the answer to MAIL FROM: accepted, deferred (4xx) or refused (5xx); absent without mail_from and rcpt_to',
  },
  recipient: {
    kind: 'word',
    code: 'status',
    meaning:
      'the answer to RCPT TO: accepted, deferred (4xx) or refused (5xx, as a relay should be), that to MAIL FROM if it went no further; absent without rcpt_to',
  },
  recipient_reply: { kind: 'text', meaning: 'that answer in full, `550 5.1.1 no such user`' },
  ...TLS_FACTS,
} as const satisfies FactTable;

/** A greeting and an EHLO that are refused end the probe; what is left to expect depends on what is asked. */
export function smtpDefaults(
  { mail_from, rcpt_to }: SmtpOptions,
  scheme: string | null,
): { readonly expect: JsonObject; readonly prefer: JsonObject } {
  const prefer = scheme === 'smtps' ? TLS_PREFER : STARTTLS_PREFER;
  if (rcpt_to !== undefined) return { expect: { recipient: 'accepted' }, prefer };
  return { expect: mail_from === undefined ? {} : { sender: 'accepted' }, prefer };
}
