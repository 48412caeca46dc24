/**
 * What `${step.NAME}` becomes when references are put in: a mark that the prober replaces once an earlier step has captured
 * the value. Its characters are of Unicode’s private use: no value holds it by chance, and `$${step.NAME}` stays text.
 */
export function stepMark(name: string): string {
  return `\ue010${name}\ue011`;
}

const MARK = /\ue010([^\ue011]*)\ue011/g;

/** The names that a text refers to. */
export function stepNamesIn(text: string): readonly string[] {
  return [...text.matchAll(MARK)].map(([, name = '']) => name);
}

/** The text with each mark replaced; what is put in is not looked at again. */
export function fillSteps(text: string, value: (name: string) => string): string {
  return text.replace(MARK, (_, name: string) => value(name));
}

/** The name when the mark is the whole text; else null. */
export function wholeStepName(text: string): string | null {
  return /^\ue010([^\ue011]*)\ue011$/.exec(text)?.[1] ?? null;
}
