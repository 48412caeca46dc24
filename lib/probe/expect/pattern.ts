import { RE2JS } from 're2js';

/** A regular expression of the config. It searches unanchored and takes time linear in the text. */
export interface Pattern {
  readonly source: string;
  /** true when it is found in the text, of which the first 1 MiB is looked at */
  found(text: string): boolean;
  /** the first match: its groups (null where one did not take part) and where it ends */
  find(
    text: string,
  ): { readonly text: string; readonly groups: readonly (string | null)[]; readonly end: number } | null;
  /** the text with every match replaced; `$1` in `by` is a group */
  replaced(text: string, by: string): string;
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
    const pattern: Pattern = {
      source,
      found: (text) => compiled.test(text.slice(0, LONGEST_TEXT)),
      find(text) {
        const matcher = compiled.matcher(text.slice(0, LONGEST_TEXT));
        if (!matcher.find()) return null;
        const groups = Array.from({ length: matcher.groupCount() }, (_, index) => matcher.group(index + 1));
        return { text: matcher.group() ?? '', groups, end: matcher.end() };
      },
      replaced: (text, by) => compiled.matcher(text.slice(0, LONGEST_TEXT)).replaceAll(by),
    };
    return { ok: true, pattern };
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
