import type { FactTable, FactsOf } from '../../words/fact.ts';
import type { JsonSchema } from '../../words/json.ts';
import { safeLine, safeText } from '../../words/safe-text.ts';
import { type Pattern, compilePattern } from '../expect/pattern.ts';
import { Fault, InvalidOptions } from '../prober.ts';
import type { Conversation } from './conversation.ts';
import { PAYLOAD_SCHEMA, type Payload, payloadBytes } from './payload.ts';

/** What tcp, tls and unix add to a service: talking over a byte stream that puptime has no prober for. */
export interface DialogueOptions {
  readonly send?: Payload;
  readonly dialogue?: readonly Step[];
}

type Step =
  | { readonly send: Payload }
  | { readonly expect: Payload | { readonly matches: string }; readonly capture?: string }
  | { readonly tls: true };

export const DIALOGUE_OPTIONS: { readonly [key: string]: JsonSchema } = {
  send: { ...PAYLOAD_SCHEMA, description: 'sent once connected; what comes back is the fact `reply`' },
  dialogue: {
    description:
      'ordered steps: {send: …}, {expect: …} (waits until it has come), {tls: true} (TLS from here on)',
    type: 'array',
    minItems: 1,
    items: {
      oneOf: [
        {
          type: 'object',
          properties: { send: PAYLOAD_SCHEMA },
          required: ['send'],
          additionalProperties: false,
        },
        {
          type: 'object',
          properties: {
            expect: {
              description: 'text or bytes that must come, or {matches: PATTERN}',
              oneOf: [
                ...(PAYLOAD_SCHEMA['oneOf'] as readonly JsonSchema[]),
                {
                  type: 'object',
                  properties: { matches: { type: 'string' } },
                  required: ['matches'],
                  additionalProperties: false,
                },
              ],
            },
            capture: {
              type: 'string',
              pattern: '^[a-z][a-z0-9_]*$',
              description: 'keeps what matched (its first group, if any) in the fact `captures`',
            },
          },
          required: ['expect'],
          additionalProperties: false,
        },
        {
          type: 'object',
          properties: { tls: { const: true } },
          required: ['tls'],
          additionalProperties: false,
        },
      ],
    },
  },
};

export const DIALOGUE_FACTS = {
  banner: {
    kind: 'text',
    meaning:
      'what the server says first, up to its first line end; waited for only when it is expected, watched or kept',
  },
  reply: {
    kind: 'text',
    meaning: 'what came back after `send`, until the server ended or was quiet for half a second',
  },
  captures: { kind: 'map', meaning: 'what the `capture` steps of the dialogue kept' },
} as const satisfies FactTable;

/** A dialogue checked once, held as often as one likes. */
export interface Dialogue {
  hold(conversation: Conversation, see: (facts: FactsOf<typeof DIALOGUE_FACTS>) => void): Promise<void>;
}

const QUIET_MS = 500;
const MAX_HEARD = 65_536;

/** Throws InvalidOptions. `wanted` are the facts somebody asks for. */
export function prepareDialogue({ send, dialogue }: DialogueOptions, wanted: ReadonlySet<string>): Dialogue {
  if (send !== undefined && dialogue !== undefined)
    throw new InvalidOptions('send', '`send` and `dialogue` exclude each other: make it a step');
  const message = send === undefined ? null : payloadBytes(send, 'send');
  const steps = (dialogue ?? []).map((step, index) => prepareStep(step, `dialogue[${String(index)}]`));
  return {
    async hold(conversation, see) {
      if (wanted.has('banner')) see({ banner: await listen(conversation, 'line') });
      const captures: { [name: string]: string } = {};
      for (const step of steps) {
        await step(conversation, captures);
        if (Object.keys(captures).length > 0) see({ captures: { ...captures } });
      }
      if (message !== null) {
        await conversation.write(message);
        see({ reply: await listen(conversation, 'quiet') });
      } else if (wanted.has('reply')) {
        see({ reply: await listen(conversation, 'quiet') });
      }
    },
  };
}

type PreparedStep = (conversation: Conversation, captures: { [name: string]: string }) => Promise<void>;

function prepareStep(step: Step, key: string): PreparedStep {
  if ('send' in step) {
    const bytes = payloadBytes(step.send, `${key}.send`);
    return (conversation) => conversation.write(bytes);
  }
  if ('tls' in step) {
    return async (conversation) => {
      await conversation.startTls();
    };
  }
  const { expect, capture } = step;
  if (typeof expect === 'object' && 'matches' in expect) {
    const compiled = compilePattern(expect.matches);
    if (!compiled.ok) throw new InvalidOptions(`${key}.expect.matches`, compiled.text);
    return awaitPattern(compiled.pattern, capture ?? null);
  }
  return awaitBytes(payloadBytes(expect, `${key}.expect`), capture ?? null);
}

function awaitBytes(bytes: Buffer, capture: string | null): PreparedStep {
  return async (conversation, captures) => {
    await awaitMatch(conversation, safeLine(bytes.toString('latin1'), 80), (heard) => {
      const at = heard.indexOf(bytes);
      return at === -1 ? null : at + bytes.length;
    });
    if (capture !== null) captures[capture] = safeLine(bytes.toString('utf8'));
  };
}

function awaitPattern(pattern: Pattern, capture: string | null): PreparedStep {
  return async (conversation, captures) => {
    let kept = '';
    await awaitMatch(conversation, pattern.source, (heard) => {
      // latin1: one character a byte, so that the end of a match in the text is its end in the bytes.
      const match = pattern.find(heard.toString('latin1'));
      if (match === null) return null;
      kept = Buffer.from(match.groups[0] ?? match.text, 'latin1').toString('utf8');
      return match.end;
    });
    if (capture !== null) captures[capture] = safeLine(kept);
  };
}

/** Waits until it has come; what else the peer said is told when it never does. */
async function awaitMatch(
  conversation: Conversation,
  expected: string,
  matched: (heard: Buffer) => number | null,
): Promise<void> {
  let heard = '';
  try {
    await conversation.readUntil((sofar) => {
      heard = sofar.subarray(0, 200).toString('utf8');
      return matched(sofar);
    }, MAX_HEARD);
  } catch (error) {
    if (!(error instanceof Fault) || heard === '') throw error;
    const { finding } = error;
    // It has spoken, but said something else: that is what a person wants to read.
    throw new Fault({
      ...finding,
      code: finding.code === 'timeout' ? 'protocol' : finding.code,
      text: `${finding.text}; expected ${expected}, got ${safeLine(heard, 100)}`,
      expected,
      got: safeText(heard),
    });
  }
}

/** Everything until the end of a line, the end of the stream, or a quiet while. Rejects when nothing comes at all. */
async function listen(conversation: Conversation, until: 'line' | 'quiet'): Promise<string> {
  const heard: Buffer[] = [];
  let size = 0;
  while (size < MAX_HEARD) {
    const chunk = size === 0 ? await conversation.read() : await Promise.race([conversation.read(), quiet()]);
    if (chunk === null) break;
    heard.push(chunk);
    size += chunk.length;
    if (until === 'line' && chunk.includes(0x0a)) break;
  }
  if (size === 0)
    throw new Fault({
      code: 'closed',
      phase: 'protocol',
      text: `${conversation.peer} closed the connection without a word`,
    });
  return Buffer.concat(heard).subarray(0, MAX_HEARD).toString('utf8');
}

async function quiet(): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), QUIET_MS);
  });
}
