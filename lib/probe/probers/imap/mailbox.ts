import type { FactsOf } from '../../../words/fact.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { IMAP_FACTS } from './imap-facts.ts';
import { quote } from './quoted.ts';
import { refuse } from './refusal.ts';
import type { ImapSession } from './session.ts';

/** What is asked for, and the fact that it is. */
const ITEMS = {
  MESSAGES: 'messages',
  UNSEEN: 'unseen',
  UIDNEXT: 'uid_next',
  UIDVALIDITY: 'uid_validity',
  SIZE: 'size',
} as const;

/**
 * Counts what is in a mailbox without opening it, so that nothing about it changes. `sized`: whether the server can tell its
 * size (RFC 8438). Throws status when there is no such mailbox. Source: RFC 9051 §6.3.11.
 */
export async function countMailbox(
  session: ImapSession,
  name: string,
  sized: boolean,
): Promise<FactsOf<typeof IMAP_FACTS>> {
  const { peer } = session.conversation;
  const items = Object.keys(ITEMS).filter((item) => item !== 'SIZE' || sized);
  const { state, data } = await session.command(`STATUS ${quote(encodeMailbox(name))} (${items.join(' ')})`);
  if (state.word !== 'OK') refuse(state, peer, `does not give the mailbox ${safeLine(name, 60)}`);
  const line = data.find((one) => /^STATUS /i.test(one));
  const counts = line === undefined ? null : countsOf(line);
  if (counts?.messages === undefined)
    return fail(
      'protocol',
      'protocol',
      `${peer} accepts STATUS, but does not say how many messages there are`,
      {
        expected: '* STATUS NAME (MESSAGES …)',
        got: safeLine(line ?? data[0] ?? '', 100),
      },
    );
  return counts;
}

/** `STATUS "INBOX" (MESSAGES 5 UNSEEN 3)`; the name may hold anything. */
function countsOf(line: string): FactsOf<typeof IMAP_FACTS> {
  const list = line.slice(line.lastIndexOf('(') + 1).split(')', 1)[0] ?? '';
  const words = list.split(' ', 100);
  const counts = new Map(words.map((word, index) => [word.toUpperCase(), words[index + 1] ?? '']));
  return Object.fromEntries(
    Object.entries(ITEMS).flatMap(([item, fact]) => {
      const value = counts.get(item);
      return value !== undefined && /^\d{1,15}$/.test(value) ? [[fact, Number(value)]] : [];
    }),
  );
}

/** Modified UTF-7: what is not printable ASCII goes as UTF-16 in a base64 of its own. Source: RFC 3501 §5.1.3. */
export function encodeMailbox(name: string): string {
  return name.replaceAll('&', '&-').replaceAll(/[^ -~]+/g, (foreign) => {
    const units = Buffer.from(foreign, 'utf16le').swap16();
    return `&${units.toString('base64').replaceAll('=', '').replaceAll('/', ',')}-`;
  });
}
