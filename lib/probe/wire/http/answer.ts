import { isObject, type Json, type JsonObject } from '../../../words/json.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { HeaderList } from './header-list.ts';

/** A whole answer. */
export interface Answer {
  /** the path that was asked for */
  readonly path: string;
  readonly status: number;
  readonly headers: HeaderList;
  readonly bytes: Buffer;
  readonly text: string;
  /** undefined when the body is none */
  readonly json: Json | undefined;
}

/** The answer’s JSON object. Throws a Fault that says what came instead. */
export function objectIn(answer: Answer, who: string): JsonObject {
  return isObject(answer.json) ? answer.json : refuseForm(answer, who, 'a JSON object');
}

/** The fault of an answer that this service never gives. */
export function refuseForm({ path, status, text }: Answer, who: string, expected: string): never {
  const got = safeLine(text, 100);
  return fail(
    'protocol',
    'protocol',
    `it answers ${shortPath(path)} with ${String(status)} and no ${expected.replace(/^an? /, '')}: is it ${who}?`,
    {
      expected,
      got,
    },
  );
}

/** For messages. */
export function shortPath(path: string): string {
  return safeLine(path.split('?', 1)[0] ?? '', 80);
}

/** The member when it is a text that is not empty; else null. */
export function textIn(object: JsonObject, key: string): string | null {
  const value = object[key];
  return typeof value === 'string' && value !== '' ? value.slice(0, 2048) : null;
}

/** The member when it is a number, or one as a text, as in the JSON of protobuf; else null. */
export function numberIn(object: JsonObject, key: string): number | null {
  const value = object[key];
  if (typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value);
  return typeof value === 'number' ? value : null;
}

/** The member when it is true or false; else null. */
export function flagIn(object: JsonObject, key: string): boolean | null {
  const value = object[key];
  return typeof value === 'boolean' ? value : null;
}
