import type { Code, Phase } from '../../../words/reason.ts';
import { fail } from '../../prober.ts';
import type { ServerError } from './tokens.ts';

const REFUSED = ['auth', 'auth', 'refused the user or password'] as const;
const RENEW = ['auth', 'auth', 'wants another password of this user'] as const;
const FORBIDDEN = ['auth', 'auth', 'does not let this user do that'] as const;
const STARTING = ['loading', 'protocol', 'is still starting, or recovers the database'] as const;
const FULL = ['overloaded', 'protocol', 'has no room for another connection or query'] as const;
const MEMORY = ['overloaded', 'protocol', 'has not the memory for it'] as const;
const REPLICA = [
  'replication',
  'protocol',
  'has the database only as a replica that cannot be read now',
] as const;

/** Numbers that say what state the server is in. Source: SQL Server documentation, “Database Engine events and errors”. */
const KNOWN: Readonly<Record<number, readonly [code: Code, phase: Phase, words: string]>> = {
  18450: ['auth', 'auth', 'takes only logins of Windows'],
  18452: ['auth', 'auth', 'takes only logins of Windows'],
  18456: REFUSED,
  18470: ['auth', 'auth', 'has disabled this user'],
  18486: ['auth', 'auth', 'has locked this user'],
  18487: RENEW,
  18488: RENEW,
  40531: REFUSED,
  40615: ['auth', 'auth', 'does not take connections from our address'],
  229: FORBIDDEN,
  230: FORBIDDEN,
  297: FORBIDDEN,
  916: FORBIDDEN,
  18401: STARTING,
  922: STARTING,
  927: STARTING,
  40613: STARTING,
  17809: FULL,
  10928: FULL,
  10929: FULL,
  40501: FULL,
  701: MEMORY,
  802: MEMORY,
  8645: MEMORY,
  976: REPLICA,
  978: REPLICA,
  979: REPLICA,
  983: REPLICA,
  3906: ['read_only', 'protocol', 'has the database read-only'],
  4060: ['status', 'protocol', 'does not have the database, or not for this user'],
  4064: ['status', 'protocol', 'does not have the database that this user begins in'],
  942: ['status', 'protocol', 'has the database offline'],
  945: ['status', 'protocol', 'cannot open the database'],
  18451: ['status', 'protocol', 'is shutting down'],
  6005: ['status', 'protocol', 'is shutting down'],
  18461: ['status', 'protocol', 'is in single user mode'],
};

/** Throws what the first error means, if there is any. `asked` is what they answer. */
export function refuseIfError(errors: readonly ServerError[], peer: string, asked: string): void {
  const [first] = errors;
  if (first === undefined) return;
  const [code, phase, words] = KNOWN[first.number] ?? ['status', 'protocol', 'answered with an error'];
  fail(code, phase, `${peer} ${words} (${asked}: ${String(first.number)} ${first.text})`);
}
