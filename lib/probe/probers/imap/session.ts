import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { notThis } from '../../wire/opening.ts';
import { refuse } from './refusal.ts';
import { type ImapState, readResponse, stateOf } from './response.ts';

/** Commands and their answers, one after the other. */
export interface ImapSession {
  readonly conversation: Conversation;
  /** The state that the server greets with. */
  greeting(): Promise<ImapState>;
  /** Sends a command. `shown`: the same for a transcript, where it holds a secret. Throws when the server says goodbye. */
  ask(command: string, shown?: string): Promise<ImapReply>;
  /** Goes on with a command that the server waits for. */
  goOn(line: string, shown?: string): Promise<ImapReply>;
  /** Sends a command that is answered in one go. */
  command(command: string): Promise<ImapDone>;
}

export interface ImapDone {
  readonly kind: 'done';
  readonly state: ImapState;
  /** the data that came before, without the stars: `STATUS "INBOX" (MESSAGES 5)` */
  readonly data: readonly string[];
}

export type ImapReply = ImapDone | { readonly kind: 'more'; readonly text: string };

/** In one answer; a mailbox may tell of each of its messages. */
const MAX_RESPONSES = 1000;

/** `alerted` is told what the server wants a person to see ([ALERT]). */
export function openSession(conversation: Conversation, alerted: (text: string) => void): ImapSession {
  const { peer } = conversation;
  let count = 0;

  const heed = (state: ImapState) => {
    if (state.code === 'ALERT') alerted(state.text);
    return state;
  };
  const send = async (line: string, shown: string) => conversation.write(`${line}\r\n`, `${shown}\r\n`);
  const hear = async (): Promise<ImapReply> => {
    const data: string[] = [];
    for (let turn = 0; turn < MAX_RESPONSES; turn += 1) {
      const response = await readResponse(conversation, 'any');
      if (response.kind === 'continue') return { kind: 'more', text: response.text };
      const state = stateOf(response.text);
      if (response.kind === 'tagged') {
        if (state === null || response.tag !== `a${String(count)}`)
          return notThis(conversation, 'IMAP', `${response.tag} ${response.text.slice(0, 200)}`);
        return { kind: 'done', state: heed(state), data };
      }
      if (state === null) data.push(response.text);
      else if (heed(state).word === 'BYE') refuse(state, peer, 'says goodbye');
    }
    const text = `${peer} sent more than ${String(MAX_RESPONSES)} responses to one command`;
    return fail('too_large', 'protocol', text);
  };
  const ask = async (command: string, shown = command) => {
    count += 1;
    const tag = `a${String(count)}`;
    await send(`${tag} ${command}`, `${tag} ${shown}`);
    return hear();
  };

  return {
    conversation,
    async greeting() {
      const { text } = await readResponse(conversation, 'greeting');
      const state = stateOf(text);
      if (state === null || state.word === 'NO' || state.word === 'BAD')
        return notThis(conversation, 'IMAP', `* ${text.slice(0, 200)}`);
      return heed(state);
    },
    ask,
    async goOn(line, shown = line) {
      await send(line, shown);
      return hear();
    },
    async command(command) {
      const reply = await ask(command);
      if (reply.kind === 'done') return reply;
      const got = safeLine(`+ ${reply.text}`, 60);
      return fail('protocol', 'protocol', `${peer} answers ${safeLine(command, 40)} with ${got}`, { got });
    },
  };
}
