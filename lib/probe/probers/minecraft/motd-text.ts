import { isObject } from '../../../words/json.ts';
import { safeText } from '../../../words/safe-text.ts';

const LONGEST = 1024;
/** Parts within parts that are looked at; a server may send any number. */
const MOST_PARTS = 200;

/** The words of a message, which is a text, or an object with a text and further parts. */
export function motdText(description: unknown): string | null {
  if (description === undefined || description === null) return null;
  const words: string[] = [];
  const open: unknown[] = [description];
  for (let looked = 0; open.length > 0 && looked < MOST_PARTS; looked += 1) {
    const part = open.shift();
    if (typeof part === 'string') words.push(part);
    else if (isList(part)) open.unshift(...part.slice(0, MOST_PARTS));
    else if (isObject(part)) open.unshift(part['text'], part['extra']);
  }
  // Colours are written as a section sign and a letter.
  return safeText(words.join('').replace(/§./g, ''), LONGEST).trim();
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
