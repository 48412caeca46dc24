import type { FactsOf } from '../../../words/fact.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import type { IRC_FACTS } from './irc-facts.ts';
import { type Message, readMessage } from './message.ts';
import { refuseIfRefused } from './refusal.ts';
import { pong } from './register.ts';

type IrcFacts = FactsOf<typeof IRC_FACTS>;

const MAX_MESSAGES = 5000;
const MARK = 'puptime-end';

/**
 * Reads what a server says of itself after its welcome, up to the answer to a PING of ours: what a server tells, and in which
 * order, differs. Source: RFC 2812 §5.1; 005: ISUPPORT; 265, 266: everywhere but in an RFC.
 */
export async function readWelcome(conversation: Conversation, see: (facts: IrcFacts) => void): Promise<void> {
  await conversation.write(`PING :${MARK}\r\n`);
  for (let count = 0; count < MAX_MESSAGES; count += 1) {
    const message = await readMessage(conversation);
    refuseIfRefused(conversation, message);
    if (message.command === 'PING') await pong(conversation, message);
    if (message.command === 'PONG' && message.params.includes(MARK)) return;
    see(factsOf(message));
  }
  fail(
    'too_large',
    'protocol',
    `${conversation.peer} sent ${String(MAX_MESSAGES)} messages, but no answer to PING`,
  );
}

function factsOf({ command, params }: Message): IrcFacts {
  const text = (params.at(-1) ?? '').slice(0, 400);
  const numbers = (text.match(/\d{1,12}/g) ?? []).map(Number);
  switch (command) {
    case '004':
      return params[2] === undefined ? {} : { version: safeLine(params[2]) };
    case '005': {
      const network = params.find((param) => param.startsWith('NETWORK='));
      return network === undefined ? {} : { network: safeLine(network.slice('NETWORK='.length)) };
    }
    case '251': {
      // There are 5 users and 2 invisible (services) on 3 servers
      const [users, invisible] = numbers;
      const servers = numbers.at(-1);
      if (users === undefined || invisible === undefined || servers === undefined) return {};
      return { users: users + (/invisible/i.test(text) ? invisible : 0), servers };
    }
    case '254':
      return onlyNumber('channels', params[1]);
    case '255':
      // I have 5 users and 1 servers
      return numbers[0] === undefined ? {} : { local_users: numbers[0] };
    default:
      return {};
  }
}

function onlyNumber(fact: 'channels', text: string | undefined): IrcFacts {
  return text !== undefined && /^\d{1,12}$/.test(text) ? { [fact]: Number(text) } : {};
}
