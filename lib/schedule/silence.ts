import { matchesGlob } from '../words/glob.ts';
import type { Selectable, Selector, Silence } from '../words/silence.ts';

/** The silence that a service is under at `now` (ms since 1970), the one that lasts longest; null: none. */
export function silenceFor(service: Selectable, silences: readonly Silence[], now: number): Silence | null {
  const active = silences.filter((silence) => isActive(silence, now) && covers(silence, service));
  return active.sort((a, b) => Date.parse(b.until) - Date.parse(a.until))[0] ?? null;
}

/** Whether it has not ended yet. A clock that was set back does not undo it. */
export function isActive({ until }: Silence, now: number): boolean {
  return now < Date.parse(until);
}

/** Whether it is meant for this service. */
export function covers({ match }: Pick<Silence, 'match'>, service: Selectable): boolean {
  return match.every((selectors) => selectors.some((selector) => selects(selector, service)));
}

/** Whether one word is good for this service. */
export function selects({ kind, value }: Selector, { name, group, tags }: Selectable): boolean {
  switch (kind) {
    case 'name':
      return name === value || name.startsWith(`${value}/`);
    case 'glob':
      return matchesGlob(name, value);
    case 'tag':
      return tags.includes(value);
    case 'group':
      return group === value;
  }
}

/** As it would be written: `web, tag:prod`, `shop/* and group:eu`; `all services`. */
export function showMatch(match: Silence['match']): string {
  if (match.length === 0) return 'all services';
  return match.map((selectors) => selectors.map(showSelector).join(', ')).join(' and ');
}

/** `web`, `shop/*`, `tag:prod`, `group:eu`. */
export function showSelector({ kind, value }: Selector): string {
  return kind === 'name' || kind === 'glob' ? value : `${kind}:${value}`;
}

/** A word of the command line: `tag:x` and `group:x` are what they say, one with * or ? is a glob, all else a name. */
export function parseSelector(word: string): Selector {
  const [, kind, value] = /^(tag|group):(.+)$/s.exec(word) ?? [];
  if ((kind === 'tag' || kind === 'group') && value !== undefined) return { kind, value };
  return { kind: /[*?]/.test(word) ? 'glob' : 'name', value: word };
}
