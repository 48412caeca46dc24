import { type Packet, encode } from 'dns-packet';
import { type Question, decodeQuestion } from './message.ts';

/** What is asked besides the question. */
export interface QueryFlags {
  readonly rd: boolean;
  readonly ad: boolean;
  readonly cd: boolean;
  readonly do: boolean;
  /** bytes of UDP answer that we say we take; null: without EDNS */
  readonly edns: number | null;
}

/** A question as bytes. */
export interface Query {
  readonly id: number;
  readonly bytes: Buffer;
  /** as an answer repeats it */
  readonly question: Question;
}

const RD = 0x0100;
const AD = 0x0020;
const CD = 0x0010;
const DO = 0x8000;

/** A query of one question (RFC 1035 §4.1), with OPT (RFC 6891) where EDNS is asked for. */
export function encodeQuery(id: number, question: Question, flags: QueryFlags): Query {
  const packet: Packet = {
    type: 'query',
    id,
    flags: (flags.rd ? RD : 0) | (flags.ad ? AD : 0) | (flags.cd ? CD : 0),
    // dns-packet knows few types and classes by name, so it gets a common one, and the numbers are put in below.
    questions: [{ name: question.name, type: 'A', class: 'IN' }],
    ...(flags.edns === null ? {} : { additionals: [optFor(flags.edns, flags.do)] }),
  };
  const bytes = encode(packet);
  const end = bytes.length - (flags.edns === null ? 0 : OPT_LENGTH);
  bytes.writeUInt16BE(question.type, end - 4);
  bytes.writeUInt16BE(question.class, end - 2);
  return { id, bytes, question: decodeQuestion(bytes) };
}

/** Root name, type, class, TTL and no rdata. */
const OPT_LENGTH = 11;

function optFor(udpPayloadSize: number, dnssec: boolean): NonNullable<Packet['additionals']>[number] {
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: dnssec ? DO : 0,
    flag_do: dnssec,
    options: [],
  };
}
