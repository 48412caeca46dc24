import type { Code, Phase } from '../../../words/reason.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';

const MAX_LINE = 4096;

export async function readLine(conversation: Conversation): Promise<string> {
  return conversation.readLine({ max: MAX_LINE });
}

type Known = readonly [words: string, code: Code, phase: Phase];

/** The words of rsync’s clientserver.c and authenticate.c. */
const KNOWN: readonly Known[] = [
  ['max connections', 'overloaded', 'protocol'],
  ['auth failed', 'auth', 'auth'],
  ['access denied', 'auth', 'auth'],
];

const OTHER: Known = ['', 'status', 'protocol'];

/** Ends the probe for a line that begins with `@ERROR`. */
export function refuse({ peer }: Conversation, line: string): never {
  const words = line.slice(0, 400).toLowerCase();
  const [, code, phase] = KNOWN.find(([known]) => words.includes(known)) ?? OTHER;
  const got = safeLine(line.replace(/^@ERROR:? */, ''), 160);
  return fail(code, phase, `${peer} refuses: ${got}`, { got });
}

export function unexpected({ peer }: Conversation, what: string): never {
  const got = safeLine(what, 80);
  return fail('protocol', 'protocol', `${peer} answers with what rsync does not say there: ${got}`, { got });
}
