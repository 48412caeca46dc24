import { safeLine } from '../../words/safe-text.ts';
import { fail } from '../prober.ts';
import type { Conversation } from './conversation.ts';

/** How servers of other protocols begin: any other text may be an answer of one that has no form. */
const OTHERS = [
  'HTTP/',
  'SSH-',
  '220 ',
  '220-',
  '+OK',
  '* OK',
  '-ERR',
  'RFB ',
  '@RSYNCD',
  '<?xml',
  '<stream',
];

/**
 * Everything up to the end of the stream, for protocols whose answer is just text. Throws protocol at once for what another
 * protocol says or is no text, too_large beyond `max` bytes, closed when nothing came.
 */
export async function readTextAnswer(
  conversation: Conversation,
  protocol: string,
  max: number,
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (let chunk = await conversation.read(); chunk !== null; chunk = await conversation.read()) {
    chunks.push(chunk);
    // Control characters beside line ends, tabs, form feeds and escapes.
    if (chunk.some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x1b) || (byte > 0x1b && byte < 0x20)))
      notText(conversation, protocol, chunks);
    if (size < 8 && isOther(Buffer.concat(chunks))) notText(conversation, protocol, chunks);
    size += chunk.length;
    if (size > max) tooLarge(conversation, max);
  }
  if (size === 0) fail('closed', 'protocol', `${conversation.peer} closed the connection without an answer`);
  return Buffer.concat(chunks).toString('utf8');
}

function isOther(bytes: Buffer): boolean {
  const start = bytes.subarray(0, 8).toString('latin1');
  return OTHERS.some((other) => start.startsWith(other));
}

function notText({ peer }: Conversation, protocol: string, chunks: readonly Buffer[]): never {
  const got = `"${safeLine(Buffer.concat(chunks).subarray(0, 200).toString('utf8'), 60)}"`;
  return fail('protocol', 'protocol', `${peer} does not speak ${protocol}: it sent ${got}`, { got });
}

function tooLarge({ peer }: Conversation, max: number): never {
  return fail('too_large', 'protocol', `${peer} sent more than ${String(max / 1024)} KiB`);
}
