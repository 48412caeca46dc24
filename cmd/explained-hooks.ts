import type { Explanation } from '../lib/decide/explanation.ts';
import type { Withheld } from '../lib/decide/withheld.ts';
import { findHooks, type HookPlace, vetHook } from '../lib/deliver/hook-lookup.ts';
import { hookUser, ownerOf, readPasswd } from '../lib/deliver/hook-user.ts';
import type { ExplainedHook } from '../lib/report/explained.ts';
import { EVENT_KINDS, type EventKind } from '../lib/words/event.ts';
import type { Config, ServiceHooks } from '../lib/words/service.ts';
import type { World } from './world.ts';

/** What is about puptime itself is no service’s. */
const NOT_OF_SERVICES: readonly EventKind[] = ['isolated', 'run', 'dead'];

interface News extends Pick<Explanation, 'now' | 'next'> {
  readonly held: Withheld | null;
}

/** Every hook that there is for this service: whether it would run now, and why not. And what has no hook. */
export function explainedHooks(
  news: News,
  own: ServiceHooks,
  { hooks: { dir, user } }: Pick<Config, 'hooks'>,
  world: World,
): readonly ExplainedHook[] {
  const uid = ownerOf(hookUser(world.uid, user, readPasswd))?.uid ?? world.uid;
  const place: HookPlace = { dir, uid };
  return EVENT_KINDS.filter((event) => !NOT_OF_SERVICES.includes(event)).flatMap((event) =>
    hooksOf(event, news, own, place),
  );
}

function hooksOf(
  event: EventKind,
  news: News,
  own: ServiceHooks,
  place: HookPlace,
): readonly ExplainedHook[] {
  const isNow = event === 'result' || news.now.includes(event);
  const why = isNow ? 'it is announced now' : whyNot(event, news);
  const { hooks } = findHooks(`on_${event}`, own, place);
  const general = findHooks(`on_${event}`, null, place).hooks;
  const called = hooks.map(({ path }): ExplainedHook => {
    const vetted = vetHook(path, place);
    if (vetted.kind === 'refused') return { event, path, runs: false, why: `refused: ${vetted.reason}` };
    if (vetted.kind === 'gone') return { event, path, runs: false, why: 'it is not there' };
    return { event, path, runs: isNow, why };
  });
  const replaced = general
    .filter(({ path }) => !hooks.some((hook) => hook.path === path))
    .map(({ path }): ExplainedHook => ({ event, path, runs: false, why: replacedBy(own) }));
  const isMissed = event !== 'result' && isNow && called.length === 0;
  return [
    ...called,
    ...replaced,
    ...(isMissed ? [{ event, path: null, runs: false, why: noHook(event, own, place) }] : []),
  ];
}

function whyNot(event: EventKind, { held, next }: News): string {
  if (held?.events.includes(event) === true) return `held back: ${held.cause}`;
  const foreseen = next.find((one) => one.event === event);
  return foreseen === undefined ? 'nothing to tell it' : `not yet: ${foreseen.text}`;
}

function replacedBy({ run }: ServiceHooks): string {
  return Object.keys(run).length === 0
    ? 'this service has hooks: none'
    : 'this service has its own hooks instead (replace: true)';
}

function noHook(event: EventKind, { replace }: ServiceHooks, { dir }: HookPlace): string {
  if (replace) return `this service has none for it, and no others`;
  return dir === null
    ? 'there is no hooks directory'
    : `there is no on_${event} and no on_${event}.d/ in ${dir}`;
}
