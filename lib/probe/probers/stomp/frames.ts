import type { Code } from '../../../words/reason.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { notThis } from '../../wire/opening.ts';

/** A frame that came. Source: stomp.github.io, STOMP 1.2, STOMP Frames. */
export interface Frame {
  readonly command: string;
  /** safe for messages; of a header that is there several times the first one counts */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

const MAX_LINE = 8192;
const MAX_HEADERS = 100;
const MAX_BODY = 2 ** 18;
const MAX_EMPTY_LINES = 1000;

/** Header values are written as they are: callers have no line ends in them. */
export function encodeFrame(
  command: string,
  headers: readonly (readonly [string, string])[],
  body = '',
): string {
  const lines = headers.map(([name, value]) => `${name}:${value}\n`);
  return `${command}\n${lines.join('')}\n${body}\0`;
}

/** Reads a frame, which must have this command. ERROR throws what it means; `about` is what it answers. */
export async function expectFrame(
  conversation: Conversation,
  command: string,
  about: string,
): Promise<Frame> {
  const frame = await readFrame(conversation);
  if (frame.command === 'ERROR') refuse(frame, conversation, about);
  if (frame.command !== command) await notThis(conversation, 'STOMP', frame.command);
  return frame;
}

/** Throws protocol when it is none, too_large beyond the limits. */
async function readFrame(conversation: Conversation): Promise<Frame> {
  const command = await readCommand(conversation);
  const headers = new Map<string, string>();
  for (let count = 0; ; count += 1) {
    const line = await conversation.readLine({ max: MAX_LINE });
    if (line === '') break;
    const colon = line.indexOf(':');
    if (colon < 1) return notThis(conversation, 'STOMP', line);
    if (count >= MAX_HEADERS)
      fail('too_large', 'protocol', `${conversation.peer} sent more than ${String(MAX_HEADERS)} headers`);
    const name = line.slice(0, colon);
    if (!headers.has(name)) headers.set(name, safeLine(line.slice(colon + 1)));
  }
  return { command, headers, body: await readBody(conversation, headers.get('content-length')) };
}

async function readCommand(conversation: Conversation): Promise<string> {
  for (let count = 0; count < MAX_EMPTY_LINES; count += 1) {
    const line = await conversation.readLine({ max: MAX_LINE });
    if (/^[A-Z]{3,20}$/.test(line)) return line;
    if (line !== '') return notThis(conversation, 'STOMP', line);
  }
  return fail('too_large', 'protocol', `${conversation.peer} sent line ends only`);
}

async function readBody(conversation: Conversation, length: string | undefined): Promise<Buffer> {
  if (length === undefined) {
    const body = await conversation.readUntil((sofar) => {
      const end = sofar.indexOf(0);
      return end === -1 ? null : end + 1;
    }, MAX_BODY);
    return body.subarray(0, -1);
  }
  if (!/^\d{1,9}$/.test(length)) return notThis(conversation, 'STOMP', `content-length:${length}`);
  if (Number(length) > MAX_BODY)
    return fail('too_large', 'protocol', `${conversation.peer} sent a body of ${length} bytes`);
  const body = await conversation.readExactly(Number(length) + 1);
  if (body.at(-1) !== 0) return notThis(conversation, 'STOMP', 'a body that does not end where it should');
  return body.subarray(0, -1);
}

/** What brokers write into ERROR, in lower case. RabbitMQ, ActiveMQ, Artemis and Apollo have no codes for it. */
const KNOWN: readonly (readonly [words: readonly string[], code: Code, meaning: string])[] = [
  [['limit', 'too many', 'maximum'], 'overloaded', 'has no room'],
  [
    [
      'refused',
      'denied',
      'password',
      'authori',
      'authenti',
      'credential',
      'security',
      'not allowed',
      'validate user',
    ],
    'auth',
    'refuses the login, or what it may do',
  ],
];

function refuse({ headers, body }: Frame, { peer }: Conversation, about: string): never {
  const message = headers.get('message') ?? '';
  const detail = body.subarray(0, 400).toString('utf8').trim().split('\n', 1)[0] ?? '';
  const got = safeLine(detail === '' ? message : `${message}: ${detail}`, 200);
  const words = got.toLowerCase();
  const [, code, meaning] = KNOWN.find(([known]) => known.some((word) => words.includes(word))) ?? [];
  if (code === undefined)
    return fail('status', 'protocol', `${peer} answered ${about} with an error: ${got}`, { got });
  const phase = code === 'auth' ? 'auth' : 'protocol';
  return fail(code, phase, `${peer} ${meaning ?? ''} (${about}: ${got})`, { got });
}
