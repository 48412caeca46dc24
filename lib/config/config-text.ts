import type { ParsedText } from './parsed-text.ts';
import { parsePlainYaml } from './plain-yaml.ts';

const LARGEST = 16 * 2 ** 20;

/**
 * The text of a config as plain JSON. One that begins with `{`, and YAML as it is mostly written, is read without yaml,
 * which is loaded only for the rest.
 */
export async function parseConfigText(text: string): Promise<ParsedText> {
  const refuse = (line: number, col: number, what: string): ParsedText => ({
    value: null,
    problems: [{ line, col, text: what }],
    locate: () => null,
  });
  if (text.length > LARGEST) {
    return refuse(
      1,
      1,
      `saw ${text.length} characters, expected at most ${LARGEST}: split it into several files`,
    );
  }
  const nul = text.indexOf('\0');
  if (nul !== -1) {
    const before = text.slice(0, nul);
    return refuse(
      before.split('\n').length,
      nul - before.lastIndexOf('\n'),
      'saw a NUL character, expected a text',
    );
  }
  if (/^\s*\{/.test(text)) {
    const { parseJson } = await import('./json-text.ts');
    const json = parseJson(text);
    if (json !== null) return json;
  }
  const plain = parsePlainYaml(text);
  if (plain !== null) return plain;
  const { parseYaml } = await import('./yaml.ts');
  return parseYaml(text);
}
