import type { FactsOf } from '../../../words/fact.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { DNS_FACTS, DnsContext } from './dns-facts.ts';
import { type Followed, followNames } from './follow-names.ts';
import type { DnsMessage, DnsRecord, Question } from './message.ts';
import { TYPE, rcodeName, typeName } from './record-types.ts';

/** What one server says, as facts that can be compared. */
export interface Said {
  readonly rcode: string;
  readonly answers: readonly string[];
  readonly flags: readonly string[];
  readonly serial: number | null;
}

/** The facts that hold for any server; throws a Fault when the answer does not belong to the question. */
export function readAnswer(
  message: DnsMessage,
  question: Question,
  peer: string,
): Said & { readonly followed: Followed } {
  const followed = followNames(message, question);
  if (followed.kind === 'stranger')
    fail('protocol', 'protocol', `${peer} ${strangeText(followed.record, question)}`);
  if (followed.kind === 'circle') {
    const names = followed.chain.map(({ name }) => name).concat(followed.chain.at(-1)?.text ?? '');
    fail('redirect', 'protocol', `the CNAMEs lead in a circle: ${safeLine(names.join(' → '), 250)}`);
  }
  return {
    rcode: rcodeName(message.rcode),
    answers: followed.kind === 'answer' ? textsOf(followed.records) : [],
    flags: message.flags,
    serial: serialOf(message),
    followed,
  };
}

/** Reports the answer of the server that is probed. */
export function reportAnswer(
  context: DnsContext,
  message: DnsMessage,
  question: Question,
  peer: string,
): Said {
  context.see({ rcode: rcodeName(message.rcode), flags: message.flags, size: message.size });
  const said = readAnswer(message, question, peer);
  const { followed } = said;
  const facts: FactsOf<typeof DNS_FACTS> = {
    answers: said.answers,
    nodata: message.rcode === 0 && followed.kind === 'nothing' && !followed.referral,
    cnames: followed.kind === 'stranger' ? [] : followed.chain.map(({ text }) => text),
    authority: textsOf(message.authority),
    additional: textsOf(message.additional),
    ttl_min: leastTtl(followed),
    serial: said.serial,
    rrsig_days: rrsigDays([...message.answers, ...message.authority], context.now()),
  };
  context.see(facts);
  const remark = remarkOn(message, followed, question);
  if (remark !== null) context.show(remark);
  return said;
}

/** Sorted, each text once. */
function textsOf(records: readonly DnsRecord[]): string[] {
  return [...new Set(records.map(({ text }) => text))].sort();
}

function leastTtl(followed: Followed): number | null {
  if (followed.kind !== 'answer') return null;
  return Math.min(...[...followed.chain, ...followed.records].map(({ ttl }) => ttl));
}

/** The third field of SOA. */
function serialOf({ answers, authority }: DnsMessage): number | null {
  const soa = [...answers, ...authority].find(({ type }) => type === TYPE.SOA);
  return soa === undefined ? null : Number(soa.text.split(' ')[2]);
}

/** The fifth field of RRSIG is when it ends, as `20261231235959`. */
function rrsigDays(records: readonly DnsRecord[], now_ms: number): number | null {
  const ends = records
    .filter(({ type }) => type === TYPE.RRSIG)
    .map(({ text }) => dateOf(text.split(' ')[4] ?? ''));
  return ends.length === 0 ? null : Math.floor(((Math.min(...ends) - now_ms) / 86_400_000) * 100) / 100;
}

function dateOf(stamp: string): number {
  return Date.parse(stamp.replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6Z'));
}

function strangeText(record: DnsRecord, question: Question): string {
  const [got, wanted] = [record, question].map(
    ({ name, type }) => `${safeLine(name, 100)} ${typeName(type)}`,
  );
  return `answers with ${got ?? ''}, expected ${wanted ?? ''}`;
}

/** In words, what the facts of an answer without records mean; null for one with records. */
function remarkOn(message: DnsMessage, followed: Followed, { name, type }: Question): string | null {
  if (followed.kind !== 'nothing') return null;
  const last = followed.chain.at(-1)?.text ?? name;
  if (message.rcode === 3) return `${last} does not exist (NXDOMAIN)`;
  if (message.rcode !== 0) return `the server says ${rcodeName(message.rcode)}`;
  if (followed.referral)
    return `the server refers to others for ${last}: ${textsOf(message.authority).join(', ')}`;
  return `${last} has no ${typeName(type)} record (NODATA)`;
}
