import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { BER, ber, berBoolean, berInteger, berText } from '../../wire/ber.ts';
import type { Conversation } from '../../wire/conversation.ts';
import type { Search } from './ldap-options.ts';
import { type Entry, type LdapResult, OP, outOfOrder, readResponse, send } from './messages.ts';

/** What a search found. */
export interface Found {
  readonly result: LdapResult;
  readonly count: number;
  readonly first: Entry | null;
  /** of the first hundred */
  readonly dns: readonly string[];
  readonly referrals: readonly string[];
}

const SCOPES = { base: 0, one: 1, sub: 2 } as const;
const MAX_DNS = 100;
const MAX_DN = 1000;
const MAX_REFERRALS = 20;

/** Source: RFC 4511 §4.5. Aliases are followed to where they lead. `seconds`: what the server may take. */
export async function search(
  conversation: Conversation,
  id: number,
  asked: Search,
  seconds: number,
): Promise<Found> {
  const operation = ber(
    OP.search,
    berText(asked.base),
    berInteger(SCOPES[asked.scope], BER.enumerated),
    // derefAlways
    berInteger(3, BER.enumerated),
    berInteger(asked.limit),
    berInteger(seconds),
    berBoolean(false),
    asked.filter,
    ber(BER.sequence, ...asked.attributes.map((name) => berText(name))),
  );
  await send(conversation, id, operation);
  const dns: string[] = [];
  const referrals: string[] = [];
  let [count, first]: [number, Entry | null] = [0, null];
  for (;;) {
    const response = await readResponse(conversation, id);
    if (response.kind === 'entry') {
      count += 1;
      if (count > asked.limit) tooMany(conversation, asked.limit);
      first ??= response.entry;
      if (dns.length < MAX_DNS) dns.push(safeLine(response.entry.dn, MAX_DN));
    } else if (response.kind === 'reference') {
      if (referrals.length < MAX_REFERRALS) referrals.push(...response.urls);
    } else if (response.kind === 'result') {
      if (response.op !== OP.searched) return outOfOrder(conversation, response);
      return {
        result: response.result,
        count,
        first,
        dns,
        referrals: [...referrals, ...response.result.referrals],
      };
    }
  }
}

/** It was told how many there may be (RFC 4511 §4.5.1.4). */
function tooMany({ peer }: Conversation, limit: number): never {
  return fail(
    'too_large',
    'protocol',
    `${peer} sends more than the ${String(limit)} entries that were asked for`,
  );
}
