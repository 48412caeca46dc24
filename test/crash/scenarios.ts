import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../servers/daemon.ts';
import type { Lab } from './lab.ts';
import type { Expected } from './oracle.ts';
import type { Ended, ProgramStart } from './program-run.ts';
import type { Scenario } from './scenario.ts';

const events = (service: string, words: string): readonly Expected[] =>
  words.split(' ').map((word) => ({
    service,
    event: word.replace(/[?*]$/, ''),
    ...(word.endsWith('?') ? { optional: true } : {}),
    ...(word.endsWith('*') ? { end: 'given_up' as const } : {}),
  }));

const once = async (lab: Lab): Promise<void> => {
  await lab.run();
};

const goesDown = async (lab: Lab): Promise<void> => {
  await lab.run();
  lab.set('a', 'down');
};

const isDown = async (lab: Lab): Promise<void> => {
  await goesDown(lab);
  await lab.run();
};

/** The runs of the path from probing to hooks, each disturbed in the sweeps at every one of its calls. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'first run',
    program: 'first run',
    prepare: async (lab) => lab.set('c', 'down'),
    expected: [...events('a', 'first'), ...events('b', 'first'), ...events('c', 'first down')],
  },
  {
    name: 'steady',
    prepare: once,
    expected: [...events('a', 'first'), ...events('b', 'first'), ...events('c', 'first')],
  },
  {
    name: 'down',
    services: ['a', 'b'],
    prepare: goesDown,
    expected: [...events('a', 'first down'), ...events('b', 'first')],
  },
  {
    name: 'up',
    services: ['a', 'b'],
    prepare: async (lab) => {
      await isDown(lab);
      lab.set('a', 'up');
    },
    expected: [...events('a', 'first down up'), ...events('b', 'first')],
    upAtEnd: ['a'],
  },
  {
    name: 'down, and up again at once',
    services: ['a'],
    prepare: goesDown,
    afterwards: (lab) => lab.set('a', 'up'),
    expected: events('a', 'first down? up?'),
    upAtEnd: ['a'],
  },
  {
    name: 'up, and down again at once',
    services: ['a'],
    prepare: async (lab) => {
      await isDown(lab);
      lab.set('a', 'up');
    },
    afterwards: (lab) => lab.set('a', 'down'),
    expected: events('a', 'first down up? down?'),
  },
  {
    name: 'several at once',
    services: ['a', 'b', 'c', 'd', 'e'],
    prepare: async (lab) => {
      await isDown(lab);
      lab.set('a', 'up');
      lab.set('b', 'down');
      lab.set('c', 'down');
      lab.set('d', 'degraded');
    },
    expected: [
      ...events('a', 'first down up'),
      ...events('b', 'first down'),
      ...events('c', 'first down'),
      ...events('d', 'first degraded'),
      ...events('e', 'first'),
    ],
    upAtEnd: ['a'],
  },
  {
    name: 'failing hook',
    services: ['a'],
    prepare: async (lab) => {
      lab.hook('down', MENDED);
      await goesDown(lab);
    },
    afterwards: mend,
    expected: events('a', 'first down'),
    fails: true,
  },
  {
    name: 'failed hook tried again, its service up meanwhile',
    services: ['a'],
    prepare: async (lab) => {
      lab.hook('down', MENDED);
      await isDown(lab);
      mend(lab);
      lab.age(HOURS_3);
      lab.set('a', 'up');
    },
    expected: events('a', 'first down up'),
    upAtEnd: ['a'],
  },
  {
    name: 'one of two hooks fails',
    services: ['a'],
    prepare: async (lab) => {
      for (const event of ['down', 'up']) {
        lab.removeHook(event);
        lab.hook(event, '', '10-log');
        lab.hook(event, event === 'down' ? MENDED : '', '20-page');
      }
      await goesDown(lab);
    },
    afterwards: (lab) => {
      mend(lab);
      lab.set('a', 'up');
    },
    expected: events('a', 'first down? up?'),
    lanes: { down: ['10-log', '20-page'], up: ['10-log', '20-page'] },
    upAtEnd: ['a'],
    fails: true,
  },
  {
    name: 'given up',
    services: ['a'],
    prepare: async (lab) => {
      lab.hook('down', 'exit 100');
      await goesDown(lab);
    },
    expected: events('a', 'first down* dead'),
    fails: true,
  },
  {
    name: 'up after an on_down that was given up',
    services: ['a'],
    prepare: async (lab) => {
      lab.hook('down', 'exit 100');
      await isDown(lab);
      lab.set('a', 'up');
    },
    expected: events('a', 'first down* dead up'),
    upAtEnd: ['a'],
  },
  {
    name: 'removed while down',
    services: ['a', 'b'],
    prepare: async (lab) => {
      await isDown(lab);
      lab.config({ services: ['b'] });
    },
    expected: [...events('a', 'first down up'), ...events('b', 'first')],
    upAtEnd: ['a'],
  },
  {
    name: 'damaged memory, up meanwhile',
    services: ['a', 'b'],
    prepare: async (lab) => {
      await isDown(lab);
      damageMemory(lab, 'a');
      lab.set('a', 'up');
    },
    expected: [...events('a', 'first down first up'), ...events('b', 'first')],
    upAtEnd: ['a'],
    forgetful: true,
  },
  {
    name: 'damaged memory, still down',
    services: ['a', 'b'],
    prepare: async (lab) => {
      await isDown(lab);
      damageMemory(lab, 'a');
    },
    expected: [...events('a', 'first down first down'), ...events('b', 'first')],
    forgetful: true,
  },
  {
    name: 'two runs at once',
    services: ['a', 'b', 'c'],
    prepare: async (lab) => {
      await isDown(lab);
      lab.set('a', 'up');
      lab.set('b', 'down');
    },
    disturbed: twoAtOnce,
    expected: [...events('a', 'first down up'), ...events('b', 'first down'), ...events('c', 'first')],
    upAtEnd: ['a'],
  },
  {
    name: 'run --no-deliver',
    services: ['a', 'b'],
    prepare: async (lab) => {
      await isDown(lab);
      lab.set('a', 'up');
      lab.set('b', 'down');
    },
    disturbed: (lab, start) => lab.run(['run', '--no-deliver'], start),
    clean: probeThenDeliver,
    expected: [...events('a', 'first down up'), ...events('b', 'first down')],
    upAtEnd: ['a'],
  },
  {
    name: 'deliver',
    program: 'deliver',
    services: ['a', 'b'],
    prepare: async (lab) => {
      await isDown(lab);
      lab.set('a', 'up');
      lab.set('b', 'down');
      await lab.run(['run', '--no-deliver']);
    },
    disturbed: (lab, start) => lab.run(['deliver'], start),
    clean: probeThenDeliver,
    expected: [...events('a', 'first down up'), ...events('b', 'first down')],
    upAtEnd: ['a'],
  },
  {
    name: 'decide',
    program: 'decide',
    services: ['a', 'b'],
    prepare: preparePipe,
    disturbed: async (lab, start) => {
      const { stdout } = await lab.run(['probe', '--json']);
      const ended = await lab.run(['decide'], { ...start, input: stdout });
      await lab.run(['deliver', '-'], { input: ended.stdout });
      return ended;
    },
    clean: pipe,
    expected: [...events('a', 'first down up'), ...events('b', 'first down')],
    upAtEnd: ['a'],
  },
  {
    name: 'deliver -',
    program: 'deliver -',
    services: ['a', 'b'],
    prepare: async (lab) => {
      await preparePipe(lab);
      const { stdout } = await lab.run(['probe', '--json']);
      const decided = await lab.run(['decide'], { input: stdout });
      writeFileSync(path.join(lab.dir, 'events'), decided.stdout);
    },
    disturbed: (lab, start) =>
      lab.run(['deliver', '-'], { ...start, input: readFileSync(path.join(lab.dir, 'events'), 'utf8') }),
    clean: pipe,
    expected: [...events('a', 'first down up'), ...events('b', 'first down')],
    upAtEnd: ['a'],
  },
];

const HOURS_3 = 3 * 3_600_000;

/** Body of a hook that fails until it is mended. */
const MENDED = '[ -e ./mended ]';

