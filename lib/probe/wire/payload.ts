import type { JsonSchema } from '../../words/json.ts';
import { InvalidOptions } from '../prober.ts';

/** Bytes as people write them: text, or `{hex}`, or `{base64}`. */
export type Payload = string | { readonly hex: string } | { readonly base64: string };

export const PAYLOAD_SCHEMA: JsonSchema = {
  description: 'bytes: text, {hex: "0d0a"} or {base64: "DQo="}',
  oneOf: [
    { type: 'string' },
    {
      type: 'object',
      properties: { hex: { type: 'string' } },
      required: ['hex'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: { base64: { type: 'string' } },
      required: ['base64'],
      additionalProperties: false,
    },
  ],
};

/** The bytes of a payload. `key` names the option, for the error. */
export function payloadBytes(payload: Payload, key: string): Buffer {
  if (typeof payload === 'string') return Buffer.from(payload, 'utf8');
  if ('hex' in payload) {
    const digits = payload.hex.replace(/[\s:]/g, '');
    if (!/^(?:[0-9a-f]{2})*$/i.test(digits))
      throw new InvalidOptions(key, `"${payload.hex}" is not hex, expected pairs of 0-9 a-f`);
    return Buffer.from(digits, 'hex');
  }
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(payload.base64))
    throw new InvalidOptions(key, `"${payload.base64}" is not base64`);
  return Buffer.from(payload.base64, 'base64');
}
