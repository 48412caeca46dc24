import { isUtf8 } from 'node:buffer';
import type { FactTable, FactsOf } from '../../../words/fact.ts';
import type { Json } from '../../../words/json.ts';
import type { Attribute, RadiusPacket } from './packet.ts';

export const RADIUS_FACTS = {
  code: {
    kind: 'word',
    code: 'status',
    codes: { 'Access-Reject': 'auth', 'Access-Challenge': 'auth' },
    meaning:
      'what it answers: Access-Accept; Access-Reject, the user or the password is refused; Access-Challenge, it wants more, a second factor say',
  },
  reply_message: {
    kind: 'text',
    meaning: 'the words that it has for the user (Reply-Message); absent when none',
  },
  attributes: {
    kind: 'map',
    meaning:
      'what the answer grants: Framed-IP-Address, Session-Timeout, Filter-Id, Class, Tunnel-Private-Group-ID (the VLAN) and the like by name, others by number; several of one are a list; what is no text is hex',
  },
  message_authenticator: {
    kind: 'bool',
    meaning:
      'whether the answer is signed by a Message-Authenticator, too, without which it can be forged by somebody on the way (CVE-2024-3596)',
  },
} as const satisfies FactTable;

const CODES: Readonly<Record<number, string>> = {
  2: 'Access-Accept',
  3: 'Access-Reject',
  11: 'Access-Challenge',
};

type Kind = 'text' | 'number' | 'address' | 'octets';

/** Source: RFC 2865 §5, RFC 2868 §3, RFC 2869 §5. */
const ATTRIBUTES: Readonly<Record<number, readonly [name: string, kind: Kind]>> = {
  6: ['Service-Type', 'number'],
  7: ['Framed-Protocol', 'number'],
  8: ['Framed-IP-Address', 'address'],
  9: ['Framed-IP-Netmask', 'address'],
  11: ['Filter-Id', 'text'],
  12: ['Framed-MTU', 'number'],
  18: ['Reply-Message', 'text'],
  25: ['Class', 'text'],
  27: ['Session-Timeout', 'number'],
  28: ['Idle-Timeout', 'number'],
  85: ['Acct-Interim-Interval', 'number'],
  88: ['Framed-Pool', 'text'],
};
/** These begin with a byte that ties several of them together (RFC 2868 §3). */
const TAGGED: Readonly<Record<number, readonly [name: string, kind: Kind]>> = {
  64: ['Tunnel-Type', 'number'],
  65: ['Tunnel-Medium-Type', 'number'],
  81: ['Tunnel-Private-Group-ID', 'text'],
};
const REPLY_MESSAGE = 18;
const MESSAGE_AUTHENTICATOR = 80;
/** State is a number that is used once, Proxy-State is not for us. */
const HIDDEN: readonly number[] = [REPLY_MESSAGE, MESSAGE_AUTHENTICATOR, 24, 33];

/** Null: its code answers nothing that was asked. */
export function codeName(code: number): string | null {
  return CODES[code] ?? null;
}

export function answerFacts({ attributes }: RadiusPacket): FactsOf<typeof RADIUS_FACTS> {
  const words = attributes.filter(({ type }) => type === REPLY_MESSAGE);
  const text = Buffer.concat(words.map(({ value }) => value)).toString('utf8');
  return {
    ...(words.length === 0 ? {} : { reply_message: text }),
    attributes: grants(attributes.filter(({ type }) => !HIDDEN.includes(type))),
    message_authenticator: attributes.some(({ type }) => type === MESSAGE_AUTHENTICATOR),
  };
}

function grants(attributes: readonly Attribute[]): { readonly [name: string]: Json } {
  const granted = new Map<string, Json[]>();
  for (const attribute of attributes) {
    const [name, value] = grantOf(attribute);
    granted.set(name, [...(granted.get(name) ?? []), value]);
  }
  return Object.fromEntries(
    [...granted].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? null) : values]),
  );
}

function grantOf({ type, value }: Attribute): readonly [string, string | number] {
  const tagged = TAGGED[type];
  const first = value[0] ?? 0x20;
  // A text needs no tag: one that is above 0x1f is the text’s first letter.
  if (tagged?.[1] === 'text') return [tagged[0], show(first < 0x20 ? value.subarray(1) : value, 'text')];
  if (tagged !== undefined && value.length === 4) return [tagged[0], value.readUIntBE(1, 3)];
  const [name, kind] = ATTRIBUTES[type] ?? [String(type), 'octets'];
  return [name, show(value, kind)];
}

function show(value: Buffer, kind: Kind): string | number {
  if (kind === 'number' && value.length === 4) return value.readUInt32BE();
  if (kind === 'address' && value.length === 4) return [...value].join('.');
  return kind === 'text' && isUtf8(value) ? value.toString('utf8') : value.toString('hex');
}
