import { type ByteReader, Malformed, readBytes } from './byte-reader.ts';
import { showRdata } from './rdata.ts';
import { TYPE } from './record-types.ts';

export interface Question {
  /** as ByteReader.name gives it */
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

export interface DnsRecord extends Question {
  /** seconds */
  readonly ttl: number;
  /** presentation form: see showRdata */
  readonly text: string;
}

export const FLAGS = ['aa', 'tc', 'rd', 'ra', 'ad', 'cd', 'do'] as const;
export type Flag = (typeof FLAGS)[number];

/** An answer. OPT is taken apart: its bits are in `rcode` and `flags`, and it is in no section. */
export interface DnsMessage {
  readonly id: number;
  readonly opcode: number;
  readonly flags: readonly Flag[];
  /** with the upper bits of OPT (RFC 6891 §6.1.3) */
  readonly rcode: number;
  readonly questions: readonly Question[];
  /** of a truncated message the sections are left empty: it may end anywhere */
  readonly answers: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
  /** bytes */
  readonly size: number;
}

export type Decoded =
  { readonly ok: true; readonly message: DnsMessage } | { readonly ok: false; readonly why: string };

/**
 * Decodes an answer (RFC 1035 §4.1), in time linear in its size. Not by dns-packet: its decoder follows chains of
 * pointers of any length (half a second for one hostile message), trusts its types to end where their rdata does, loses
 * dots inside labels and bytes that are no UTF-8, and knows no SVCB.
 */
export function decodeMessage(bytes: Buffer): Decoded {
  try {
    return { ok: true, message: decode(bytes) };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, why: error.message };
    throw error;
  }
}

function decode(bytes: Buffer): DnsMessage {
  if (bytes.length < 12) throw new Malformed(`it has ${String(bytes.length)} bytes, expected at least 12`);
  const reader = readBytes(bytes);
  const id = reader.u16();
  const bits = reader.u16();
  if ((bits & 0x8000) === 0) throw new Malformed('it is a question itself, expected an answer');
  const [asked, answered, authorities, extra] = [reader.u16(), reader.u16(), reader.u16(), reader.u16()];
  const head = { id, opcode: (bits >> 11) & 15, size: bytes.length };
  const questions = times(asked, () => readQuestion(reader));
  const flags = flagsOf(bits);
  if (flags.includes('tc'))
    return { ...head, flags, rcode: bits & 15, questions, answers: [], authority: [], additional: [] };
  const answers = times(answered, () => readRecord(reader));
  const authority = times(authorities, () => readRecord(reader));
  const additional = times(extra, () => readRecord(reader));
  // The TTL field of OPT holds the upper bits of the rcode, a version and flags.
  const opt = additional.find((record) => record.type === TYPE.OPT)?.ttl ?? 0;
  return {
    ...head,
    flags: (opt & 0x8000) === 0 ? flags : [...flags, 'do'],
    rcode: ((opt >>> 24) << 4) | (bits & 15),
    questions,
    answers,
    authority,
    additional: additional.filter((record) => record.type !== TYPE.OPT),
  };
}

const FLAG_BITS = { aa: 10, tc: 9, rd: 8, ra: 7, ad: 5, cd: 4 } as const;

function flagsOf(bits: number): Flag[] {
  return FLAGS.filter((flag) => flag !== 'do' && ((bits >> FLAG_BITS[flag]) & 1) === 1);
}

function readQuestion(reader: ByteReader): Question {
  return { name: reader.name(), type: reader.u16(), class: reader.u16() };
}

function readRecord(reader: ByteReader): DnsRecord {
  const owner = readQuestion(reader);
  const ttl = reader.u32();
  const rdata = reader.part(reader.u16());
  if (owner.type === TYPE.OPT) return { ...owner, ttl, text: '' };
  // A TTL with its top bit set counts as none (RFC 2181 §8).
  return { ...owner, ttl: ttl > 0x7fff_ffff ? 0 : ttl, text: showRdata(owner.type, rdata) };
}

/** Every item takes bytes, so that a count which lies ends with the message. */
function times<T>(count: number, next: () => T): T[] {
  const items: T[] = [];
  for (let index = 0; index < count; index += 1) items.push(next());
  return items;
}

/** The first question of a message of our own. */
export function decodeQuestion(query: Buffer): Question {
  return readQuestion(readBytes(query, 12));
}
