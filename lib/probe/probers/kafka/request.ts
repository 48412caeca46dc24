import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { type Bytes, i32, readBytes, u16 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';

/** The requests that are spoken: keys and names. Source: kafka.apache.org/protocol, “API keys”. */
export const API = {
  metadata: { key: 3, name: 'Metadata' },
  saslHandshake: { key: 17, name: 'SaslHandshake' },
  apiVersions: { key: 18, name: 'ApiVersions' },
  saslAuthenticate: { key: 36, name: 'SaslAuthenticate' },
} as const;

export type Api = (typeof API)[keyof typeof API];

export interface Request {
  readonly api: Api;
  readonly version: number;
  readonly body: Buffer;
  /** the same as `body` for a transcript, where it holds a secret */
  readonly shown?: Buffer;
}

/** Metadata of a large cluster: about 60 bytes for each partition. */
const MOST_BYTES = 16 * 2 ** 20;
/** A broker’s first answer lists a hundred requests at most. */
const MOST_BYTES_AT_FIRST = 2 ** 16;
const CLIENT_ID = 'puptime';

/** Sends a request (header version 1) and reads its response, without the header. Throws: protocol when it is none. */
export async function ask(conversation: Conversation, request: Request): Promise<Bytes> {
  const { api, version, body, shown = body } = request;
  // One request is under way at a time, so its key does for a number.
  const head = Buffer.concat([u16(api.key), u16(version), i32(api.key), encodeText(CLIENT_ID)]);
  await conversation.write(framed(head, body), framed(head, shown));
  const first = api === API.apiVersions;
  const payload = await readResponse(conversation, first);
  const bytes = readBytes(payload, () => broken(conversation.peer, api));
  if (bytes.i32() !== api.key) {
    const got = safeLine(payload.toString('utf8', 0, 200), 60);
    fail('protocol', 'protocol', `${conversation.peer} answers ${api.name} with something else: "${got}"`, {
      got,
    });
  }
  return bytes;
}

export function broken(peer: string, { name }: Api): never {
  return fail('protocol', 'protocol', `${peer} sent an answer to ${name} that is cut short or none`);
}

export function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([u16(bytes.length), bytes]);
}

export function encodeBytes(bytes: Buffer): Buffer {
  return Buffer.concat([i32(bytes.length), bytes]);
}

/** Null when it is absent (length -1). */
export function readText(bytes: Bytes): string | null {
  const length = bytes.i16();
  return length < 0 ? null : bytes.text(length);
}

/** How many items an array has; `least` bytes for each must be left, so that nothing is counted that is not there. */
export function readCount(bytes: Bytes, least: number, none: () => never): number {
  const count = bytes.i32();
  if (count < 0) return 0;
  return count * least > bytes.left() ? none() : count;
}

function framed(head: Buffer, body: Buffer): Buffer {
  return Buffer.concat([i32(head.length + body.length), head, body]);
}

async function readResponse(conversation: Conversation, first: boolean): Promise<Buffer> {
  const size = await conversation.readExactly(4);
  const length = size.readInt32BE(0);
  if (length < 4 || (first && length > MOST_BYTES_AT_FIRST)) return notKafka(conversation, size);
  if (length > MOST_BYTES)
    fail(
      'too_large',
      'protocol',
      `${conversation.peer} sent ${String(length)} bytes, more than puptime reads`,
    );
  return gather(conversation, length);
}

/** Without looking at all that has come each time that more comes: it can be megabytes. */
async function gather(conversation: Conversation, length: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let missing = length;
  while (missing > 0) {
    const part = await conversation.readExactly(Math.min(missing, Math.max(1, conversation.buffered())));
    parts.push(part);
    missing -= part.length;
  }
  return Buffer.concat(parts);
}

async function notKafka(conversation: Conversation, size: Buffer): Promise<never> {
  const rest = conversation.buffered() > 0 ? await conversation.read() : null;
  const start = Buffer.concat([size, rest?.subarray(0, 200) ?? Buffer.alloc(0)]);
  const got = safeLine(start.toString('utf8'), 60);
  const text = `${conversation.peer} does not speak Kafka: it said "${got}"`;
  return fail('protocol', 'protocol', text, { expected: 'an answer to ApiVersions', got });
}