function mend(lab: Lab): void {
  writeFileSync(path.join(lab.hooks, 'mended'), '');
}

/** Cuts the line of a service in the middle. */
function damageMemory(lab: Lab, service: string): void {
  const file = path.join(lab.state, 'memory.ndjson');
  if (!existsSync(file)) throw new Error('there is no memory to damage');
  const lines = readFileSync(file, 'utf8').split('\n');
  const damaged = lines.map((line) =>
    line.includes(`"service":"${service}"`) ? line.slice(0, line.length / 2) : line,
  );
  writeFileSync(file, damaged.join('\n'));
}

/** The other begins once the disturbed one holds the lock, and waits for it. */
async function twoAtOnce(lab: Lab, start: ProgramStart): Promise<Ended> {
  let isOver = false;
  const disturbed = lab.run(['run'], start).finally(() => (isOver = true));
  await until('the lock to be held', () => isOver || isLocked(lab.state));
  const [ended] = await Promise.all([disturbed, lab.run(['run', '--lock-wait', '10s'])]);
  return ended;
}

function isLocked(directory: string): boolean {
  const inode = statSync(directory, { throwIfNoEntry: false })?.ino;
  return new RegExp(`FLOCK .*:${String(inode)} `).test(readFileSync('/proc/locks', 'utf8'));
}

async function probeThenDeliver(lab: Lab, start: ProgramStart): Promise<Ended> {
  return worse(await lab.run(['run', '--no-deliver'], start), await lab.run(['deliver']));
}

async function preparePipe(lab: Lab): Promise<void> {
  await pipe(lab);
  lab.set('a', 'down');
  await pipe(lab);
  lab.set('a', 'up');
  lab.set('b', 'down');
}

/** The pipe of `probe | decide | deliver -`, one after the other, so that each one’s end is seen. */
async function pipe(lab: Lab, start: ProgramStart = {}): Promise<Ended> {
  const { stdout } = await lab.run(['probe', '--json']);
  const decided = await lab.run(['decide'], { ...start, input: stdout });
  return worse(decided, await lab.run(['deliver', '-'], { input: decided.stdout }));
}

function worse(one: Ended, other: Ended): Ended {
  return one.code === 0 ? other : one;
}
