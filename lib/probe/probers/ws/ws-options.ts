import type { JsonSchema } from '../../../words/json.ts';
import { PLAIN_LOGIN_SCHEMA, type PlainLogin } from '../../wire/http/authorization.ts';
import { HEADERS_SCHEMA, type WrittenHeaders } from '../../wire/http/written-headers.ts';
import { PAYLOAD_SCHEMA, type Payload } from '../../wire/payload.ts';

export interface WsOptions {
  readonly headers?: WrittenHeaders;
  readonly auth?: PlainLogin;
  readonly origin?: string;
  readonly subprotocol?: string | readonly string[];
  readonly send?: Payload;
  readonly dialogue?: readonly WsStep[];
  readonly ping?: boolean;
  readonly max_message?: number;
}

export type WsStep =
  | { readonly send: Payload }
  | { readonly expect: Payload | { readonly matches: string }; readonly capture?: string };

const MATCHES: JsonSchema = {
  type: 'object',
  properties: { matches: { type: 'string' } },
  required: ['matches'],
  additionalProperties: false,
};

export const WS_OPTIONS: { readonly [key: string]: JsonSchema } = {
  headers: { ...HEADERS_SCHEMA, description: 'header fields to send with the handshake' },
  auth: PLAIN_LOGIN_SCHEMA,
  origin: {
    type: 'string',
    description: 'what Origin says, for servers that look at it (https://example.org)',
  },
  subprotocol: {
    description: 'a subprotocol to ask for, or a list; one that is asked for and not given is down',
    oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 20 }],
  },
  send: {
    ...PAYLOAD_SCHEMA,
    description:
      'a message: text, or {hex} or {base64} as a binary one; the next one that comes is the fact `reply`',
  },
  dialogue: {
    description:
      'ordered steps: {send: …} and {expect: …}, which waits for a message that holds a text (or bytes), or {matches: PATTERN}; others in between are passed over',
    type: 'array',
    minItems: 1,
    maxItems: 100,
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
            expect: { oneOf: [...(PAYLOAD_SCHEMA['oneOf'] as readonly JsonSchema[]), MATCHES] },
            capture: {
              type: 'string',
              pattern: '^[a-z][a-z0-9_]*$',
              description: 'keeps the message, or the first group of the pattern, in the fact `captures`',
            },
          },
          required: ['expect'],
          additionalProperties: false,
        },
      ],
    },
  },
  ping: { type: 'boolean', default: true, description: 'ask for a pong before closing' },
  max_message: {
    type: 'integer',
    minimum: 1,
    maximum: 16_777_216,
    default: 1_048_576,
    description: 'bytes of a message; a longer one is down (too_large)',
  },
};
