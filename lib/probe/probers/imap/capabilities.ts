import { safeLine } from '../../../words/safe-text.ts';
import { refuse } from './refusal.ts';
import type { ImapState } from './response.ts';
import type { ImapSession } from './session.ts';

/** What the server says that it can do. Source: RFC 9051 §7.2.2. */
export interface Capabilities {
  /** as listed, upper case */
  readonly words: readonly string[];
  readonly starttls: boolean;
  readonly loginDisabled: boolean;
  /** whether AUTHENTICATE may carry the first message (SASL-IR, RFC 4959) */
  readonly initialResponse: boolean;
  readonly authMethods: readonly string[];
}

const MAX_WORDS = 500;

/** Those that a state lists by the way, `OK [CAPABILITY IMAP4rev1 …]`; null when it lists none. */
export function listedIn({ code, rest }: ImapState): Capabilities | null {
  return code === 'CAPABILITY' ? capabilitiesOf(rest) : null;
}

export async function askCapabilities(session: ImapSession): Promise<Capabilities> {
  const { state, data } = await session.command('CAPABILITY');
  if (state.word !== 'OK') refuse(state, session.conversation.peer, 'refuses CAPABILITY');
  const line = data.findLast((one) => /^CAPABILITY(?: |$)/i.test(one)) ?? '';
  return capabilitiesOf(line.slice('CAPABILITY'.length));
}

function capabilitiesOf(list: string): Capabilities {
  const words = list
    .split(' ', MAX_WORDS)
    .filter((word) => word !== '')
    .map((word) => safeLine(word, 100).toUpperCase());
  return {
    words,
    starttls: words.includes('STARTTLS'),
    loginDisabled: words.includes('LOGINDISABLED'),
    initialResponse: words.includes('SASL-IR'),
    authMethods: words.filter((word) => word.startsWith('AUTH=')).map((word) => word.slice(5)),
  };
}
