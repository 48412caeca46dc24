import type { Code, Finding, Phase } from '../../../words/reason.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { Fault, fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { expectFirst, notThis } from '../../wire/opening.ts';

/** What a server answers to one command. Source: RFC 5804 §1.2, §1.3. */
export interface SieveAnswer {
  readonly word: 'OK' | 'NO' | 'BYE';
  /** the response code in upper case, `TRYLATER`; null without one */
  readonly code: string | null;
  /** the string that a code may bring along; null without one */
  readonly argument: string | null;
  /** for a person; may be empty */
  readonly text: string;
  /** the lines before it: strings and words, `["SIEVE", "fileinto reject"]` */
  readonly data: readonly (readonly string[])[];
}

const MAX_LINE = 8192;
const MAX_LINES = 2000;
/** A script list or a text for a person; scripts themselves are not asked for. */
const MAX_STRING = 65_536;
const MAX_TOKENS = 20;

/** The response codes that say whose fault it is; those with a slash begin so. Source: RFC 5804 §1.3. */
const MEANINGS: { readonly [code: string]: Code } = {
  'AUTH-TOO-WEAK': 'auth',
  'ENCRYPT-NEEDED': 'auth',
  'TRANSITION-NEEDED': 'auth',
  QUOTA: 'overloaded',
  TRYLATER: 'status',
  NONEXISTENT: 'status',
};

/** Reads lines up to the one that says how it went. Throws protocol when it is none (at once), too_large, and what a conversation throws. */
export async function readAnswer(conversation: Conversation): Promise<SieveAnswer> {
  const data: (readonly string[])[] = [];
  for (;;) {
    const line = await readSieveLine(conversation);
    const answer = answerOf(line, data);
    if (answer !== null) return answer;
    // Data begins with a string; anything else is no word of this protocol.
    if (line[0]?.kind !== 'string') return notThis(conversation, 'ManageSieve', line[0]?.text ?? '');
    data.push(line.map(({ text }) => text));
    if (data.length > MAX_LINES)
      fail(
        'too_large',
        'protocol',
        `${conversation.peer} sent an answer of more than ${String(MAX_LINES)} lines`,
      );
  }
}

/** The string of a line that holds nothing else (a challenge), or the answer that comes instead. */
export async function readChallenge(conversation: Conversation): Promise<string | SieveAnswer> {
  const line = await readSieveLine(conversation);
  const [first] = line;
  if (line.length === 1 && first?.kind === 'string') return first.text;
  return (
    answerOf(line, []) ??
    notThis(
      conversation,
      'ManageSieve',
      line
        .map(({ text }) => text)
        .join(' ')
        .slice(0, 200),
    )
  );
}

/** Sends a command and reads its answer. Throws when the server says goodbye. */
export async function ask(conversation: Conversation, command: string): Promise<SieveAnswer> {
  await conversation.write(`${command}\r\n`);
  const answer = await readAnswer(conversation);
  if (answer.word === 'BYE') refuse(answer, conversation.peer, 'says goodbye');
  return answer;
}

/** A refusal told. `what` completes “192.0.2.7:4190 …”. */
export function refusal(
  answer: SieveAnswer,
  peer: string,
  what: string,
  { phase = 'protocol', otherwise = 'status' }: { readonly phase?: Phase; readonly otherwise?: Code } = {},
): Finding {
  const got = showAnswer(answer);
  const known = MEANINGS[answer.code?.split('/', 1)[0] ?? ''];
  const limited = /too many|maximum number/i.test(answer.text.slice(0, 500));
  // A connection that is cut off is not about the user.
  const code = known ?? (limited ? 'overloaded' : answer.word === 'BYE' ? 'status' : otherwise);
  return { code, phase, text: `${peer} ${what}: ${got}`, got };
}

export function refuse(
  answer: SieveAnswer,
  peer: string,
  what: string,
  about?: { readonly phase?: Phase; readonly otherwise?: Code },
): never {
  throw new Fault(refusal(answer, peer, what, about));
}

/** `NO (TRYLATER) "try later"`, as one harmless line. */
export function showAnswer({ word, code, text }: SieveAnswer): string {
  return safeLine(`${word}${code === null ? '' : ` (${code})`} ${text}`, 160);
}

interface Token {
  readonly kind: 'string' | 'word' | 'open' | 'close';
  readonly text: string;
}

function answerOf(line: readonly Token[], data: readonly (readonly string[])[]): SieveAnswer | null {
  const [first, ...rest] = line;
  const word = first?.kind === 'word' ? first.text.toUpperCase() : '';
  if (word !== 'OK' && word !== 'NO' && word !== 'BYE') return null;
  const close = rest[0]?.kind === 'open' ? rest.findIndex(({ kind }) => kind === 'close') : -1;
  const inside = close === -1 ? [] : rest.slice(1, close);
  return {
    word,
    code: inside[0]?.text.toUpperCase() ?? null,
    argument: inside.find(({ kind }) => kind === 'string')?.text ?? null,
    text: rest.slice(close + 1).find(({ kind }) => kind === 'string')?.text ?? '',
    data,
  };
}

/** One line as its tokens; literals in it may hold line ends. */
async function readSieveLine(conversation: Conversation): Promise<Token[]> {
  await expectFirst(conversation, '"{ONBonb', 'ManageSieve');
  const tokens: Token[] = [];
  for (;;) {
    const line = await conversation.readLine({ max: MAX_LINE });
    const literal = /^(.*)\{(\d{1,9})\+?\}$/s.exec(line);
    addTokens(tokens, literal?.[1] ?? line);
    if (tokens.length > MAX_TOKENS) return notThis(conversation, 'ManageSieve', line.slice(0, 200));
    if (literal === null) return tokens;
    const size = Number(literal[2]);
    if (size > MAX_STRING)
      fail('too_large', 'protocol', `${conversation.peer} sent a string of ${String(size)} bytes`);
    tokens.push({ kind: 'string', text: (await conversation.readExactly(size)).toString('utf8') });
  }
}

function addTokens(tokens: Token[], line: string): void {
  const pattern = /"((?:[^"\\]|\\.)*)"|([()])|([^\s"()]+)/gs;
  for (const [, quoted, bracket, word] of line.matchAll(pattern)) {
    if (quoted !== undefined) tokens.push({ kind: 'string', text: quoted.replaceAll(/\\(.)/gs, '$1') });
    else if (bracket !== undefined) tokens.push({ kind: bracket === '(' ? 'open' : 'close', text: bracket });
    else tokens.push({ kind: 'word', text: word ?? '' });
    if (tokens.length > MAX_TOKENS) return;
  }
}
