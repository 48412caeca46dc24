import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hookUser } from '../../lib/deliver/hook-user.ts';
import { IS_ROOT, type Place, createPlace, jsonLines } from '../cmd/program.ts';
import { asNobody, listed } from './privileged.ts';

let place: Place;
beforeEach(() => {
  place = createPlace('privileges');
  chmodSync(place.dir, 0o755);
});
afterEach(() => place.remove());

const CLOSED = { services: [{ name: 'gone', target: 'tcp://127.0.0.1:1' }] };
const NONE = '0'.repeat(16);

/** Whoever starts the tests may ignore signals for real time: nobody takes those back. */
const STANDARD_SIGNALS = 's/^(SigIgn: ?).{9}/\\1000000000/';

/** What a program is, in lines that a test can compare. */
const TELL = `
grep -E '^(Cap[A-Z][a-z]*|NoNewPrivs|SigIgn|SigBlk):' /proc/self/status | tr '\\t' ' ' | sed -E '${STANDARD_SIGNALS}'
printf 'fds '; ls /proc/self/fd | tr '\\n' ' '; echo
echo umask $(umask)
echo tty $(ps -o tty= -p $$) leads $(ps -o sid= -p $$) $(ps -o pgid= -p $$) of $$
echo files $(ulimit -Sn) $(ulimit -Hn) core $(ulimit -Sc) oom $(cat /proc/self/oom_score_adj)
`;

/** The last is the one by which ls reads the directory. */
const FDS = 'fds 0 1 2 3 ';

/** A starter that leaves all open and ignores what it can: descriptors, a held lock, signals, groups, an environment. */
const CARELESS = `
exec 3</dev/null 4</dev/null 5>f5 6</etc/passwd 7</dev/null 8</dev/null 9>lock 42</dev/null 200>f200
flock 9
trap '' PIPE HUP USR1 USR2 INT QUIT TSTP
umask 027
ulimit -c 0; ulimit -S -n 1024
export LD_LIBRARY_PATH=/x BASH_ENV=/x ENV=/x IFS=x SECRET=x NODE_OPTIONS= PUPTIME_X=x
echo 17 > /proc/$$/oom_score_adj
`;

function give(file: string, uid: number, gid: number, mode: number): void {
  chownSync(file, uid, gid);
  chmodSync(file, mode);
}

