/** One way of logging in that an answer offers (RFC 9110 §11.3). */
export interface Challenge {
  /** lower case */
  readonly scheme: string;
  /** by lower-case name, unquoted */
  readonly parameters: ReadonlyMap<string, string>;
}

const LONGEST = 16_384;
const MOST = 20;
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const VALUE = /[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+\-.^_`|~0-9A-Za-z/]+))/y;
const TOKEN68 = /[ \t]+[A-Za-z0-9\-._~+/]+=*[ \t]*(?=,|$)/y;
const GAP = /[ \t,]*/y;

/** The challenges of a WWW-Authenticate field, in order; what cannot be understood ends the list. */
export function challengesOf(field: string | null): readonly Challenge[] {
  const text = (field ?? '').slice(0, LONGEST);
  const found: { readonly scheme: string; readonly parameters: Map<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at += match[0].length;
    return match;
  };
  while (found.length <= MOST) {
    take(GAP);
    const name = take(TOKEN)?.[0].toLowerCase();
    if (name === undefined) return found;
    const value = take(VALUE);
    const last = found.at(-1);
    if (value === null) {
      found.push({ scheme: name, parameters: new Map() });
      take(TOKEN68);
    } else if (last === undefined) return found;
    else last.parameters.set(name, value[1]?.replace(/\\(.)/gs, '$1') ?? value[2] ?? '');
  }
  return found;
}
