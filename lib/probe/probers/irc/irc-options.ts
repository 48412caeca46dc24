import type { JsonSchema } from '../../../words/json.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { InvalidOptions, PLACEHOLDER, type Target } from '../../prober.ts';
import { type Credentials, credentialsOf } from '../../wire/sasl.ts';

export interface IrcOptions {
  readonly nick?: string;
  readonly allow_plaintext?: boolean;
}

export const IRC_OPTIONS: { readonly [key: string]: JsonSchema } = {
  nick: {
    type: 'string',
    description:
      'the nick to register with (default puptime); when it is in use, two digits are put behind it, four times at most',
  },
  allow_plaintext: {
    type: 'boolean',
    description: 'true: a password may be sent without TLS, by irc:// (default false)',
  },
};

/** Options checked, with their defaults. */
export interface IrcPlan {
  readonly direct: boolean;
  readonly nick: string;
  /** of the server, for PASS */
  readonly password: string | null;
  /** of an account, for SASL */
  readonly account: Credentials | null;
}

/** Throws InvalidOptions. */
export function planIrc(target: Target, { nick = 'puptime', allow_plaintext }: IrcOptions): IrcPlan {
  const direct = target.scheme === 'ircs';
  if (target.password !== null && !direct && allow_plaintext !== true)
    throw new InvalidOptions(
      'target',
      'the password would be sent in the clear: expected ircs://, or `allow_plaintext: true`',
    );
  // RFC 2812 §2.3.1
  if (nick !== PLACEHOLDER && !/^[A-Za-z[\]\\`_^{|}][A-Za-z0-9[\]\\`_^{|}-]{0,29}$/.test(nick))
    throw new InvalidOptions('nick', `saw "${safeLine(nick, 40)}", expected a nick such as puptime`);
  // Without a user it is the server’s own password; both are looked at for what no line can carry.
  const credentials = credentialsOf(
    target.username === null && target.password !== null ? { ...target, username: '' } : target,
  );
  const isServers = credentials?.username === '';
  return {
    direct,
    nick,
    password: isServers ? credentials.password : null,
    account: isServers ? null : credentials,
  };
}