describe.runIf(IS_ROOT)('root steps down', () => {
  const config = (user: string, extra: object = {}) => place.config({ hooks: { user }, ...CLOSED, ...extra });

  test('to the user of the hooks, completely, whatever the starter has left open', async () => {
    place.hook(
      'on_down',
      `id -u; id -g; id -G; ${TELL} tr '\\0' '\\n' < /proc/$$/environ | sed 's/=.*//' | sort | grep -v ^PUPTIME_[A-W]`,
    );
    config('nobody');
    const { code, stderr } = await place.shell(`${CARELESS} exec setpriv --groups=1,2,3 -- puptime run -v`);
    expect(code).toBe(0);
    const lines = stderr.split('\n').flatMap((line) => /^puptime: {3}\| (.*)/.exec(line)?.slice(1) ?? []);
    const led = lines.find((line) => line.startsWith('tty'));
    const pid = led?.split(' ').at(-1);
    expect(lines).toEqual([
      ...['65534', '65534', '65534'],
      ...[`SigBlk: ${NONE}`, `SigIgn: ${NONE}`],
      ...['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map((set) => `${set}: ${NONE}`),
      'NoNewPrivs: 1',
      FDS,
      'umask 0027',
      `tty ? leads ${pid} ${pid} of ${pid}`,
      expect.stringMatching(/^files (\d+) \d+ core 0 oom 17$/),
      ...['HOME', 'LANG', 'PATH'],
    ]);
  });

  test('what a hook leaves running holds no lock, neither the starter’s nor ours', async () => {
    place.hook('on_down', 'setsid sleep 43.5 >/dev/null 2>&1 & true');
    config('nobody');
    expect((await place.shell(`${CARELESS} exec puptime run`)).code).toBe(0);
    const after = await place.shell(
      'pgrep -f "[s]leep 43.5" && flock -n lock true && puptime run --all; echo $?',
    );
    await place.shell('kill $(pgrep -f "[s]leep 43.5")');
    expect(after.stdout).toMatch(/^\d+\n0\n$/);
  });

  test('also to a user with a group of its own, and to one that is named by its number', async () => {
    place.hook('on_down', 'id -u; id -g; id -G; cat "$1" > /dev/null && stat -c "%u %g %a" "$1" "${1%/*}"');
    config('games');
    const games = await place.run(['hook', 'test', 'down']);
    expect(listed(games.stdout)).toEqual(['5', '60', '60', '5 60 600', '5 60 700']);
    config('65534');
    expect(listed((await place.run(['hook', 'test', 'down'])).stdout).slice(0, 2)).toEqual([
      '65534',
      '65534',
    ]);
  });

  test.each(['nemo', '4242'])('to nobody that is not there: %s', async (user) => {
    place.record('down');
    config(user);
    const { code, stderr } = await place.run(['run']);
    expect([code, stderr]).toEqual([
      77,
      expect.stringContaining(`hook refused, its events wait: hooks.user: there is no user "${user}"`),
    ]);
    const validated = await place.run(['validate']);
    expect([validated.code, validated.stdout]).toEqual([77, expect.stringContaining(`"${user}"`)]);
    config('root');
    expect((await place.run(['run', '--all'])).code).toBe(0);
    expect(place.news()).toEqual(['down gone']);
  });

  describe('a hook of root’s', () => {
    const cases: readonly [what: string, spoil: (hook: string) => void, reason: RegExp | null][] = [
      ['that everybody may run', () => undefined, null],
      [
        'that its user may not run',
        (hook) => chmodSync(hook, 0o700),
        /on_down:? cannot be read and executed by nobody/,
      ],
      [
        'that its user may not read',
        (hook) => chmodSync(hook, 0o711),
        /on_down:? cannot be read and executed by nobody/,
      ],
      [
        'in a directory that is closed to it',
        () => chmodSync(place.hooks, 0o700),
        /on_down:? cannot be read/,
      ],
      ['that its user’s group may run', (hook) => give(hook, 0, 65534, 0o750), null],
      ['that its user owns', (hook) => give(hook, 65534, 0, 0o500), null],
    ];
    test.each(cases)('%s', async (_, spoil, reason) => {
      const hook = place.hook('on_down', 'id -un');
      config('nobody');
      spoil(hook);
      const { code, stderr } = await place.run(['run', '-v']);
      const validated = await place.run(['validate']);
      if (reason === null) {
        expect([code, stderr, validated.code]).toEqual([0, expect.stringContaining('| nobody'), 0]);
      } else {
        expect([code, stderr]).toEqual([77, expect.stringMatching(reason)]);
        expect([validated.code, validated.stdout]).toEqual([77, expect.stringMatching(reason)]);
      }
    });
  });

  test('root as it is written down keeps what it has, but for descriptors and signals', async () => {
    place.hook('on_down', `id -u; ${TELL}`);
    config('root');
    const { stdout } = await place.shell(`${CARELESS} exec puptime hook test down`);
    expect(listed(stdout)).toEqual(
      expect.arrayContaining(['0', FDS, `SigIgn: ${NONE}`, `SigBlk: ${NONE}`, 'NoNewPrivs: 0']),
    );
  });
});

describe('an ordinary user', () => {
  const start = (command: string) => place.shell(command);

  test.runIf(IS_ROOT)(
    'whose start came with capabilities keeps them from hooks, and nothing else is taken',
    async () => {
      place.hook('on_down', `id -u; ${TELL}`);
      place.config({ hooks: { user: 'root' }, ...CLOSED });
      mkdirSync(place.state, { mode: 0o700 });
      asNobody.give(place);
      const { stdout } = await start(
        'exec setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=+net_raw --ambient-caps=+net_raw -- puptime hook test down',
      );
      expect(listed(stdout)).toEqual(
        expect.arrayContaining([
          '65534',
          `CapAmb: ${NONE}`,
          `CapInh: ${NONE}`,
          `CapEff: ${NONE}`,
          'NoNewPrivs: 0',
        ]),
      );
    },
  );

  test('a probe’s program gets none of it either', async () => {
    const program = place.hook('tell', TELL);
    place.config({ services: [{ name: 'told', command: [program], keep: ['output'] }] });
    const { code, stdout } = await start(`${CARELESS} exec puptime probe --json`);
    const [result] = jsonLines(stdout);
    expect(code).toBe(0);
    expect(result.facts.output.split('\n')).toEqual(
      expect.arrayContaining([FDS, `SigIgn: ${NONE}`, `SigBlk: ${NONE}`]),
    );
  });
});

test('a line of passwd without its numbers makes nobody root', () => {
  const of = (line: string) => hookUser(0, 'x', () => `${line}\n`);
  for (const line of [
    'x:*::::/:',
    'x:*:5::::',
    'x:*::5:::',
    'x',
    'x:*:-1:5:::',
    'x:*:4294967295:5::/:',
    'x:*:0x0:0:::',
  ])
    expect(of(line).kind).toBe('refused');
  expect(of('x:*:5:60:games:/usr/games:/bin/sh')).toEqual({
    kind: 'other',
    name: 'x',
    uid: 5,
    gid: 60,
    home: '/usr/games',
  });
});
