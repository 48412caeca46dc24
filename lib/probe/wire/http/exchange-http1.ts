import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../conversation.ts';
import { createChunkedReader } from './chunked-reader.ts';
import { type Framing, framingOf } from './framing.ts';
import { type HeaderList, withoutSecrets } from './header-list.ts';
import type { SentRequest } from './sent-request.ts';
import type { Place } from './place.ts';
import type { HttpResponse } from './response.ts';
import { type ResponseHead, parseHead } from './response-head.ts';

const LONGEST_HEAD = 64 * 1024;
const MOST_INTERIM = 20;

/** Sends one request over HTTP/1.1 (RFC 9112) and reads the head of its answer. The connection is good for one only. */
export async function exchangeHttp1(
  conversation: Conversation,
  place: Place,
  request: SentRequest,
  fields: HeaderList,
): Promise<HttpResponse> {
  const headOf = (list: HeaderList) => {
    const lines = [
      `${request.method} ${request.target ?? place.path} HTTP/1.1`,
      ...list.map(([name, value]) => `${asUsual(name)}: ${value}`),
    ];
    return Buffer.from(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`, 'utf8');
  };
  const { body, shown } = request;
  const shownBody = body === null || shown === undefined ? body : Buffer.from(shown);
  const whole = (head: Buffer, rest: Buffer | null) => (rest === null ? head : Buffer.concat([head, rest]));
  // Not waited for: a server may refuse a long body before it has read it. What goes wrong is told by the next read.
  const shownHead = headOf(withoutSecrets(fields));
  conversation.write(whole(headOf(fields), body), whole(shownHead, shownBody)).catch(() => undefined);
  const answer = await readFinalHead(conversation);
  const framing = framingOf(request.method, answer);
  return { head: answer, body: () => readBody(conversation, framing) };
}

/** `content-type` as `Content-Type`: some old servers insist. */
function asUsual(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

/** The first head that is not an interim one (RFC 9110 §15.2). */
export async function readFinalHead(conversation: Conversation): Promise<ResponseHead> {
  for (let interim = 0; interim <= MOST_INTERIM; interim++) {
    const head = parseHead(await readHead(conversation));
    if (head.status === 101)
      fail('protocol', 'protocol', 'it switched to another protocol, which nobody asked for');
    if (head.status >= 200) return head;
  }
  return fail(
    'protocol',
    'protocol',
    `it sent more than ${String(MOST_INTERIM)} interim answers (1xx) and no final one`,
  );
}

/** The bytes of one head, without its empty line. */
export async function readHead(conversation: Conversation): Promise<Buffer> {
  let searched = 0;
  const bytes = await conversation.readUntil((sofar) => {
    const strange = strangerOf(sofar);
    if (strange !== null)
      fail('protocol', 'protocol', `${conversation.peer} ${strange}`, {
        got: safeLine(sofar.toString('utf8', 0, 200)),
      });
    const end = endOfHead(sofar, searched);
    searched = Math.max(0, sofar.length - 3);
    return end;
  }, LONGEST_HEAD);
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -3 : -2);
}

/** Where the empty line after the head ends; null when it has not come. CR is optional (RFC 9112 §2.2). */
function endOfHead(bytes: Buffer, from: number): number | null {
  for (let at = bytes.indexOf(0x0a, from); at !== -1; at = bytes.indexOf(0x0a, at + 1)) {
    if (bytes[at + 1] === 0x0a) return at + 2;
    if (bytes[at + 1] === 0x0d && bytes[at + 2] === 0x0a) return at + 3;
  }
  return null;
}

/** What the peer speaks when it cannot be HTTP/1 any more; null while it can. */
function strangerOf(bytes: Buffer): string | null {
  const beginning = bytes.toString('latin1', 0, 9);
  if ('HTTP/1.'.startsWith(beginning.slice(0, 7))) return null;
  if (isTls(bytes)) return 'answers in TLS: is it an https:// port?';
  if (beginning.startsWith('HTTP/')) return 'answers with a version of HTTP that was not asked for';
  if (isHttp2(bytes)) return 'answers in HTTP/2 without being asked: set http_version: 2';
  if (beginning.startsWith('SSH-')) return 'speaks SSH, not HTTP';
  if (/^\d{3}[ -]/.test(beginning)) return 'greets like a mail or FTP server, not HTTP';
  return 'does not answer in HTTP';
}

/** A record of an alert or a handshake (RFC 8446 §5.1). */
function isTls([type, major]: Buffer): boolean {
  return (type === 0x15 || type === 0x16) && (major === undefined || major === 3);
}

/** A SETTINGS frame of stream 0 (RFC 9113 §6.5). */
function isHttp2(bytes: Buffer): boolean {
  return bytes[0] === 0 && bytes[1] === 0 && bytes[3] === 4 && bytes[5] === 0;
}

async function* readBody(conversation: Conversation, framing: Framing): AsyncGenerator<Buffer, undefined> {
  switch (framing.kind) {
    case 'none':
      return;
    case 'length':
      yield* readLength(conversation, framing.length);
      return;
    case 'chunked':
      yield* readChunks(conversation);
      return;
    case 'until_close':
      for (let piece = await conversation.read(); piece !== null; piece = await conversation.read())
        yield piece;
  }
}

async function* readLength(conversation: Conversation, length: number): AsyncGenerator<Buffer, undefined> {
  let left = length;
  while (left > 0) {
    const piece = await conversation.read();
    if (piece === null)
      return truncated(`the body ended after ${String(length - left)} of ${String(length)} bytes`);
    yield piece.subarray(0, left);
    left -= piece.length;
  }
}

async function* readChunks(conversation: Conversation): AsyncGenerator<Buffer, undefined> {
  const reader = createChunkedReader();
  while (!reader.done()) {
    const bytes = await conversation.read();
    if (bytes === null) return truncated('the connection was closed before the last chunk of the body');
    yield reader.push(bytes);
  }
}

function truncated(text: string): never {
  return fail('truncated', 'protocol', text);
}
