import type { DnsMessage, DnsRecord, Question } from './message.ts';
import { TYPE } from './record-types.ts';

/** What an answer section says to a question. */
export type Followed =
  | {
      readonly kind: 'answer';
      /** the records asked for; where the CNAMEs lead out of what this server knows, the last of them */
      readonly records: readonly DnsRecord[];
      /** CNAME records from the name asked for on */
      readonly chain: readonly DnsRecord[];
    }
  /** nothing of the type: `referral` when other servers are named for it instead */
  | { readonly kind: 'nothing'; readonly chain: readonly DnsRecord[]; readonly referral: boolean }
  | { readonly kind: 'circle'; readonly chain: readonly DnsRecord[] }
  /** there are records, but none that belongs to the question */
  | { readonly kind: 'stranger'; readonly record: DnsRecord };

/** Follows the name asked for through CNAMEs to the records that answer (RFC 1034 §3.6.2); others count for nothing. */
export function followNames(message: DnsMessage, question: Question): Followed {
  const records = message.answers.filter(
    (record) => question.class === 255 || record.class === question.class,
  );
  const chain: DnsRecord[] = [];
  let name = question.name;
  for (;;) {
    const here = records.filter((record) => record.name === name);
    const found = here.filter(({ type }) => type === question.type || question.type === TYPE.ANY);
    if (found.length > 0) return { kind: 'answer', records: found, chain };
    const alias = here.find(({ type }) => type === TYPE.CNAME);
    if (alias === undefined) break;
    chain.push(alias);
    name = alias.text;
    if (name === question.name || chain.some((before) => before.name === name))
      return { kind: 'circle', chain };
  }
  return unanswered(message, question, chain);
}

function unanswered(message: DnsMessage, question: Question, chain: readonly DnsRecord[]): Followed {
  const denied = message.rcode !== 0 || message.authority.some(({ type }) => type === TYPE.SOA);
  const last = chain.at(-1);
  const stranger = message.answers.find((record) =>
    last === undefined ? record.type !== TYPE.RRSIG : record.type === question.type,
  );
  if (stranger !== undefined && message.rcode === 0) return { kind: 'stranger', record: stranger };
  if (last !== undefined && !denied) return { kind: 'answer', records: [last], chain };
  return {
    kind: 'nothing',
    chain,
    referral: !denied && message.authority.some(({ type }) => type === TYPE.NS),
  };
}
