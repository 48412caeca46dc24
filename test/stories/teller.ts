import { expect, vi } from 'vitest';
import { createPlace, type Parsed, type Place } from '../cmd/program.ts';
import { type FakeServices, type State, startFakeServices } from './fake-services.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

// A story is many starts of the program, which a busy machine makes slow.
vi.setConfig({ testTimeout: 240_000 });

/** How each minute of a story is told: in one process, in three, or in one that was asked before what it would do. */
export type Way = 'run' | 'probe | decide | deliver' | 'run, foretold';
export const WAYS: readonly Way[] = ['run', 'probe | decide | deliver', 'run, foretold'];

export type States = { readonly [service: string]: State };

/** A story: services that it sets, a clock that moves on by a minute at each run, hooks that note what they get. */
export interface Story extends FakeServices, Pick<VirtualClock, 'minuteOf'> {
  readonly place: Place;
  /** Given: this config. It may be given again. */
  readonly given: (config: object) => void;
  /** Puts noting hooks for these, besides those that are there from the beginning. */
  readonly record: Place['record'];
  /** When it is so, a minute later: what the hooks were run for, `down shop`, with the cause where there is one. */
  readonly minute: (states?: States) => Promise<readonly string[]>;
  /** So many of them, in which it stays so: the news of each. */
  readonly minutes: (count: number, states?: States) => Promise<readonly (readonly string[])[]>;
  /** So long nobody starts puptime. A negative one sets the clock back. */
  readonly pass: (minutes: number) => void;
  /** Any other command at the present minute; it must end with 0 and be silent on stderr. Gives its stdout. */
  readonly puptime: (...args: readonly string[]) => Promise<string>;
  /** The last event of this kind that a hook got, in full. */
  readonly event: (kind: string, service: string) => Parsed;
  /** the time so many minutes from the beginning, RFC 3339 */
  readonly at: (minute: number) => string;
  readonly end: () => void;
}

/** Hooks for all that people are told of; flapping is left to the stories about it, for its hook switches it on. */
const TOLD = ['down', 'up', 'slow', 'degraded', 'restore', 'change', 'unknown', 'reminder', 'isolated'];

export async function beginStory(way: Way = 'run'): Promise<Story> {
  const place = createPlace('story');
  const clock = createVirtualClock(place.dir);
  const services = await startFakeServices(place.dir);
  place.record(...TOLD);
  let now = -1;
  let told = 0;
  const env = () => clock.env(now);
  const tell = async () => {
    if (way === 'probe | decide | deliver') return piped(place, env());
    const foretold = way === 'run' ? null : await foretell(place, env());
    expect(await place.run(['run'], { env: env() })).toEqual(SILENT);
    return foretold;
  };
  const minute: Story['minute'] = async (states = {}) => {
    for (const [name, state] of Object.entries(states)) services.set(name, state);
    now += 1;
    const foretold = await tell();
    const events = place.events().slice(told);
    told += events.length;
    if (foretold !== null) expect(foretold).toEqual(inOrder(events).map(plain));
    return inOrder(events).map(inShort);
  };
  return {
    ...services,
    minuteOf: clock.minuteOf,
    place,
    given: (config) => place.config(config),
    record: place.record,
    minute,
    async minutes(count, states) {
      const all: (readonly string[])[] = [];
      for (let index = 0; index < count; index += 1) all.push(await minute(index === 0 ? states : {}));
      return all;
    },
    pass: (minutes) => (now += minutes),
    async puptime(...args) {
      const ended = await place.run(args, { env: env() });
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      return ended.stdout;
    },
    event: (kind, service) => place.events().findLast((one) => one.event === kind && one.service === service),
    at: (minute) => new Date(clock.at(minute)).toISOString(),
    end() {
      services.close();
      place.remove();
    },
  };
}

const SILENT = { code: 0, stdout: '', stderr: '' };

/** Services wait for nobody, so that their order is of no account; what is told of one service stays as it came. */
function inOrder(events: readonly Parsed[]): readonly Parsed[] {
  return [...events].sort((a, b) => (a.service < b.service ? -1 : a.service > b.service ? 1 : 0));
}

function plain({ event, service }: Parsed): string {
  return `${event} ${service}`;
}

function inShort(event: Parsed): string {
  return event.cause === null ? plain(event) : `${plain(event)} (${event.cause})`;
}

async function piped(place: Place, env: Readonly<Record<string, string>>): Promise<null> {
  // What probe exits with is how the services are.
  const command = 'puptime probe --due --json | puptime decide | puptime deliver - > accepted';
  const ended = await place.shell(`${command}; echo "\${PIPESTATUS[@]:1}"`, { env });
  expect(ended).toEqual({ code: 0, stdout: '0 0\n', stderr: '' });
  return null;
}

/** What `run --dry-run` says that hooks would be run for. */
async function foretell(place: Place, env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { code, stderr } = await place.run(['run', '--dry-run'], { env });
  expect(code).toBe(0);
  const lines = [...stderr.matchAll(/^puptime: would be announced: on_(\w+) for ([^ ]+): (.*)$/gm)];
  return inOrder(
    lines
      .filter(([, , , rest = '']) => !rest.endsWith('(no hook is there for it)'))
      .map(([, event, service]) => ({ event, service })),
  ).map(plain);
}
