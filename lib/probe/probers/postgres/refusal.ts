import type { Code, Finding, Phase } from '../../../words/reason.ts';
import { safeLine } from '../../../words/safe-text.ts';

/** An ErrorResponse. Source: postgresql.org, “Error and Notice Message Fields” and “PostgreSQL Error Codes”. */
export interface Refusal {
  /** five letters or digits; empty when it has none */
  readonly sqlstate: string;
  readonly message: string;
  /** empty when there is none */
  readonly detail: string;
  /** whether the server closes now */
  readonly fatal: boolean;
}

export function parseRefusal(body: Buffer): Refusal {
  const fields = new Map<string, string>();
  for (const field of body.toString('utf8').split('\0')) {
    const name = field.slice(0, 1);
    if (name !== '' && !fields.has(name)) fields.set(name, field.slice(1));
  }
  // V is S without translation, from 9.6 on.
  const severity = fields.get('V') ?? fields.get('S') ?? '';
  const sqlstate = fields.get('C') ?? '';
  return {
    sqlstate: /^[0-9A-Z]{5}$/.test(sqlstate) ? sqlstate : '',
    message: fields.get('M') ?? '',
    detail: fields.get('D') ?? '',
    fatal: severity === 'FATAL' || severity === 'PANIC',
  };
}

/** `28P01 password authentication failed for user "x"`, as one harmless line. */
export function showRefusal({ sqlstate, message, detail }: Refusal): string {
  return safeLine(`${sqlstate} ${message}${detail === '' ? '' : ` (${detail})`}`, 200);
}

/** SQLSTATEs, or their classes, and what they say of the service; the first that fits. */
const KNOWN: readonly (readonly [start: string, code: Code, phase: Phase, words: string])[] = [
  ['28', 'auth', 'auth', 'refuses the login'],
  ['42501', 'auth', 'auth', 'does not let this user do that'],
  ['3D000', 'status', 'protocol', 'does not have the database'],
  ['53300', 'overloaded', 'protocol', 'has too many connections'],
  ['53100', 'overloaded', 'protocol', 'has a full disk'],
  ['53200', 'overloaded', 'protocol', 'is out of memory'],
  ['53', 'overloaded', 'protocol', 'is out of resources'],
  ['57P01', 'status', 'protocol', 'is shutting down'],
  ['57P02', 'status', 'protocol', 'has crashed'],
  ['57P03', 'status', 'protocol', 'takes no connections now'],
  ['25006', 'status', 'protocol', 'runs the query read-only, and it writes'],
];

/** Poolers say 08P01 to everything. Source: pgbouncer, src/client.c, src/janitor.c. */
const POOLER_WAITED = /^(?:query_wait_timeout|client_login_timeout)/;
const POOLER_REFUSES = /^(?:SASL|password) authentication failed/;
const POOLER_IS_FULL = /^no more connections allowed/;

/** What an error says of the service; `what` is what it answers: `the login`. */
export function explainRefusal(refusal: Refusal, peer: string, what: string): Finding {
  const got = showRefusal(refusal);
  if (POOLER_IS_FULL.test(refusal.message))
    return { code: 'overloaded', phase: 'protocol', text: `${peer} has too many connections: ${got}`, got };
  if (POOLER_WAITED.test(refusal.message))
    return {
      code: 'status',
      phase: 'protocol',
      text: `${peer} got no connection to its server, which is gone or has none free: ${got}`,
      got,
    };
  if (POOLER_REFUSES.test(refusal.message))
    return { code: 'auth', phase: 'auth', text: `${peer} refuses the login: ${got}`, got };
  if (isTimeout(refusal))
    return { code: 'timeout', phase: 'protocol', text: `${peer} did not end the query in time: ${got}`, got };
  const known = KNOWN.find(([start]) => refusal.sqlstate.startsWith(start));
  if (known) {
    const [, code, phase, words] = known;
    return { code, phase, text: `${peer} ${words}: ${got}`, got };
  }
  return { code: 'status', phase: 'protocol', text: `${peer} answers ${what} with an error: ${got}`, got };
}

/** Still starting, or recovering from a crash: it takes no connections yet. */
export function isLoading({ sqlstate, message, detail }: Refusal): boolean {
  // The same code says that it is ending, or a standby that never takes any.
  return sqlstate === '57P03' && !/shutting down|hot standby mode is disabled/i.test(`${message} ${detail}`);
}

/** The login was judged and refused. */
export function isAuthRefusal({ sqlstate }: Refusal): boolean {
  return sqlstate.startsWith('28');
}

/** The server could not, whatever was asked; other errors are about what was asked. */
export function isOwnTrouble({ sqlstate, fatal }: Refusal): boolean {
  return fatal || /^(?:53|54|57|58|F0|XX)/.test(sqlstate);
}

function isTimeout({ sqlstate, message }: Refusal): boolean {
  return sqlstate === '57014' && !message.includes('user request');
}
