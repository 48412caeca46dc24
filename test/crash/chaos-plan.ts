import type { Expected } from './oracle.ts';

/** `gone`: not in the config */
export type Fate = 'up' | 'down' | 'gone';

export interface PlannedRun {
  readonly args: readonly string[];
  /** after the beginning of its round */
  readonly delay_ms: number;
  /** so long after its start it is killed with SIGKILL, if it still runs then */
  readonly kill_ms: number | null;
}

/** What happens in one round: the world changes, then runs begin, several at a time. */
export interface Round {
  readonly fates: { readonly [service: string]: Fate };
  readonly config: 'whole' | 'broken';
  readonly disk: 'fine' | 'full' | 'read-only';
  readonly hooks: keyof typeof HOOK_BODIES;
  /** true: retries are due */
  readonly aged: boolean;
  readonly runs: readonly PlannedRun[];
  /** so long after its beginning all hooks that run are killed */
  readonly killHooks_ms: number | null;
}

/** In sh, what on_down and on_up do besides recording. */
export const HOOK_BODIES = {
  fine: '',
  slow: 'sleep 0.2',
  fail: '[ "$PUPTIME_ATTEMPT" != 1 ]',
  hang: '[ "$PUPTIME_ATTEMPT" != 1 ] || exec sleep 60',
  'kill their runner': '[ "$PUPTIME_ATTEMPT" != 1 ] || kill -9 $PPID',
} as const;
const HOOKS = ['slow', 'fail', 'hang', 'kill their runner'] as const;

/** The same for the same random numbers. */
export function planRound(services: readonly string[], before: Round['fates'], random: () => number): Round {
  const chance = (probability: number) => random() < probability;
  const oneOf = <T>(first: T, ...others: readonly T[]): T =>
    [first, ...others][Math.floor(random() * (1 + others.length))] ?? first;
  const fates = services.map((service): readonly [string, Fate] => {
    if (!chance(0.4)) return [service, before[service] ?? 'up'];
    return [service, chance(0.15) ? 'gone' : before[service] === 'down' ? 'up' : 'down'];
  });
  const runs = Array.from({ length: oneOf(1, 1, 2, 3) }, (): PlannedRun => ({
    args: oneOf(['run'], ['run'], ['run'], ['run'], ['run', '--no-deliver'], ['deliver']),
    delay_ms: Math.floor(random() * 150),
    kill_ms: chance(0.35) ? Math.floor(random() * 400) : null,
  }));
  return {
    fates: Object.fromEntries(fates),
    config: chance(0.05) ? 'broken' : 'whole',
    disk: chance(0.2) ? oneOf('full', 'read-only') : 'fine',
    hooks: chance(0.4) ? oneOf(...HOOKS) : 'fine',
    aged: chance(0.6),
    runs,
    killHooks_ms: chance(0.15) ? Math.floor(random() * 400) : null,
  };
}

/** What a service was like while runs may have looked. */
export interface Sight {
  readonly fate: Fate;
  /** true: some run has looked at all services and ended by itself */
  readonly certain: boolean;
}

/** What must, and what may, be told of a service that was first up and then like that, round by round. */
export function expectedOf(service: string, sights: readonly Sight[]): readonly Expected[] {
  const spells: Sight[] = [{ fate: 'up', certain: true }];
  for (const { fate, certain } of sights) {
    const last = spells.at(-1);
    if (last?.fate === fate) spells[spells.length - 1] = { fate, certain: last.certain || certain };
    else spells.push({ fate, certain });
  }
  return [
    { service, event: 'first' },
    ...spells.flatMap((spell, index) => eventsBetween(service, spells.slice(0, index), spell)),
  ];
}

/** Of a change some events are told, for certain only where nobody can have missed either side of it. */
function eventsBetween(service: string, earlier: readonly Sight[], now: Sight): readonly Expected[] {
  const before = earlier.at(-1);
  if (before === undefined) return [];
  const optional = !(before.certain && now.certain);
  const told = (event: string): Expected => (optional ? { service, event, optional } : { service, event });
  switch (now.fate) {
    case 'down':
      // A service that comes back may be greeted as a new one.
      return [...(before.fate === 'gone' ? [{ service, event: 'first', optional: true }] : []), told('down')];
    case 'gone':
      return before.fate === 'down' ? [told('up')] : [];
    case 'up':
      if (before.fate === 'down') return [told('up')];
      return [
        { service, event: 'first', optional: true },
        // Of an outage that ended unseen, with the service gone and come back.
        { service, event: 'up', optional: true },
      ];
  }
}
