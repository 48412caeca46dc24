import { safeLine } from '../../../words/safe-text.ts';

/** At the beginning of a line, behind its mark of a comment, if any. */
const MISSING =
  /^(?:[%#>]{1,3} ?)?(?:error:101:|no match\b|not found\b|no (?:entries|data|object|such|information|matching)\b|no found\b|nothing found\b|domain not found|object not found|the queried object does not exist|status: (?:free|available)\b)/i;
/** Anywhere in a line; where there is more than a few fields, terms of use may say so. */
const MISSING_WITHIN =
  /is available for|is free\b|not found|no match for|does not exist|not been registered|no entries found/i;
const FEW_FIELDS = 4;
const LIMITED =
  /(?:quota|limit) (?:was |is |has been )?exceeded|exceeded the (?:maximum|limit|quota)|too many (?:requests|queries|connections)|rate limit|access denied|error:201:|please (?:wait|try again later)/i;

/** Whether one of the first lines says that there is no such thing; `fields` is how many the answer has. */
export function isMissing(text: string, fields: number): boolean {
  const lines = firstLines(text);
  if (lines.some((line) => MISSING.test(line))) return true;
  return fields < FEW_FIELDS && lines.some((line) => !/^[%#>]/.test(line) && MISSING_WITHIN.test(line));
}

/** The line that says that too much was asked; null when none does. */
export function isLimited(text: string): string | null {
  // Long answers have terms of use that speak of limits.
  if (text.length > 2000) return null;
  const line = firstLines(text).find((candidate) => LIMITED.test(candidate));
  return line === undefined ? null : safeLine(line, 160);
}

function firstLines(text: string): readonly string[] {
  return text
    .slice(0, 8192)
    .split('\n', 40)
    .map((line) => line.slice(0, 200).trim());
}
