import { RE2JS } from 're2js';

/** A regular expression of the config. It searches unanchored and takes time linear in the text. */
export interface Pattern {
  readonly source: string;
  /** true when it is found in the text, of which the first 1 MiB is looked at */
  found(text: string): boolean;
}

export type CompiledPattern =
  { readonly ok: true; readonly pattern: Pattern } | { readonly ok: false; readonly text: string };

const LONGEST_PATTERN = 4096;
const LONGEST_TEXT = 2 ** 20;

/** RE2 syntax: no backreferences, no look-around, which is what makes it linear. */
export function compilePattern(source: string): CompiledPattern {
  if (source.length > LONGEST_PATTERN) {
    return {
      ok: false,
      text: `the pattern has ${source.length} characters, expected at most ${LONGEST_PATTERN}`,
    };
  }
  try {
    const compiled = RE2JS.compile(source);
    return { ok: true, pattern: { source, found: (text) => compiled.test(text.slice(0, LONGEST_TEXT)) } };
  } catch (error) {
    if (!(error instanceof Error) || !error.name.startsWith('RE2JS')) throw error;
    return { ok: false, text: `the pattern does not compile: ${hint(error.message)}` };
  }
}

function hint(message: string): string {
  const plain = message.replace(/^error parsing regexp: /, '').replaceAll('`', '"');
  const lookaround = /"\(\?[=!]|"\(\?<[=!]|"\\[1-9]/.test(plain);
  return lookaround ? `${plain}; look-around and backreferences are not in RE2 syntax` : plain;
}
