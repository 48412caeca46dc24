import type { FactsOf } from '../../../words/fact.ts';
import type { IMAP_FACTS } from './imap-facts.ts';
import { encodeMailbox } from './mailbox.ts';
import { quote } from './quoted.ts';
import type { ImapSession } from './session.ts';

/**
 * How full the quota of a mailbox is: of storage or of messages, whichever is fuller. No fact when the server does not tell,
 * or when there is no limit. Source: RFC 9208.
 */
export async function readQuota(session: ImapSession, mailbox: string): Promise<FactsOf<typeof IMAP_FACTS>> {
  const { data } = await session.command(`GETQUOTAROOT ${quote(encodeMailbox(mailbox))}`);
  const percents = data.filter((line) => /^QUOTA /i.test(line)).flatMap(percentsOf);
  return percents.length === 0 ? {} : { quota_percent: Math.max(...percents) };
}

/** `QUOTA "user" (STORAGE 10 512 MESSAGE 3 100)`: what is used, and the limit of it. */
function percentsOf(line: string): number[] {
  const list = line.slice(line.lastIndexOf('(') + 1).split(')', 1)[0] ?? '';
  const words = list.split(' ', 100);
  return words.flatMap((word, index) => {
    const limit = Number(words[index + 2] ?? 0);
    const isResource = index % 3 === 0 && /^(?:STORAGE|MESSAGE)$/i.test(word);
    return isResource && limit > 0 ? [Math.round((Number(words[index + 1]) / limit) * 1000) / 10] : [];
  });
}
