import type { Code } from '../../../words/reason.ts';
import { safeLine, safeText } from '../../../words/safe-text.ts';
import { compilePattern } from '../../expect/pattern.ts';
import { Fault, InvalidOptions, fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { type Payload, payloadBytes } from '../../wire/payload.ts';
import { sayGoodbye } from './goodbye.ts';
import { type Incoming, OPCODES, createFrameReader, sendFrame } from './frames.ts';
import type { WsContext } from './ws-facts.ts';
import type { WsOptions, WsStep } from './ws-options.ts';

/** What is said once the connection is upgraded. */
export type Talk = (conversation: Conversation, context: WsContext) => Promise<void>;

type Message = Extract<Incoming, { readonly data: Buffer }>;

interface Line {
  send(opcode: number, data: Buffer): Promise<void>;
  /** the next message; pings are answered, a close ends the probe */
  next(wanted: (kind: Message['kind']) => boolean): Promise<Message>;
}

const MOST_MESSAGES = 100;
const KEPT_CHARACTERS = 4096;

/** Throws InvalidOptions. `wanted` are the facts somebody asks for. */
export function prepareTalk(options: WsOptions, wanted: ReadonlySet<string>): Talk {
  const { send, dialogue = [], ping = true, max_message = 2 ** 20 } = options;
  if (send !== undefined && options.dialogue !== undefined)
    throw new InvalidOptions('send', '`send` and `dialogue` exclude each other: make it a step');
  const message = send === undefined ? null : frameOf(send, 'send');
  const steps = dialogue.map((step, index) => prepareStep(step, `dialogue[${String(index)}]`));
  const listens =
    message === null && steps.length === 0 && ['messages', 'reply'].some((fact) => wanted.has(fact));
  return async (conversation, context) => {
    const line = openLine(conversation, context, max_message);
    const captures: { [name: string]: string } = {};
    for (const step of steps) {
      await step(line, captures);
      if (Object.keys(captures).length > 0) context.see({ captures: { ...captures } });
    }
    if (message !== null) await line.send(message.opcode, message.data);
    if (message !== null || listens) {
      const reply = await line.next(isMessage);
      if (message !== null) context.see({ reply: textOf(reply) });
    }
    if (ping) await playPing(line, context);
    await sayGoodbye(conversation, context, max_message);
  };
}

function openLine(conversation: Conversation, context: WsContext, max: number): Line {
  const read = createFrameReader(conversation, max);
  const messages: string[] = [];
  const line: Line = {
    send: (opcode, data) => sendFrame(conversation, opcode, data),
    async next(wanted) {
      for (;;) {
        const incoming = await read();
        if (incoming.kind === 'close') return closedEarly(incoming, context);
        if (incoming.kind === 'ping') await line.send(OPCODES.pong, incoming.data);
        if (isMessage(incoming.kind) && messages.length < MOST_MESSAGES) {
          messages.push(textOf(incoming));
          context.see({ messages: [...messages] });
        }
        if (wanted(incoming.kind)) return incoming;
      }
    },
  };
  return line;
}

function isMessage(kind: Message['kind']): boolean {
  return kind === 'text' || kind === 'binary';
}

function textOf({ kind, data }: Message): string {
  return kind === 'text'
    ? safeText(data.toString('utf8'), KEPT_CHARACTERS)
    : data.toString('base64').slice(0, KEPT_CHARACTERS);
}

async function playPing(line: Line, context: WsContext): Promise<void> {
  const data = Buffer.from('puptime');
  context.see({ pong: false });
  await line.send(OPCODES.ping, data);
  // A pong nobody asked for is legal (§5.5.3).
  let pong = await line.next((kind) => kind === 'pong');
  while (!pong.data.equals(data)) pong = await line.next((kind) => kind === 'pong');
  context.see({ pong: true });
}

/** RFC 6455 §7.4.1 and the registry of close codes. */
const CLOSE_CODES: { readonly [code: number]: readonly [Code, string] } = {
  1001: ['closed', 'going away'],
  1002: ['protocol', 'says that we broke the protocol'],
  1003: ['protocol', 'takes no such data'],
  1007: ['protocol', 'takes no such data'],
  1008: ['auth', 'policy violation'],
  1009: ['too_large', 'message too big'],
  1011: ['status', 'internal error'],
  1012: ['overloaded', 'service restart'],
  1013: ['overloaded', 'try again later'],
  1014: ['status', 'bad gateway'],
};

function closedEarly({ code, reason }: Extract<Incoming, { kind: 'close' }>, context: WsContext): never {
  context.see({ close_code: code, close_reason: reason === '' ? null : reason });
  const [as, words] = CLOSE_CODES[code] ?? ['closed', ''];
  const said = [words, safeLine(reason, 120)].filter((part) => part !== '').join(': ');
  return fail(as, 'protocol', `it closed with ${String(code)}${said === '' ? '' : ` (${said})`}`, {
    got: code,
  });
}

function frameOf(payload: Payload, key: string) {
  return {
    opcode: typeof payload === 'string' ? OPCODES.text : OPCODES.binary,
    data: payloadBytes(payload, key),
  };
}

type PreparedStep = (line: Line, captures: { [name: string]: string }) => Promise<void>;

function prepareStep(step: WsStep, key: string): PreparedStep {
  if ('send' in step) {
    const { opcode, data } = frameOf(step.send, `${key}.send`);
    return (line) => line.send(opcode, data);
  }
  const { expect, capture } = step;
  const found = finderOf(expect, `${key}.expect`);
  const expected =
    typeof expect === 'object' && 'matches' in expect ? expect.matches : payloadBytes(expect, key).toString();
  return async (line, captures) => {
    try {
      for (;;) {
        const match = found(await line.next(isMessage));
        if (match === null) continue;
        if (capture !== undefined) captures[capture] = match;
        return;
      }
    } catch (error) {
      if (!(error instanceof Fault) || error.finding.code !== 'timeout') throw error;
      throw new Fault({ ...error.finding, text: `no message with "${safeLine(expected, 80)}" came in time` });
    }
  };
}

/** What a message is kept as when it is the one; null when it is not. */
function finderOf(
  expect: Extract<WsStep, { expect: unknown }>['expect'],
  key: string,
): (message: Message) => string | null {
  if (typeof expect === 'object' && 'matches' in expect) {
    const compiled = compilePattern(expect.matches);
    if (!compiled.ok) throw new InvalidOptions(`${key}.matches`, compiled.text);
    return ({ data }) => {
      const match = compiled.pattern.find(data.toString('utf8'));
      return match === null ? null : safeText(match.groups[0] ?? match.text, KEPT_CHARACTERS);
    };
  }
  const bytes = payloadBytes(expect, key);
  return (message) => (message.data.includes(bytes) ? textOf(message) : null);
}
