import type { JsonSchema } from '../../../words/json.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { InvalidOptions, type Target } from '../../prober.ts';
import { STARTTLS_OPTIONS, type Security, type StartTlsOptions, planSecurity } from '../../wire/starttls.ts';

export interface SmtpOptions extends StartTlsOptions {
  readonly helo?: string;
  readonly mail_from?: string;
  readonly rcpt_to?: string;
}

export const SMTP_OPTIONS: { readonly [key: string]: JsonSchema } = {
  ...STARTTLS_OPTIONS,
  helo: {
    type: 'string',
    description: 'the name to say in EHLO or LHLO (default: the own address, as in [192.0.2.8])',
  },
  mail_from: {
    type: 'string',
    description:
      'sender for MAIL FROM; empty is the null sender, and the default with rcpt_to. No message is sent',
  },
  rcpt_to: {
    type: 'string',
    description:
      'recipient for RCPT TO; it must be accepted, unless `expect: {recipient: refused}` says that relaying must not be. No message is sent',
  },
};

/** Options checked, with their defaults. */
export interface SmtpPlan {
  /** LMTP begins with another word; the rest is the same (RFC 2033 §4) */
  readonly protocol: 'SMTP' | 'LMTP';
  readonly security: Security;
  readonly helo: string | null;
  readonly envelope: { readonly from: string; readonly to: string | null } | null;
}

/** Throws InvalidOptions. */
export function planSmtp(target: Target, options: SmtpOptions): SmtpPlan {
  const security = planSecurity(target, options, target.scheme === 'smtps');
  if (options.helo !== undefined) checkWord(options.helo, 'helo', 'a host name or [ADDRESS]');
  if (options.mail_from !== undefined && options.mail_from !== '')
    checkWord(options.mail_from, 'mail_from', 'an address such as probe@example.org');
  if (options.rcpt_to !== undefined)
    checkWord(options.rcpt_to, 'rcpt_to', 'an address such as postmaster@example.org');
  const { mail_from, rcpt_to } = options;
  return {
    protocol: target.scheme === 'lmtp' ? 'LMTP' : 'SMTP',
    security,
    helo: options.helo ?? null,
    envelope:
      mail_from === undefined && rcpt_to === undefined
        ? null
        : { from: mail_from ?? '', to: rcpt_to ?? null },
  };
}

/** It becomes part of a command line: nothing in it may end the line or the address. */
function checkWord(text: string, key: string, expected: string): void {
  // visible ASCII without < and >
  const fine = /^[!-;=?-~]+$/.test(text);
  if (!fine) throw new InvalidOptions(key, `saw "${safeLine(text, 60)}", expected ${expected}`);
}
