import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Lab } from './lab.ts';
import type { Expected } from './oracle.ts';
import type { Ended, ProgramStart } from './program-run.ts';

/** Something that happens to a lab, with the power gone at some instant of it. */
export interface WeakScenario {
  readonly name: string;
  /** what happened before, all of it on disk */
  readonly before: (lab: Lab) => Promise<void>;
  /** what is recorded: changes of the world, and one or more runs of the program by `run` */
  readonly during: (lab: Lab, run: RecordedRun) => Promise<void>;
  /** what has happened meanwhile when the power is back; default nothing */
  readonly back?: (lab: Lab) => void;
  /** what the hooks must have heard in the end, when everything has been up again for a while */
  readonly expected: readonly Expected[];
  /** the power cut, and others before it; default 1 */
  readonly crashes?: number;
}

export type RecordedRun = (args?: readonly string[], start?: RecordedStart) => Promise<Ended>;

export interface RecordedStart extends Omit<ProgramStart, 'strace'> {
  /** the program is killed as it makes this call for the n-th time */
  readonly kill?: { readonly call: string; readonly when: number };
}

export const WEAK_SCENARIOS: readonly WeakScenario[] = [
  {
    name: 'the first run ever',
    before: async () => Promise.resolve(),
    during: async (lab, run) => {
      lab.set('b', 'down');
      await run();
    },
    expected: [...firsts(), ...of('b', 'down', 'up')],
  },
  {
    name: 'an outage',
    before: calm,
    during: async (lab, run) => {
      lab.set('a', 'down');
      await run();
    },
    expected: [...firsts(), ...of('a', 'down', 'up')],
  },
  {
    name: 'an outage, over when the power is back',
    before: calm,
    during: async (lab, run) => {
      lab.set('a', 'down');
      await run();
    },
    back: (lab) => lab.set('a', 'up'),
    expected: [...firsts(), ...maybe('a', 'down', 'up')],
  },
  {
    name: 'a recovery',
    before: outage,
    during: async (lab, run) => {
      lab.set('a', 'up');
      await run();
    },
    expected: [...firsts(), ...of('a', 'down', 'up')],
  },
  {
    name: 'an outage and its recovery',
    before: calm,
    during: async (lab, run) => {
      lab.set('a', 'down');
      await run();
      lab.set('a', 'up');
      await run();
    },
    expected: [...firsts(), ...of('a', 'down', 'up')],
  },
  {
    name: 'several at once',
    before: outage,
    during: async (lab, run) => {
      lab.set('a', 'up');
      lab.set('b', 'down');
      lab.set('c', 'down');
      await run();
    },
    expected: [...firsts(), ...of('a', 'down', 'up'), ...of('b', 'down', 'up'), ...of('c', 'down', 'up')],
  },
  {
    name: 'a hook that fails',
    before: async (lab) => {
      lab.hook('down', FAIL_ONCE);
      await calm(lab);
    },
    during: async (lab, run) => {
      lab.set('a', 'down');
      await run();
    },
    expected: [...firsts(), ...of('a', 'down', 'up')],
  },
  {
    name: 'a hook that failed and is tried again',
    before: async (lab) => {
      lab.hook('down', FAIL_ONCE);
      await calm(lab);
      lab.set('a', 'down');
      await lab.run();
      lab.age(3_600_000);
    },
    during: async (_lab, run) => {
      await run();
    },
    expected: [...firsts(), ...of('a', 'down', 'up')],
  },
  {
    name: 'a delivery that is given up',
    before: async (lab) => {
      lab.hook('down', 'exit 100');
      await calm(lab);
    },
    during: async (lab, run) => {
      lab.set('a', 'down');
      await run();
    },
    expected: [
      ...firsts(),
      { service: 'a', event: 'down', end: 'given_up' },
      ...of('a', 'up'),
      ...of('a', 'dead'),
    ],
  },
  {
    name: 'a run without a transition',
    before: outage,
    during: async (_lab, run) => {
      await run();
    },
    expected: [...firsts(), ...of('a', 'down', 'up')],
  },
  {
    name: 'a service removed while down',
    before: outage,
    during: async (lab, run) => {
      lab.config({ services: ['b', 'c'] });
      await run();
    },
    expected: [...firsts(), ...of('a', 'down', 'up')],
  },
  {
    name: 'stored by one process, delivered by another',
    before: calm,
    during: async (lab, run) => {
      lab.set('a', 'down');
      await run(['run', '--no-deliver']);
      await run(['deliver']);
      await run();
    },
    expected: [...firsts(), ...of('a', 'down', 'up')],
  },
  {
    name: 'a run that was killed between the rename and the sync of its commit, and the next',
    before: calm,
    during: async (lab, run) => {
      lab.set('a', 'down');
      // The first rename is that of the commit; the program gets no further.
      await run(['run'], { kill: { call: 'rename', when: 1 } });
      await run();
    },
    expected: [...firsts(), ...of('a', 'down', 'up')],
    crashes: 2,
  },
  {
    name: 'a disk that is full, a power cut, and the next run',
    before: async (lab) => {
      await calm(lab);
      lab.set('a', 'down');
      await fullDisk(lab);
      // What could not be stored elsewhere than in memory is gone with the power.
      for (const name of readdirSync(lab.runtime)) rmSync(path.join(lab.runtime, name), { recursive: true });
    },
    during: async (_lab, run) => {
      await run();
    },
    expected: [...firsts(), ...of('a', 'down', 'up')],
    crashes: 2,
  },
];

const FAIL_ONCE = '[ "$PUPTIME_ATTEMPT" -gt 1 ]';

async function calm(lab: Lab): Promise<void> {
  await lab.calm();
}

async function outage(lab: Lab): Promise<void> {
  await lab.calm();
  lab.set('a', 'down');
  await lab.calm();
}

/** A run for which there is no room for new files in the state directory. */
async function fullDisk(lab: Lab): Promise<void> {
  const files = ['queue/.a~2.json.tmp', 'memory.ndjson.tmp'].map((name) => path.join(lab.state, name));
  await lab.run(['run'], {
    strace: [
      ...['-f', '-o', path.join(lab.dir, 'full-disk'), ...files.flatMap((file) => ['-P', file])],
      ...['-e', 'trace=openat', '-e', 'inject=openat:error=ENOSPC'],
    ],
  });
}

function of(service: string, ...events: readonly string[]): readonly Expected[] {
  return events.map((event) => ({ service, event }));
}

function maybe(service: string, ...events: readonly string[]): readonly Expected[] {
  return of(service, ...events).map((one) => ({ ...one, optional: true }));
}

function firsts(): readonly Expected[] {
  return ['a', 'b', 'c'].flatMap((service) => of(service, 'first'));
}
