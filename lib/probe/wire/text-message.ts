import { safeLine } from '../../words/safe-text.ts';
import { fail } from '../prober.ts';
import type { Conversation } from './conversation.ts';

/** The start of an answer and its header fields, in the form that SIP and RTSP share with mail. Source: RFC 3261 §7, RFC 2326 §7. */
export interface MessageHead {
  readonly status: number;
  readonly reason: string;
  /** by name in lower case; each as often as it came */
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

export interface MessageForm {
  /** `SIP` */
  readonly protocol: string;
  /** `SIP/2.0 `: how an answer begins, in upper case */
  readonly start: string;
  /** what one-letter names stand for */
  readonly short: { readonly [letter: string]: string };
}

const MOST_FIELDS = 200;
const MAX_HEAD = 65_536;
const MAX_BODY = 262_144;

/** One answer from a stream, its body read to the end. Throws protocol at once when it is none, and too_large. */
export async function readMessage(
  conversation: Conversation,
  form: MessageForm,
): Promise<{ readonly head: MessageHead; readonly body: Buffer }> {
  await skipLineEnds(conversation);
  const seen = { wrong: false };
  const bytes = await conversation.readUntil((sofar) => {
    const start = sofar.subarray(0, form.start.length).toString('latin1').toUpperCase();
    seen.wrong = !form.start.startsWith(start);
    return seen.wrong ? sofar.length : endOfHead(sofar);
  }, MAX_HEAD);
  const head =
    (seen.wrong ? null : readHead(bytes.toString('utf8'), form)) ?? notThis(conversation, form, bytes);
  const length = lengthOf(head) ?? 0;
  if (length > MAX_BODY)
    fail('too_large', 'protocol', `${conversation.peer} sent a body of ${String(length)} bytes`);
  return { head, body: await conversation.readExactly(length) };
}

/** Where the body begins; null as long as that cannot be told. */
export function endOfHead(bytes: Buffer): number | null {
  const ends = ['\r\n\r\n', '\n\n'].flatMap((end) => {
    const at = bytes.indexOf(end);
    return at === -1 ? [] : [at + end.length];
  });
  return ends.length === 0 ? null : Math.min(...ends);
}

/** Reads everything up to the empty line; null when that is no answer of the protocol. */
export function readHead(text: string, { start, short }: MessageForm): MessageHead | null {
  const [first = '', ...lines] = text.split(/\r?\n/, MOST_FIELDS + 2);
  if (!first.toUpperCase().startsWith(start) || lines.length > MOST_FIELDS) return null;
  const [, status, reason] = /^([1-6]\d\d)(?: (.*))?$/.exec(first.slice(start.length)) ?? [];
  if (status === undefined) return null;
  const fields = new Map<string, string[]>();
  let last: string[] | null = null;
  for (const line of lines.filter((one) => one !== '')) {
    if (/^[ \t]/.test(line)) {
      if (last === null) return null;
      last.push(`${last.pop() ?? ''} ${line.trim()}`.trim());
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 1) return null;
    const written = line.slice(0, colon).trim().toLowerCase();
    const name = short[written] ?? written;
    last = fields.get(name) ?? [];
    last.push(line.slice(colon + 1).trim());
    fields.set(name, last);
  }
  return { status: Number(status), reason: reason ?? '', fields };
}

/** The items of a field that is a list; empty when it is absent. */
export function listOf({ fields }: MessageHead, name: string): string[] {
  return (fields.get(name) ?? [])
    .join(',')
    .split(',', MOST_FIELDS)
    .map((one) => safeLine(one, 60))
    .filter((one) => one !== '');
}

/** Bytes of the body that follow; null when it does not say. */
export function lengthOf({ fields }: MessageHead): number | null {
  const written = fields.get('content-length')?.[0];
  return written !== undefined && /^\d{1,9}$/.test(written) ? Number(written) : null;
}

/** Throws protocol, with what came. */
export function notThis(
  { peer }: { readonly peer: string },
  { protocol, start }: MessageForm,
  bytes: Buffer,
): never {
  const got = safeLine(bytes.subarray(0, 200).toString('utf8'), 60);
  const text = `${peer} does not speak ${protocol}: it sent "${got}"`;
  return fail('protocol', 'protocol', text, { expected: `an answer of ${start.trim()}`, got });
}

/** Line ends before a message are no part of it. Source: RFC 3261 §7.5, RFC 2326 §4.1. */
async function skipLineEnds(conversation: Conversation): Promise<void> {
  for (let skipped = 0; skipped < MAX_HEAD; skipped += 1) {
    const byte = await conversation.readExactly(1);
    if (byte[0] === 0x0d || byte[0] === 0x0a) continue;
    conversation.unread(byte);
    return;
  }
  fail('too_large', 'protocol', `${conversation.peer} sent nothing but line ends`);
}
