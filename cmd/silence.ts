import { userInfo } from 'node:os';
import { renderSilenceJson, renderSilences, type ShownSilence } from '../lib/report/silence-table.ts';
import {
  covers,
  isActive,
  parseSelector,
  selects,
  showMatch,
  showSelector,
} from '../lib/schedule/silence.ts';
import { showLocalTime } from '../lib/schedule/local-time.ts';
import { addSilence, readSilences, removeSilence } from '../lib/state/silences.ts';
import type { State } from '../lib/state/state-directory.ts';
import { didYouMean } from '../lib/words/did-you-mean.ts';
import { showDuration } from '../lib/words/duration-text.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import type { Selectable, Selector, Silence } from '../lib/words/silence.ts';
import type { Options } from './options.ts';
import { writeOut } from './output.ts';
import { knownServices } from './known-services.ts';
import { openOwnState } from './remembered.ts';
import { liftedBy } from './lifted-silences.ts';
import { usesColor } from './results-printer.ts';
import { endOfSilence } from './silence-end.ts';
import type { World } from './world.ts';

/** `puptime silence`: orders silences, lists them, lifts them. No lock, no network, and no config that resolves. */
export async function silence(options: Options, world: World): Promise<number> {
  const { config, services, state } = await knownServices(options, world);
  const [action, ...rest] = options._;
  const orders = options.for !== undefined || options.until !== undefined || options.note !== undefined;
  const rested = { ...options, _: rest };
  if (action === 'lift') return lift(wordsOf(rested), { state, services, options, world });
  if (!orders && action === 'list') return list(wordsOf(rested), { state, services, options, world });
  const words = wordsOf(options);
  if (!orders && action === undefined && options.all !== true)
    return list(words, { state, services, options, world });
  return order(words, { state: openOwnState(options, config, world), services, options, world });
}

interface Place<Found extends State | null = State | null> {
  readonly state: Found;
  readonly services: readonly Selectable[];
  readonly options: Options;
  readonly world: World;
}

/** Each kind of word narrows, as everywhere: NAMEs, --tag, --group, --only. */
function wordsOf({ _: names, tag = [], group = [], only = [] }: Options): Silence['match'] {
  const lists: (readonly Selector[])[] = [
    names.map(parseSelector),
    tag.map((value) => ({ kind: 'tag', value })),
    group.map((value) => ({ kind: 'group', value })),
    only.map((value) => ({ kind: 'glob', value })),
  ];
  return lists.filter((selectors) => selectors.length > 0);
}

async function order(
  match: Silence['match'],
  { state, services, options, world }: Place<State>,
): Promise<number> {
  if (match.length === 0 && options.all !== true)
    throw usage(
      'silence: saw nothing to silence, expected a SELECTOR such as web, "shop/*", tag:db, or --all',
    );
  if (match.length > 0 && options.all === true)
    throw usage(`silence: saw ${showMatch(match)} and --all, expected one of them`);
  for (const selector of match.flat()) refuseUnmatched(selector, services);
  const now = world.now();
  const until = endOfSilence(options, now, world.zone);
  const named = { match, from: iso(now), until: iso(until), note: noteOf(options), by: userName(world) };
  const kept = keep(state, named, world);
  const names = namesOf(kept, services);
  if (options.json === true || options.output !== undefined) {
    return writeOut(world.stdout, renderSilenceJson([{ ...kept, services: names }]));
  }
  const what = `${showMatch(match)} (${countServices(names.length)})`;
  const when = `until ${showLocalTime(until, world.zone)} ${world.zone}, for ${showDuration(until - now)}`;
  if (options.quiet === true) return EXIT.ok;
  return writeOut(
    world.stdout,
    `${kept.id}: ${what} silenced ${when}; puptime silence lift ${kept.id} ends it\n`,
  );
}

function keep(state: State, named: Omit<Silence, 'schema' | 'id'>, world: World): Silence {
  for (;;) {
    const id = Buffer.from(world.randomBytes(4)).toString('hex');
    const made: Silence = { schema: 'puptime.silence.v1', id, ...named };
    try {
      if (addSilence(state, made)) return made;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      throw new UserError(
        EXIT.io,
        `nothing is silenced: state ${state.dir} cannot be written (${String(error.code)})`,
      );
    }
  }
}

function refuseUnmatched(selector: Selector, services: readonly Selectable[]): void {
  // Before the first run, and without a config, nobody knows what there is.
  if (services.length === 0 || services.some((service) => selects(selector, service))) return;
  const { kind, value } = selector;
  const candidates = new Set(
    services.flatMap(({ name, group, tags }) =>
      kind === 'tag' ? tags : kind === 'group' ? (group === null ? [] : [group]) : [name],
    ),
  );
  throw usage(`${safeLine(showSelector(selector), 80)}: no service matches${didYouMean(value, candidates)}`);
}

async function list(match: Silence['match'], { state, services, options, world }: Place): Promise<number> {
  const now = world.now();
  const chosen = services.filter((service) => covers({ match }, service));
  const active = activeIn(state, now)
    .map((one): ShownSilence => ({ ...one, services: namesOf(one, chosen) }))
    .filter(({ services: names }) => match.length === 0 || names.length > 0);
  if (options.quiet === true) return EXIT.ok;
  const json = options.json === true || (options.output !== undefined && options.output !== 'human');
  const color = usesColor(options, world, world.stdout);
  const text = json ? renderSilenceJson(active) : renderSilences(active, { now, zone: world.zone, color });
  return writeOut(world.stdout, text);
}

async function lift(match: Silence['match'], { state, services, options, world }: Place): Promise<number> {
  const now = world.now();
  const active = activeIn(state, now);
  const lifted = options.all === true ? active : liftedBy(match, active, services);
  for (const { id } of lifted) if (state !== null) removeSilence(state, id);
  if (options.json === true || options.output !== undefined) {
    const shown = lifted.map((one) => ({ ...one, services: namesOf(one, services) }));
    return writeOut(world.stdout, renderSilenceJson(shown));
  }
  if (options.quiet === true) return EXIT.ok;
  const lines = lifted.map((one) => `${one.id}: ${showMatch(one.match)} is no longer silenced\n`);
  return writeOut(world.stdout, lines.length === 0 ? 'nothing is silenced\n' : lines.join(''));
}

function activeIn(state: State | null, now: number): readonly Silence[] {
  return state === null ? [] : readSilences(state).filter((one) => isActive(one, now));
}

function namesOf(one: Pick<Silence, 'match'>, services: readonly Selectable[]): readonly string[] {
  return services.filter((service) => covers(one, service)).map(({ name }) => name);
}

function noteOf({ note }: Options): string | null {
  const line = safeLine(note ?? '', 300);
  return line === '' ? null : line;
}

/** Who asked: behind sudo, the one who did. */
function userName({ env, uid }: World): string {
  const sudo = env['SUDO_USER'];
  if (sudo !== undefined && sudo !== '') return safeLine(sudo, 60);
  try {
    return safeLine(userInfo().username, 60);
  } catch (error) {
    // A user without an entry in passwd(5).
    if (error instanceof Error && 'code' in error) return `uid ${String(uid)}`;
    throw error;
  }
}

function countServices(count: number): string {
  return `${String(count)} ${count === 1 ? 'service' : 'services'}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function usage(text: string): UserError {
  return new UserError(EXIT.usage, text);
}
