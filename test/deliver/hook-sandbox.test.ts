import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { signalOf } from '../../lib/deliver/hook-sandbox.ts';
import { IS_ROOT, type Place, createPlace } from '../cmd/program.ts';
import { describeWith, freePort, until } from '../servers/daemon.ts';
import { asNobody, listed, why, sandboxFor } from './privileged.ts';

let place: Place;
beforeEach(() => {
  place = createPlace('sandbox');
  chmodSync(place.dir, 0o755);
});
afterEach(() => place.remove());

const CLOSED = { services: [{ name: 'gone', target: 'tcp://127.0.0.1:1' }] };

/** Who starts puptime, whom it is told to run hooks as, and who they then are. */
const STARTS = IS_ROOT
  ? [
      { name: 'root, hooks as nobody', hooks: { user: 'nobody' }, nobody: false, uid: '65534' },
      { name: 'root, hooks as root', hooks: { user: 'root' }, nobody: false, uid: '0' },
      { name: 'an ordinary user', hooks: {}, nobody: true, uid: '65534' },
    ]
  : [{ name: 'an ordinary user', hooks: {}, nobody: false, uid: String(process.getuid?.()) }];

describeWith(['bwrap'], 'a hook in the sandbox', () => {
  for (const { name, hooks, nobody, uid } of STARTS) {
    const obstacle = sandboxFor(nobody);
    describe.skipIf(obstacle !== null)(`started by ${name}${why(obstacle)}`, () => {
      const prepare = (extra: object = {}) => {
        place.config({ hooks: { ...hooks, sandbox: 'bwrap', env: ['ALLOWED'], ...extra }, ...CLOSED });
        if (nobody) asNobody.give(place);
      };
      const run = (...args: string[]) => {
        const env = { ALLOWED: 'yes' };
        return nobody ? asNobody.run(place, args, env) : place.run(args, { env });
      };
      const say = async (script: string) => {
        place.hook('on_down', script);
        prepare();
        const { code, stdout, stderr } = await run('hook', 'test', 'down');
        expect([code, stderr]).toEqual([0, '']);
        return listed(stdout);
      };

      test('is called as without', async () => {
        const lines = await say(
          'echo $#; cmp "$1" - && echo same; [ "$1" = "$PUPTIME_FILE" ] && echo named; pwd; id -u; tr "\\0" "\\n" < /proc/$$/environ | sed s/=.*// | sort | tr "\\n" " "',
        );
        expect(lines.slice(0, 5)).toEqual(['1', 'same', 'named', place.hooks, uid]);
        expect(
          lines[5]
            ?.trim()
            .split(' ')
            .filter((word) => !word.startsWith('PUPTIME_')),
        ).toEqual(['ALLOWED', 'HOME', 'LANG', 'PATH']);
      });

      test('writes nothing but in the directory of its event, a /tmp and a /dev/shm of its own', async () => {
        const lines = await say(
          `for d in "\${1%/*}" /tmp /dev/shm /var/tmp ${place.dir} ${place.hooks} ${place.dir}/state "$HOME" /; do
             mkdir -p $d 2>/dev/null; touch $d/new 2>/dev/null && echo "yes $d" || echo "no $d"; done; ls -A /tmp | head`,
        );
        const [own, ...rest] = lines;
        expect(own).toMatch(/^yes .*\/event-/);
        expect(rest.slice(0, 8)).toEqual([
          'yes /tmp',
          'yes /dev/shm',
          'no /var/tmp',
          expect.stringContaining(place.dir),
          `no ${place.hooks}`,
          expect.stringContaining(`${place.dir}/state`),
          expect.anything(),
          'no /',
        ]);
      });

      test('has no privilege, and cannot take the walls down', async () => {
        const lines = await say(
          'grep -E "^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs|SigIgn|SigBlk)" /proc/self/status | tr -d "\\t" | sed -E "s/^(SigIgn:).{9}/\\1000000000/"; mount -o remount,rw / 2>/dev/null && echo broken; mount -t tmpfs x /usr 2>/dev/null && echo broken; unshare -r mount -o remount,rw / 2>/dev/null && echo broken; touch /usr/new 2>/dev/null && echo broken; true',
        );
        const none = '0'.repeat(16);
        expect(lines).toEqual([
          `SigBlk:${none}`,
          `SigIgn:${none}`,
          ...['CapInh', 'CapPrm', 'CapEff', 'CapAmb'].map((set) => `${set}:${none}`),
          'NoNewPrivs:1',
        ]);
      });

      test('sees no process but its own, no device but the harmless, no descriptor but three', async () => {
        const lines = await say(
          'ls /proc | grep -c "^[0-9]"; ls /dev | tr "\\n" " "; echo; ls /proc/self/fd | tr "\\n" " "',
        );
        expect(Number(lines[0])).toBeLessThan(8);
        expect(
          lines[1]
            ?.trim()
            .split(' ')
            .filter((device) => device !== 'log'),
        ).toEqual('core fd full null ptmx pts random shm stderr stdin stdout tty urandom zero'.split(' '));
        // The fourth is the one that ls reads the directory by.
        expect(lines[2]?.trim()).toBe('0 1 2 3');
      });

      test('has the network', async () => {
        const port = await freePort();
        const { createServer } = await import('node:net');
        const server = createServer((socket) => socket.end('hello\n')).listen(port, '127.0.0.1');
        const lines = await say(
          `exec 5<>/dev/null; bash -c 'read -r word < /dev/tcp/127.0.0.1/${port}; echo $word'`,
        );
        server.close();
        expect(lines).toEqual(['hello']);
      });

      test('ends as without: exit codes, signals, its time limit with time to clean up', async () => {
        place.hook('on_down', 'exit 7');
        place.hook('on_up', 'kill -SEGV $$');
        place.hook('on_slow', "trap 'echo cleaned; exit 9' TERM; sleep 20 & wait");
        prepare({ timeout: '700ms' });
        const texts = ['down', 'up', 'slow'].map(async (kind) => {
          const { code, stdout } = await run('hook', 'test', kind);
          return `${String(code)} ${stdout}`;
        });
        const [down, up, slow] = await Promise.all(texts);
        expect(down).toMatch(/^1 .*\(exit code 7\)/);
        expect(up).toMatch(/^1 .*\(ended by SIGSEGV\)/);
        expect(slow).toMatch(/^1 .*ended after its time limit \(exit code 9\)/);
        expect(slow).toContain('cleaned');
      });

      test('is found where a link leads to, also in a /tmp that it does not see', async () => {
        place.hook('real/page', 'cat "\${0%/*}/../note" 2>/dev/null; echo paged');
        mkdirSync(`${place.hooks}/on_down.d`);
        symlinkSync('../real/page', `${place.hooks}/on_down.d/page`);
        prepare();
        const { code, stdout } = await run('hook', 'test', 'down');
        expect([code, listed(stdout)]).toEqual([0, ['paged']]);
      });

      test('delivers: a run, durable, quiet, nothing left over', async () => {
        place.hook('on_down', 'test "$PUPTIME_DURABLE" = 1 && grep -q \'"event":"down"\' "$1"');
        prepare();
        expect(await run('run')).toEqual({ code: 0, stdout: '', stderr: '' });
        const left = await place.shell(
          `pgrep -f "[p]uptime ${place.hooks}/on_down"; ls run state/queue; find run -type f`,
        );
        expect(left.stdout).not.toContain('event');
      });

      test('that a killed run has left behind is ended by the next, and tried again', async () => {
        place.hook('on_down', 'exec sleep 42.5');
        prepare();
        const isThere = async () => (await place.shell('pgrep -f "[s]leep 42.5$"')).stdout !== '';
        const first = nobody ? asNobody.start(place, ['run']) : place.start(['run']);
        await until('the hook to run', isThere);
        first.child.kill('SIGKILL');
        await first.ended;
        expect(await isThere()).toBe(true);
        place.hook('on_down', 'test "$PUPTIME_ATTEMPT" = 2');
        if (nobody) asNobody.give(place);
        expect(await run('run')).toEqual({ code: 0, stdout: '', stderr: '' });
        expect(await isThere()).toBe(false);
      });

      test('that is killed from outside takes all that it started with it', async () => {
        place.hook('on_down', 'kill -9 0; sleep 41.5');
        prepare();
        const { code, stdout } = await run('hook', 'test', 'down');
        expect([code, stdout]).toEqual([1, expect.stringContaining('ended by SIGKILL')]);
        expect((await place.shell('pgrep -f "[s]leep 41.5"')).stdout).toBe('');
      });
    });
  }
});

