import { covers, selects, showMatch, showSelector } from '../lib/schedule/silence.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import type { Selectable, Silence } from '../lib/words/silence.ts';

/** Each word is an id (or its beginning), or else all of the words are those that a silence was ordered with. Throws UserError 64. */
export function liftedBy(
  match: Silence['match'],
  active: readonly Silence[],
  services: readonly Selectable[],
): readonly Silence[] {
  if (match.length === 0)
    throw usage('silence lift: saw nothing to lift, expected an ID, a SELECTOR or --all');
  const written = active.filter((one) => showMatch(one.match) === showMatch(match));
  if (written.length > 0) return written;
  return match.flat().flatMap((selector) => {
    const word = showSelector(selector);
    const byId = active.filter(({ id }) => id === word || (word.length >= 4 && id.startsWith(word)));
    const found = byId.length > 0 ? byId : active.filter((one) => showMatch(one.match) === word);
    if (found.length > 0) return found;
    const covering = active.filter((one) =>
      services.some((service) => selects(selector, service) && covers(one, service)),
    );
    const hint = covering.map(({ id, match: of }) => `${id} (${showMatch(of)})`).join(', ');
    throw usage(
      `${safeLine(word, 80)}: no silence has this id or these words${hint === '' ? '; puptime silence lists them' : `; what silences it is ${hint}`}`,
    );
  });
}

function usage(text: string): UserError {
  return new UserError(EXIT.usage, text);
}
