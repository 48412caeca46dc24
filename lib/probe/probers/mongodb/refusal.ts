import type { Code, Phase } from '../../../words/reason.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Document } from './bson.ts';

/** Error codes that say what state the server is in. Source: mongo/src/mongo/base/error_codes.yml. */
const KNOWN: Readonly<Record<number, readonly [code: Code, phase: Phase, words: string]>> = {
  11: ['auth', 'auth', 'does not know the user'],
  13: ['auth', 'auth', 'does not let this user do that'],
  18: ['auth', 'auth', 'refused the user or password'],
  334: ['auth', 'auth', 'does not have the mechanism of the login'],
  391: ['auth', 'auth', 'wants the login to be renewed'],
  8000: ['auth', 'auth', 'refused the login'],
  91: ['status', 'protocol', 'is shutting down'],
  11600: ['status', 'protocol', 'is shutting down'],
  133: ['quorum', 'protocol', 'finds no member of the set that it may ask'],
  189: ['quorum', 'protocol', 'has just stepped down from primary'],
  10107: ['read_only', 'protocol', 'is not the primary'],
  13435: ['read_only', 'protocol', 'is not the primary'],
  11602: ['quorum', 'protocol', 'was interrupted as its set changed'],
  13436: ['loading', 'protocol', 'is neither primary nor secondary: it starts, or recovers'],
  94: ['status', 'protocol', 'has not been made a member of a set yet'],
  50: ['overloaded', 'protocol', 'could not do it in time'],
  202: ['overloaded', 'protocol', 'could not do it in time'],
  262: ['overloaded', 'protocol', 'could not do it in time'],
};

export interface Refusal {
  readonly number: number;
  readonly text: string;
}

/** What the server said instead of an answer; null when it is one. */
export function refusalIn(answer: Document): Refusal | null {
  if (Number(answer.get('ok')) === 1) return null;
  const [number, name, message] = [answer.get('code'), answer.get('codeName'), answer.get('errmsg')];
  const words = [name, message].filter((word) => typeof word === 'string').join(': ');
  return { number: typeof number === 'number' ? number : 0, text: safeLine(words, 160) };
}

/** Throws what it means. */
export function refuse({ number, text }: Refusal, peer: string, command: string): never {
  const [code, phase, words] = KNOWN[number] ?? ['status', 'protocol', 'answered with an error'];
  return fail(code, phase, `${peer} ${words} (${command}: ${String(number)} ${text})`);
}