describe('a sandbox that is asked for and cannot be', () => {
  const expectRefusal = async (env: { readonly [name: string]: string }, words: string) => {
    place.record('down', 'run');
    place.config({ hooks: { sandbox: 'bwrap' }, ...CLOSED });
    const validated = await place.run(['validate'], { env });
    expect([validated.code, validated.stdout]).toEqual([
      77,
      expect.stringContaining(`hooks.sandbox: ${words}`),
    ]);
    const { code, stderr } = await place.run(['run'], { env });
    expect(stderr).toBe(
      `puptime: hook refused, its events wait: ${validated.stdout.replace(/^[^:]*: [^:]*: /, '')}`,
    );
    expect(code).toBe(77);
    expect(place.events()).toEqual([]);
    expect((await place.run(['hook', 'test', 'down'], { env })).code).toBe(77);
    place.config({ hooks: { sandbox: 'none' }, ...CLOSED });
    expect((await place.run(['run'])).code).toBe(0);
    expect(place.news()).toContain('down gone');
  };

  test('not installed: refused with what to do, in validate too; nothing runs without it, and nothing is lost', async () => {
    mkdirSync(`${place.dir}/few`);
    for (const tool of ['flock', 'setpriv', 'cat', 'sh'])
      symlinkSync(`/usr/bin/${tool}`, `${place.dir}/few/${tool}`);
    await expectRefusal(
      { PATH: `${place.dir}/few` },
      'hooks.sandbox: bwrap is set, and the program bwrap is not there: install bubblewrap',
    );
  });

  test('not permitted here: the same, with what bwrap said', async () => {
    writeFileSync(
      `${place.dir}/bin/bwrap`,
      '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n',
    );
    chmodSync(`${place.dir}/bin/bwrap`, 0o755);
    await expectRefusal(
      { PATH: place.env['PATH'] ?? '' },
      'hooks.sandbox: bwrap is set, and bwrap does not work here: bwrap: No permissions to create new namespace: allow user namespaces',
    );
  });
});

test('hooks.sandbox knows two words, and no service can turn it off', async () => {
  place.config({ hooks: { sandbox: 'firejail' }, ...CLOSED });
  const wrong = await place.run(['validate']);
  expect([wrong.code, wrong.stdout]).toEqual([78, expect.stringMatching(/hooks\.sandbox: .*none.*bwrap/)]);
  place.config({ services: [{ ...CLOSED.services[0], hooks: { sandbox: 'none' } }] });
  expect((await place.run(['validate'])).code).toBe(78);
});

test('exit codes of bwrap that mean a signal', () => {
  expect([137, 143, 139, 128, 127, 0, 255, null].map(signalOf)).toEqual([
    ...['SIGKILL', 'SIGTERM', 'SIGSEGV'],
    ...[null, null, null, null, null],
  ]);
});

test('bwrap is here at all where everything must be', () => {
  if (process.env['PUPTIME_REQUIRE_DAEMONS'] === '1')
    expect(spawnSync('bwrap', ['--version']).status).toBe(0);
});
