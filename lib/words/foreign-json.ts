import type { Json } from './json.ts';

/** Deeper than anything meant well, and shallow enough for every recursion over it. */
const DEEPEST = 200;

/** JSON from outside; undefined when it is none, or nested so deeply that it can only be meant to hurt. */
export function parseForeignJson(text: string): Json | undefined {
  if (depthOf(text) > DEEPEST) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed as Json; // JSON.parse gives nothing else
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Brackets open at once, those inside strings left out. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (inString) {
      if (character === 0x5c) at++;
      else if (character === 0x22) inString = false;
    } else if (character === 0x22) inString = true;
    else if (character === 0x5b || character === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (character === 0x5d || character === 0x7d) depth--;
  }
  return deepest;
}
