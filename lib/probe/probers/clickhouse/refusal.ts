import type { Code, Phase } from '../../../words/reason.ts';
import { fail } from '../../prober.ts';
import type { Exception } from './packets.ts';

const AUTH = ['auth', 'auth', 'refused the user or password'] as const;
const FORBIDDEN = ['auth', 'auth', 'does not let this user do that'] as const;
const FULL = ['overloaded', 'protocol', 'has no room for another query'] as const;
const KEEPER = ['quorum', 'protocol', 'does not reach its ZooKeeper or Keeper'] as const;

/** Exceptions that say what state the server is in. Source: ClickHouse/src/Common/ErrorCodes.cpp. */
const KNOWN: Readonly<Record<number, readonly [code: Code, phase: Phase, words: string]>> = {
  192: AUTH,
  193: AUTH,
  194: ['auth', 'auth', 'wants a password'],
  195: ['auth', 'auth', 'does not take this user from our address'],
  516: AUTH,
  291: FORBIDDEN,
  497: FORBIDDEN,
  81: ['status', 'protocol', 'does not have the database'],
  60: ['status', 'protocol', 'does not have the table'],
  62: ['status', 'protocol', 'does not understand the query'],
  159: ['timeout', 'protocol', 'gave up the query: it took too long'],
  160: ['timeout', 'protocol', 'gave up the query: it would take too long'],
  201: ['overloaded', 'protocol', 'has used up the quota of this user'],
  202: FULL,
  203: FULL,
  241: ['overloaded', 'protocol', 'has not the memory for the query'],
  252: ['overloaded', 'protocol', 'has too many parts'],
  745: FULL,
  242: ['read_only', 'protocol', 'takes no writes for that table'],
  225: KEEPER,
  999: KEEPER,
  285: ['quorum', 'protocol', 'has too few replicas alive'],
  286: ['quorum', 'protocol', 'has no quorum of replicas'],
};

/** Throws what an exception means. `asked` is what it answers. */
export function refuse({ number, said }: Exception, peer: string, asked: string): never {
  const [code, phase, words] = KNOWN[number] ?? ['status', 'protocol', 'answered with an exception'];
  return fail(code, phase, `${peer} ${words} (${asked}: ${String(number)} ${said})`);
}
