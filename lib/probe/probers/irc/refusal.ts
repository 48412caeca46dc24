import type { Code, Phase } from '../../../words/reason.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import type { Message } from './message.ts';

/** Replies that end a registration. Source: RFC 2812 §5.2; IRCv3 SASL 3.2. */
const REPLIES: {
  readonly [command: string]: readonly [code: Code, phase: Phase, words: string] | undefined;
} = {
  '432': ['status', 'protocol', 'does not take the nick'],
  '463': ['auth', 'auth', 'does not let this host in'],
  '464': ['auth', 'auth', 'refuses the password, or wants one'],
  '465': ['auth', 'auth', 'has banned us'],
  '902': ['auth', 'auth', 'has locked the account'],
  '904': ['auth', 'auth', 'refuses the login (SASL PLAIN)'],
  '905': ['auth', 'auth', 'refuses the login (SASL PLAIN), for it is too long'],
  '906': ['auth', 'auth', 'breaks the login off'],
  '908': ['auth', 'auth', 'does not take SASL PLAIN'],
};

/** Throws when a message refuses us, else nothing happens. */
export function refuseIfRefused(conversation: Conversation, message: Message): void {
  if (message.command === 'ERROR') closeLink(conversation, message);
  const known = REPLIES[message.command];
  if (known === undefined) return;
  const [code, phase, words] = known;
  refuse(conversation, message, code, phase, words);
}

export function refuse(
  { peer }: Conversation,
  { command, params }: Message,
  code: Code,
  phase: Phase,
  words: string,
): never {
  // What the server says is at the end; before it, our own nick and the like.
  const got = safeLine(`${command} ${params.at(-1) ?? ''}`, 160);
  return fail(code, phase, `${peer} ${words}: ${got}`, { got });
}

/** `ERROR :Closing Link: …`: only its words say why. */
function closeLink(conversation: Conversation, message: Message): never {
  const words = (message.params.at(-1) ?? '').slice(0, 400);
  if (/too many|too fast|throttl|full|limit|no more connections|try again/i.test(words))
    refuse(conversation, message, 'overloaded', 'protocol', 'has no room for another client');
  if (/password|access denied|unauthori[sz]ed|banned|[kgz]-?lined?/i.test(words))
    refuse(conversation, message, 'auth', 'auth', 'does not let us in');
  return refuse(conversation, message, 'status', 'protocol', 'closes the link');
}
