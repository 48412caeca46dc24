import { type ParsedText, type Place, type TextProblem } from './parsed-text.ts';

const LARGEST = 16 * 2 ** 20;
const DEEPEST_JSON = 100;

/** The text of a config as plain JSON. One that begins with `{` is JSON and is read without yaml, which is loaded only for the rest. */
export async function parseConfigText(text: string): Promise<ParsedText> {
  const problem = tooLarge(text);
  if (problem !== null) return { value: null, problems: [problem], locate: () => null };
  if (/^\s*\{/.test(text)) {
    const json = parseJson(text);
    if (json !== null) return json;
  }
  const { parseYaml } = await import('./yaml.ts');
  return parseYaml(text);
}

function tooLarge(text: string): TextProblem | null {
  if (text.length > LARGEST)
    return {
      line: 1,
      col: 1,
      text: `it has ${String(text.length)} characters, expected at most ${String(LARGEST)}`,
    };
  const nul = text.indexOf('\0');
  return nul === -1 ? null : { ...placeAt(text, nul), text: 'a NUL character: this is no text file' };
}

/** Null when it is no plain JSON after all (a flow map of YAML, duplicate keys): yaml has the better errors then. */
function parseJson(text: string): ParsedText | null {
  if (depthOf(text) > DEEPEST_JSON)
    return {
      value: null,
      problems: [{ line: 1, col: 1, text: 'it is nested too deeply, expected at most a hundred levels' }],
      locate: () => null,
    };
  try {
    const value: unknown = JSON.parse(text);
    return { value, problems: [], withoutPlaces: true, locate: () => null };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === '}' || character === ']') depth -= 1;
  }
  return deepest;
}

function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, col: offset - before.lastIndexOf('\n') };
}
