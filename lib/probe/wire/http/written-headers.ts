import type { JsonSchema } from '../../../words/json.ts';
import { InvalidOptions } from '../../prober.ts';
import type { HeaderList } from './header-list.ts';

/** Header fields as a config has them. */
export interface WrittenHeaders {
  readonly [name: string]: string | number;
}

export const HEADERS_SCHEMA: JsonSchema = {
  type: 'object',
  additionalProperties: { type: ['string', 'number'] },
  description: 'header fields to send, to the target’s own origin only',
};

/** The header fields of the config, checked. `key`: of the option. Throws InvalidOptions. */
export function headersOf(
  headers: WrittenHeaders = {},
  key = 'headers',
  ours: readonly string[] = OURS,
): HeaderList {
  return Object.entries(headers).map(([name, value]) => {
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) {
      throw new InvalidOptions(key, `${JSON.stringify(name)} is no name of a header field`);
    }
    if (ours.includes(name.toLowerCase())) {
      throw new InvalidOptions(`${key}.${name}`, 'puptime sets it itself: leave it out');
    }
    // The value may be a secret: it is not shown.
    if (/[\0\r\n]/.test(String(value)))
      throw new InvalidOptions(`${key}.${name}`, 'the value holds a line end, expected one line');
    return [name, String(value).trim()] as const;
  });
}

/** What belongs to a connection, or follows from the request. */
export const OURS = [
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
