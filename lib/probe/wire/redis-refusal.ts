import type { Code, Finding, Phase } from '../../words/reason.ts';
import { safeLine } from '../../words/safe-text.ts';
import { Fault, fail } from '../prober.ts';
import type { Conversation } from './conversation.ts';
import type { Reply } from './resp.ts';

/** The error replies that say what state the server is in, by how they begin. Source: redis/src/server.c, acl.c. */
const KNOWN: readonly (readonly [start: string, code: Code, phase: Phase, words: string])[] = [
  ['NOAUTH', 'auth', 'auth', 'wants a password'],
  ['WRONGPASS', 'auth', 'auth', 'refused the user or password'],
  ['ERR invalid password', 'auth', 'auth', 'refused the password'],
  ['ERR AUTH', 'auth', 'auth', 'has no password, but one is configured here'],
  ['ERR Client sent AUTH', 'auth', 'auth', 'has no password, but one is configured here'],
  ['ERR wrong number of arguments for', 'auth', 'auth', 'knows no user names (Redis before 6)'],
  ['NOPERM', 'auth', 'auth', 'does not let this user do that'],
  ['DENIED', 'auth', 'auth', 'is in protected mode: without a password it serves its own host only'],
  ['ERR max number of clients', 'overloaded', 'protocol', 'has no room for another client'],
  ['BUSY', 'overloaded', 'protocol', 'is busy with a script'],
  ['OOM', 'overloaded', 'protocol', 'is out of memory'],
  ['LOADING', 'loading', 'protocol', 'is still loading its data'],
  ['MASTERDOWN', 'replication', 'protocol', 'has lost its master and serves no old data'],
  ['MISCONF', 'read_only', 'protocol', 'cannot persist, so it takes no writes'],
  ['READONLY', 'read_only', 'protocol', 'takes no writes'],
  ['NOREPLICAS', 'read_only', 'protocol', 'has too few replicas, so it takes no writes'],
  ['CLUSTERDOWN', 'quorum', 'protocol', 'is in a cluster that is down'],
];

/** What an error reply says of the service. `peer` is who said it, `command` what it answers. */
export function explainRefusal(error: string, peer: string, command: string): Finding {
  const quoted = withoutArguments(error);
  const known = KNOWN.find(([start]) => error.startsWith(start));
  if (known) {
    const [, code, phase, words] = known;
    return { code, phase, text: `${peer} ${words} (${command}: ${quoted})` };
  }
  return { code: 'status', phase: 'protocol', text: `${peer} answered ${command} with an error: ${quoted}` };
}

/** Whether the error begins with this word: `LOADING`. */
export function isRefusal(error: string, word: string): boolean {
  return error.startsWith(`${word} `) || error === word;
}

/** Ends the probe with what an error reply says. */
export function refuse(error: string, { peer }: Conversation, command: string): never {
  throw new Fault(explainRefusal(error, peer, command));
}

/** Ends the probe: no Redis answers this command so. */
export function unexpected(reply: Reply, { peer }: Conversation, command: string): never {
  const got = reply.kind === 'status' ? `+${safeLine(reply.text, 60)}` : `a reply of the kind ${reply.kind}`;
  return fail('protocol', 'protocol', `${peer} answered ${command} with ${got}`, { got });
}

/** "unknown command" errors repeat what was sent: the password, perhaps. */
function withoutArguments(error: string): string {
  return safeLine(error.split(/,? with args beginning with/, 1)[0] ?? '', 120);
}
