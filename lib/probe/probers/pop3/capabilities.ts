import { safeLine } from '../../../words/safe-text.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { ask, readLines, refuse } from './reply.ts';

/** What the server says that it can do. Source: RFC 2449 §5. */
export interface Capabilities {
  /** as listed */
  readonly lines: readonly string[];
  readonly stls: boolean;
  /** whether USER and PASS may be used: true as well for a server that knows no CAPA */
  readonly user: boolean;
  readonly authMethods: readonly string[];
  /** null when it does not say */
  readonly implementation: string | null;
}

/** Null when the server knows no CAPA, as those of before 1998. */
export async function askCapabilities(conversation: Conversation): Promise<Capabilities | null> {
  const reply = await ask(conversation, 'CAPA');
  if (reply.kind === 'err') return null;
  if (reply.kind === 'more') refuse(reply, conversation.peer, 'answers CAPA with');
  const lines = (await readLines(conversation))
    .map((line) => safeLine(line, 512))
    .filter((line) => line !== '');
  const sasl = lines.find((line) => isTag(line, 'SASL')) ?? '';
  const methods = sasl.toUpperCase().split(' ').slice(1);
  return {
    lines,
    stls: lines.some((line) => isTag(line, 'STLS')),
    user: lines.some((line) => isTag(line, 'USER')),
    authMethods: [...new Set(methods.filter((method) => method !== ''))],
    implementation: lines.find((line) => isTag(line, 'IMPLEMENTATION'))?.slice(15) ?? null,
  };
}

function isTag(line: string, tag: string): boolean {
  return line.split(' ', 1)[0]?.toUpperCase() === tag;
}
