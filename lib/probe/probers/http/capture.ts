import type { Facts } from '../../../words/fact.ts';
import { isObject, type Json } from '../../../words/json.ts';
import { compileJsonPath } from '../../expect/json-path.ts';
import { compilePattern } from '../../expect/pattern.ts';
import { InvalidOptions } from '../../prober.ts';
import type { CookieJar } from './cookie-jar.ts';
import type { CaptureOption } from './step-options.ts';

/** Takes a value out of an answer; null when it is not there. */
export type Capture = (facts: Facts, cookies: CookieJar) => string | null;

/** Longer values are no tokens. */
export const LONGEST_CAPTURE = 16_384;

/** Throws InvalidOptions. `key` names the option. */
export function prepareCapture(option: CaptureOption, key: string): Capture {
  if ('cookie' in option) return (_, cookies) => cookies.valueOf(option.cookie);
  if ('header' in option) {
    const name = option.header.toLowerCase();
    return ({ headers }) => textOf(isObject(headers) ? headers[name] : undefined);
  }
  if ('json' in option) {
    const compiled = compileJsonPath(option.json);
    if (!compiled.ok) throw new InvalidOptions(`${key}.json`, compiled.text);
    return ({ json }) => textOf(json === undefined || json === null ? undefined : compiled.path.select(json));
  }
  const compiled = compilePattern(option.body);
  if (!compiled.ok) throw new InvalidOptions(`${key}.body`, compiled.text);
  return ({ body }) => {
    const match = typeof body === 'string' ? compiled.pattern.find(body) : null;
    return match === null ? null : (match.groups[0] ?? match.text);
  };
}

/** Of a list the first. */
function textOf(value: Json | undefined): string | null {
  const [one] = Array.isArray(value) ? (value as readonly Json[]) : [value];
  if (typeof one === 'string') return one;
  return typeof one === 'number' || typeof one === 'boolean' ? String(one) : null;
}
