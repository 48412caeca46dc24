import { EXIT, UserError } from '../words/problem.ts';
import { safeLine } from '../words/safe-text.ts';
import type { KnownDelivery } from './known-deliveries.ts';

/** As short as an id may be given. */
const FEWEST_CHARACTERS = 6;
/** Of events whose ids begin alike. */
const MOST_NAMED = 5;

/** All deliveries of the event that `word` names: its id, or what it begins with. Throws UserError 64 when that is not one event. */
export function chooseEvent(word: string, known: readonly KnownDelivery[]): readonly KnownDelivery[] {
  const exact = known.filter(({ id }) => id === word);
  if (exact.length > 0) return exact;
  const shown = safeLine(word, 64);
  if (word.length < FEWEST_CHARACTERS)
    throw usage(`${shown}: expected an event’s id, or at least its first ${FEWEST_CHARACTERS} characters`);
  const found = known.filter(({ id }) => id.startsWith(word));
  const ids = new Map(found.map((delivery) => [delivery.id, delivery]));
  if (ids.size > 1) {
    const some = [...ids.values()]
      .slice(0, MOST_NAMED)
      .map((delivery) => `${delivery.id} (${what(delivery)})`);
    const more = ids.size > MOST_NAMED ? ', …' : '';
    throw usage(`${shown}: ${ids.size} events begin with it, expected one: ${some.join(', ')}${more}`);
  }
  if (ids.size === 0)
    throw usage(`${shown}: there is no event of this id here (puptime events lists those there are)`);
  return found;
}

/** Those for one hook: its path, or its name in the hooks directory, such as `on_down.d/10-mail`. Throws UserError 64 for none. */
export function chooseHook<T extends { readonly hook: { readonly path: string } | null }>(
  word: string | undefined,
  deliveries: readonly T[],
): readonly T[] {
  if (word === undefined) return deliveries;
  const found = deliveries.filter(({ hook }) => hook !== null && isHookNamed(word, hook.path));
  if (found.length > 0) return found;
  const paths = new Set(deliveries.flatMap(({ hook }) => (hook === null ? [] : [hook.path])));
  const there =
    paths.size === 0 ? 'none is known' : `there are ${[...paths].slice(0, MOST_NAMED).join(', ')}`;
  throw usage(`--hook ${safeLine(word)}: none of the hooks is called that, ${there}`);
}

/** `on_down`, `down.d/mail` or the whole path. */
function isHookNamed(word: string, path: string): boolean {
  return path === word || path.endsWith(`/${word.replace(/^\.\//, '')}`);
}

/** `down of web` */
export function what({ kind, service }: Pick<KnownDelivery, 'kind' | 'service'>): string {
  return `${kind ?? 'some event'} of ${safeLine(service ?? 'some service')}`;
}

function usage(text: string): UserError {
  return new UserError(EXIT.usage, text);
}
