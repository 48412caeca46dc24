import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { expectStart } from '../../wire/opening.ts';

/** Four hex digits for the length, themselves included. Source: git’s gitprotocol-common(5), “pkt-line Format”. */
export function packet(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes]);
}

/** The next packet without its line end; null for a flush packet. Throws protocol for anything else. */
export async function readPacket(conversation: Conversation): Promise<string | null> {
  await expectStart(conversation, 'git', 4, (sofar) => /^[0-9a-f]*$/i.test(sofar));
  const length = Number.parseInt((await conversation.readExactly(4)).toString('latin1'), 16);
  if (length === 0) return null;
  // 1 to 3 are of other versions of the protocol, 65,520 is the longest.
  if (length < 4 || length > 65_520) return notGit(conversation, `a packet of ${String(length)} bytes`);
  const text = (await conversation.readExactly(length - 4)).toString('utf8');
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

export function notGit({ peer }: Conversation, got: string): never {
  const text = `${peer} does not speak git: it sent ${got}`;
  return fail('protocol', 'protocol', text, { expected: 'a packet of git', got });
}
