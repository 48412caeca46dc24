import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { plain, toBase64 } from '../../wire/sasl.ts';
import type { IrcPlan } from './irc-options.ts';
import { type Message, readMessage } from './message.ts';
import { refuse, refuseIfRefused } from './refusal.ts';

const MAX_MESSAGES = 500;
const MOST_NICKS = 5;
/** What a server may send of base64 in one AUTHENTICATE. Source: IRCv3 SASL 3.1. */
const CHUNK = 400;

/**
 * Says who we are until the server welcomes us; gives the welcome (001). `seed` makes the digits behind a nick that is in
 * use. Source: RFC 2812 §3.1.
 */
export async function register(conversation: Conversation, plan: IrcPlan, seed: number): Promise<Message> {
  await introduce(conversation, plan);
  let tried = 1;
  for (let count = 0; count < MAX_MESSAGES; count += 1) {
    const message = await readMessage(conversation);
    refuseIfRefused(conversation, message);
    switch (message.command) {
      case '001':
        return message;
      case 'PING':
        await pong(conversation, message);
        break;
      case '433': // in use
      case '436': // in use by two
      case '437': // not to be had for the moment
        if (tried === MOST_NICKS) refuse(conversation, message, 'status', 'protocol', 'has no nick for us');
        await conversation.write(`NICK ${anotherNick(plan.nick, seed + tried * 37)}\r\n`);
        tried += 1;
        break;
      default:
        if (plan.account !== null) await stepSasl(conversation, message, plan);
    }
  }
  return fail(
    'protocol',
    'protocol',
    `${conversation.peer} sent ${String(MAX_MESSAGES)} messages, but no welcome`,
  );
}

export async function pong(conversation: Conversation, { params }: Message): Promise<void> {
  await conversation.write(`PONG :${params.at(-1) ?? ''}\r\n`);
}

async function introduce(conversation: Conversation, { password, account, nick }: IrcPlan): Promise<void> {
  if (password !== null) await conversation.write(`PASS :${password}\r\n`, 'PASS :***\r\n');
  const capability = account === null ? '' : 'CAP REQ :sasl\r\n';
  await conversation.write(`${capability}NICK ${nick}\r\nUSER puptime 0 * :puptime\r\n`);
}

/** Nicks of nine characters at most are legal everywhere. */
function anotherNick(nick: string, number: number): string {
  return `${nick.slice(0, 7)}${String(number % 100).padStart(2, '0')}`;
}

/** Source: IRCv3, Capability Negotiation and SASL 3.1. */
async function stepSasl(conversation: Conversation, message: Message, { account }: IrcPlan): Promise<void> {
  const { command, params } = message;
  if (command === 'CAP' && params[1]?.toUpperCase() === 'ACK')
    await conversation.write('AUTHENTICATE PLAIN\r\n');
  if (
    (command === 'CAP' && params[1]?.toUpperCase() === 'NAK') ||
    (command === '421' && params[1]?.toUpperCase() === 'CAP')
  )
    refuse(conversation, message, 'auth', 'auth', 'offers no login (SASL)');
  if (command === 'AUTHENTICATE' && params[0] === '+' && account !== null)
    for (const chunk of chunksOf(toBase64(plain(account))))
      await conversation.write(`AUTHENTICATE ${chunk}\r\n`, 'AUTHENTICATE ***\r\n');
  // 907: already logged in
  if (command === '903' || command === '907') await conversation.write('CAP END\r\n');
}

/** A last one that is full is followed by an empty one. */
function chunksOf(text: string): string[] {
  const chunks: string[] = [];
  for (let at = 0; at < text.length; at += CHUNK) chunks.push(text.slice(at, at + CHUNK));
  return text.length % CHUNK === 0 ? [...chunks, '+'] : chunks;
}
