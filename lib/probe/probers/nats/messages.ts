import type { Code, Phase } from '../../../words/reason.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { expectStart, notThis } from '../../wire/opening.ts';

const MAX_LINE = 65_536;
const MAX_LINES = 200;
const MAX_PAYLOAD = 65_536;

/** The words of `-ERR` that say what state the server is in, by how they begin. Source: nats-server/server/errors.go. */
const KNOWN: readonly (readonly [start: string, code: Code, phase: Phase, words: string])[] = [
  ['authorization violation', 'auth', 'auth', 'refuses the login, or wants one'],
  ['authentication timeout', 'auth', 'auth', 'did not get the login in its time'],
  ['user authentication', 'auth', 'auth', 'says that the login has ended'],
  ['account authentication', 'auth', 'auth', 'says that the account has ended'],
  ['permissions violation', 'auth', 'auth', 'does not let this user do that'],
  ['maximum', 'overloaded', 'protocol', 'has no room'],
  ['secure connection - tls required', 'tls_handshake', 'tls', 'wants TLS'],
  ['unknown protocol operation', 'protocol', 'protocol', 'does not understand'],
];

/** What came before an answer. */
export interface Heard {
  /** JSON of each INFO */
  readonly infos: readonly string[];
  /** payload of each message */
  readonly payloads: readonly string[];
}

/** The JSON of the INFO with which a server greets. Throws protocol, at once, when it is another protocol. */
export async function readGreeting(conversation: Conversation): Promise<string> {
  await expectStart(
    conversation,
    'NATS',
    5,
    (start) => 'INFO '.startsWith(start) || '-ERR '.startsWith(start),
  );
  const line = await conversation.readLine({ max: MAX_LINE });
  return line.startsWith('INFO ') ? line.slice(5) : refuse(line, conversation, 'the connection');
}

/** Reads up to PONG. An error throws what it means; `command` is what it answers. */
export async function readUntilPong(conversation: Conversation, command: string): Promise<Heard> {
  const infos: string[] = [];
  const payloads: string[] = [];
  for (let count = 0; count < MAX_LINES; count += 1) {
    const line = await conversation.readLine({ max: MAX_LINE });
    if (line === 'PONG') return { infos, payloads };
    if (line === 'PING') await conversation.write('PONG\r\n');
    else if (line.startsWith('INFO ')) infos.push(line.slice(5));
    else if (line.startsWith('MSG ')) payloads.push(await readPayload(conversation, line));
    else if (line.startsWith('-ERR')) refuse(line, conversation, command);
    else if (line !== '+OK') await notThis(conversation, 'NATS', line);
  }
  return fail(
    'too_large',
    'protocol',
    `${conversation.peer} sent ${String(MAX_LINES)} lines, none of them PONG`,
  );
}

/** `MSG subject sid [reply-to] bytes`, then the payload. */
async function readPayload(conversation: Conversation, line: string): Promise<string> {
  const digits = line.split(' ').at(-1) ?? '';
  if (!/^\d{1,9}$/.test(digits)) return notThis(conversation, 'NATS', line);
  if (Number(digits) > MAX_PAYLOAD)
    return fail('too_large', 'protocol', `${conversation.peer} sent a message of ${digits} bytes`);
  const payload = await conversation.readExactly(Number(digits) + 2);
  return payload.subarray(0, -2).toString('utf8');
}

function refuse(line: string, { peer }: Conversation, command: string): never {
  const got = safeLine(line.replace(/^-ERR ?/, ''), 160);
  const words = got.replace(/^'/, '').toLowerCase();
  const known = KNOWN.find(([start]) => words.startsWith(start));
  if (known === undefined)
    return fail('status', 'protocol', `${peer} answered ${command} with an error: ${got}`, { got });
  const [, code, phase, meaning] = known;
  return fail(code, phase, `${peer} ${meaning} (${command}: ${got})`, { got });
}
