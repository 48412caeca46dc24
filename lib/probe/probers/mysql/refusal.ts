import type { Code, Finding, Phase } from '../../../words/reason.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { readPayload } from './packets.ts';

/** An ERR packet. Source: dev.mysql.com, “ERR_Packet” and “Server Error Message Reference”; mariadb.com, “Error Codes”. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
}

export function isRefusal(payload: Buffer): boolean {
  return payload[0] === 0xff;
}

export function parseRefusal(payload: Buffer, peer: string): Refusal {
  const reader = readPayload(payload, peer);
  reader.u8();
  const code = reader.u16LE();
  const text = reader.rest().toString('utf8');
  // `#42000` only where the client has said already that it knows them
  return { code, message: text.startsWith('#') ? text.slice(6) : text };
}

/** `1045 Access denied for user 'x'@'y'`, as one harmless line. */
export function showRefusal({ code, message }: Refusal): string {
  return safeLine(`${String(code)} ${message}`, 200);
}

interface Meaning {
  readonly codes: readonly number[];
  readonly code: Code;
  readonly phase: Phase;
  readonly words: string;
}

/** Errors that say what state the server is in, or who may not come in. */
const KNOWN: readonly Meaning[] = [
  {
    codes: [1045, 1698, 1820, 1862, 3118, 4151, 1524, 1251],
    code: 'auth',
    phase: 'auth',
    words: 'refuses the login',
  },
  { codes: [1130], code: 'auth', phase: 'auth', words: 'lets nobody in from this host' },
  { codes: [3159], code: 'auth', phase: 'auth', words: 'wants TLS' },
  {
    codes: [1044, 1142, 1143, 1227, 1370],
    code: 'auth',
    phase: 'auth',
    words: 'does not let this user do that',
  },
  { codes: [1040], code: 'overloaded', phase: 'protocol', words: 'has too many connections' },
  {
    codes: [1203, 1226],
    code: 'overloaded',
    phase: 'protocol',
    words: 'has no room for more of this user',
  },
  { codes: [1021, 1114], code: 'overloaded', phase: 'protocol', words: 'has a full disk' },
  { codes: [1037, 1038, 1041, 1135], code: 'overloaded', phase: 'protocol', words: 'is out of resources' },
  {
    codes: [1129],
    code: 'status',
    phase: 'protocol',
    words: 'has blocked this host (FLUSH HOSTS, max_connect_errors)',
  },
  { codes: [1049], code: 'status', phase: 'protocol', words: 'does not have the database' },
  { codes: [1053, 1079], code: 'status', phase: 'protocol', words: 'is shutting down' },
  { codes: [3032], code: 'status', phase: 'protocol', words: 'is in offline mode' },
  { codes: [1836, 1874], code: 'read_only', phase: 'protocol', words: 'takes no writes' },
  {
    codes: [1290, 1792],
    code: 'status',
    phase: 'protocol',
    words: 'runs the query read-only, and it writes',
  },
  { codes: [1969, 3024], code: 'timeout', phase: 'protocol', words: 'did not end the query in time' },
];

/** What an error says of the service; `what` is what it answers: `the login`. */
export function explainRefusal(refusal: Refusal, peer: string, what: string): Finding {
  const got = showRefusal(refusal);
  // The same number is an unknown command elsewhere.
  if (refusal.code === 1047 && refusal.message.startsWith('WSREP'))
    return { code: 'quorum', phase: 'protocol', text: `${peer} is no part of a whole cluster: ${got}`, got };
  const known = KNOWN.find(({ codes }) => codes.includes(refusal.code));
  if (known) {
    const { code, phase, words } = known;
    return { code, phase, text: `${peer} ${words}: ${got}`, got };
  }
  return { code: 'status', phase: 'protocol', text: `${peer} answers ${what} with an error: ${got}`, got };
}

/** The login was judged and refused. */
export function isLoginRefusal({ code }: Refusal): boolean {
  return KNOWN[0]?.codes.includes(code) === true || code === 1044;
}

/** What was asked is not known there, or not allowed: no fault of the server’s own. */
export function isAboutTheQuestion({ code }: Refusal): boolean {
  return [1044, 1064, 1142, 1193, 1227, 1235, 1295, 1105].includes(code);
}
