import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { expectStart } from '../../wire/opening.ts';

/** One line of a server. Source: RFC 2812 §2.3.1; tags: IRCv3. */
export interface Message {
  /** who said it; null when it is not there */
  readonly source: string | null;
  /** upper case: `PING`, `001` */
  readonly command: string;
  readonly params: readonly string[];
}

/** 512 bytes by the RFC, 8,191 of tags before them. */
const MAX_LINE = 9216;
const MAX_PARAMS = 40;

/** The next message. Throws protocol when a line is none, at once from its first character. */
export async function readMessage(conversation: Conversation): Promise<Message> {
  for (;;) {
    await expectStart(conversation, 'IRC', 1, (sofar) => /^[:@A-Za-z\r\n]?$/.test(sofar));
    const line = await conversation.readLine({ max: MAX_LINE });
    // Empty lines are to be ignored.
    if (line !== '') return parseMessage(line) ?? notIrc(conversation, line);
  }
}

function parseMessage(line: string): Message | null {
  const untagged = line.startsWith('@') ? afterWord(line) : line;
  const hasSource = untagged.startsWith(':');
  const source = hasSource ? (untagged.slice(1).split(' ', 1)[0] ?? '') : null;
  const rest = hasSource ? afterWord(untagged) : untagged;
  const colon = rest.indexOf(' :');
  const words = (colon === -1 ? rest : rest.slice(0, colon))
    .split(' ', MAX_PARAMS)
    .filter((word) => word !== '');
  const [command, ...params] = words;
  // A number comes from a server, which says its name: SMTP’s 220 does not.
  const known = source === null ? /^[A-Za-z]{1,20}$/ : /^(?:[A-Za-z]{1,20}|\d{3})$/;
  if (command === undefined || !known.test(command)) return null;
  return {
    source,
    command: command.toUpperCase(),
    params: colon === -1 ? params : [...params, rest.slice(colon + 2)],
  };
}

function afterWord(text: string): string {
  const blank = text.indexOf(' ');
  return blank === -1 ? '' : text.slice(blank + 1).trimStart();
}

function notIrc({ peer }: Conversation, line: string): never {
  const got = `"${safeLine(line, 60)}"`;
  return fail('protocol', 'protocol', `${peer} does not speak IRC: it sent ${got}`, { got });
}
