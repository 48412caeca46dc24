import type { JsonSchema } from '../../../words/json.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { InvalidOptions, type Target } from '../../prober.ts';

export interface SmtpOptions {
  readonly starttls?: 'auto' | 'require' | 'never';
  readonly allow_plaintext?: boolean;
  readonly helo?: string;
  readonly mail_from?: string;
  readonly rcpt_to?: string;
}

export const SMTP_OPTIONS: { readonly [key: string]: JsonSchema } = {
  starttls: {
    enum: ['auto', 'require', 'never'],
    description:
      'auto (default): TLS when the server offers it; require: down when it does not, which is the default with a password; never: no TLS',
  },
  allow_plaintext: {
    type: 'boolean',
    description: 'true: the password may be sent without TLS when there is none (default false)',
  },
  helo: {
    type: 'string',
    description: 'the name to say in EHLO (default: the own address, as in [192.0.2.8])',
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

/** Who logs in. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Options checked, with their defaults. */
export interface SmtpPlan {
  readonly starttls: 'auto' | 'require' | 'never';
  readonly helo: string | null;
  readonly credentials: Credentials | null;
  readonly envelope: { readonly from: string; readonly to: string | null } | null;
}

/** Throws InvalidOptions. */
export function planSmtp(target: Target, options: SmtpOptions): SmtpPlan {
  const credentials = credentialsOf(target);
  const mayBePlain = credentials === null || options.allow_plaintext === true;
  if (!mayBePlain && options.starttls === 'never')
    throw new InvalidOptions(
      'starttls',
      'the password would be sent in the clear: leave it out, or set `allow_plaintext: true`',
    );
  if (options.helo !== undefined) checkWord(options.helo, 'helo', 'a host name or [ADDRESS]');
  if (options.mail_from !== undefined && options.mail_from !== '')
    checkWord(options.mail_from, 'mail_from', 'an address such as probe@example.org');
  if (options.rcpt_to !== undefined)
    checkWord(options.rcpt_to, 'rcpt_to', 'an address such as postmaster@example.org');
  const { mail_from, rcpt_to } = options;
  return {
    starttls: mayBePlain ? (options.starttls ?? 'auto') : 'require',
    helo: options.helo ?? null,
    credentials,
    envelope:
      mail_from === undefined && rcpt_to === undefined
        ? null
        : { from: mail_from ?? '', to: rcpt_to ?? null },
  };
}

function credentialsOf({ username, password }: Target): Credentials | null {
  if (username === null && password === null) return null;
  if (username === null || password === null)
    throw new InvalidOptions('target', 'a login needs both, expected smtp://USER:PASSWORD@HOST');
  return { username, password };
}

/** It becomes part of a command line: nothing in it may end the line or the address. */
function checkWord(text: string, key: string, expected: string): void {
  // visible ASCII without < and >
  const fine = /^[!-;=?-~]+$/.test(text);
  if (!fine) throw new InvalidOptions(key, `saw "${safeLine(text, 60)}", expected ${expected}`);
}
