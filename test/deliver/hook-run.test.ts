import { closeSync, existsSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runHook, type HookOutcome } from '../../lib/deliver/hook-run.ts';
import { openSandbox } from '../../lib/deliver/hook-sandbox.ts';
import { hookUser, ownerOf, readPasswd } from '../../lib/deliver/hook-user.ts';
import { openRuntime, type Runtime } from '../../lib/state/runtime-directory.ts';
import type { Event } from '../../lib/words/event.ts';
import type { HooksConfig } from '../../lib/words/service.ts';
import { draft, hooksConfig, makePlace, makeWorld, type Place } from './fixture.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const EVENT: Event = { ...draft('down', 'cache'), id: 'a'.repeat(32), incident: null };
const isRoot = process.getuid?.() === 0;

async function run(
  path: string,
  changes: Partial<HooksConfig> = {},
  signal = new AbortController().signal,
  event = EVENT,
  changeRuntime = (runtime: Runtime) => runtime,
): Promise<HookOutcome> {
  const world = makeWorld(place);
  const config = hooksConfig(place, changes);
  const user = hookUser(world.uid, config.user, readPasswd);
  const env = { ...world.env, WANTED: 'yes', UNWANTED: 'no' };
  const runtime = changeRuntime(openRuntime({ ...world, stateDir: null, owner: ownerOf(user) }));
  const noteStarted = () => Promise.resolve(true);
  const job = { path, event, attempt: 2, durable: true, results: null, noteStarted, signal };
  const sandbox = openSandbox({ kind: config.sandbox, user, uid: world.uid, path: world.env.PATH });
  const outcome = await runHook(job, { config, user, sandbox, runtime, env, redact: (text) => text });
  runtime.close();
  return outcome;
}

test('a hook gets its own copy: path in argv, the same on stdin, in the hooks directory, in its own group', async () => {
  const path = place.hook(
    'on_down',
    `[ $# = 1 ] && cmp -s "$1" - && [ "$1" = "$PUPTIME_FILE" ] && pwd && stat -c '%a %U' "$1" "\${1%/*}"
     ps -o pgid= -p $$ | tr -d ' '; echo $$; cat "$1" >> "$LOG"; echo "$1" >> "$LOG"; rm "$1"; touch "\${1%/*}/left"`,
  );
  const outcome = await run(path);
  if (outcome.kind !== 'ran') throw new Error(outcome.kind);
  const [cwd, fileMode, directoryMode, group, pid] = outcome.text.split('\n');
  expect(cwd).toBe(place.hooks);
  expect([fileMode, directoryMode]).toEqual(
    ['600 root', '700 root'].map((text) => (isRoot ? text : expect.stringMatching(/^[67]00 /))),
  );
  expect(group).toBe(pid);
  const [json = '', file = ''] = place.logged();
  expect(JSON.parse(json)).toMatchObject({
    id: EVENT.id,
    delivery: { hook: 'on_down', attempt: 2 },
    test: false,
  });
  expect(existsSync(file)).toBe(false);
});

test('where nothing takes a file it gets its event through a pipe, however long it is', async () => {
  const nowhere = (runtime: Runtime): Runtime => ({
    ...runtime,
    createPrivate: () => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'open' });
    },
  });
  const event: Event = { ...EVENT, output: `it's $HOME "\\n" \`id\` END ${'x'.repeat(100_000)}` };
  const path = place.hook(
    'on_down',
    'echo "$1 $PUPTIME_FILE"; cat "$1" > "$LOG"; env | grep -c puptime_line',
  );
  const outcome = await run(path, {}, undefined, event, nowhere);
  expect(outcome).toMatchObject({ kind: 'ran', text: '/dev/stdin /dev/stdin\n0' });
  expect(JSON.parse(place.logged()[0] ?? '')).toEqual({
    ...event,
    delivery: { hook: 'on_down', attempt: 2 },
  });
});

test('its environment is scrubbed', async () => {
  const path = place.hook('on_down', 'tr "\\0" "\\n" < /proc/$$/environ | sort');
  const outcome = await run(path, { env: ['WANTED', 'ABSENT'] });
  if (outcome.kind !== 'ran') throw new Error(outcome.kind);
  const names = outcome.text.split('\n').map((line) => line.split('=')[0]);
  expect(names).toEqual([
    'HOME',
    'PATH',
    'PUPTIME_ATTEMPT',
    'PUPTIME_DURABLE',
    'PUPTIME_EVENT',
    'PUPTIME_EVENT_ID',
    'PUPTIME_FILE',
    'PUPTIME_GROUP',
    'PUPTIME_INCIDENT_ID',
    'PUPTIME_PREVIOUS_STATUS',
    'PUPTIME_REASON',
    'PUPTIME_SERVICE',
    'PUPTIME_STATUS',
    'PUPTIME_SUMMARY',
    'PUPTIME_TAGS',
    'PUPTIME_TARGET',
    'WANTED',
  ]);
  expect(outcome.text).toContain('PUPTIME_EVENT=down\n');
  expect(outcome.text).toContain('PUPTIME_ATTEMPT=2\n');
});

describe('hooks that behave badly', () => {
  const cases: readonly [what: string, body: string, outcome: object, atMost_ms: number][] = [
    [
      'exit code',
      'echo out; echo err >&2; exit 3',
      { exitCode: 3, signal: null, endedBy: null, text: 'out\nerr' },
      1000,
    ],
    ['hangs', 'exec sleep 30', { exitCode: null, signal: 'SIGTERM', endedBy: 'limit' }, 1500],
    ['hangs with children', 'sleep 30; exit 0', { signal: 'SIGTERM', endedBy: 'limit' }, 1500],
    [
      'ignores SIGTERM',
      "trap '' TERM; while :; do sleep 0.1; done",
      { signal: 'SIGKILL', endedBy: 'limit' },
      4500,
    ],
    ['kills its own group', 'kill -9 0', { signal: 'SIGKILL', endedBy: null }, 1000],
    [
      'leaves a child holding its output',
      'sleep 20 & exit 0',
      { exitCode: 0, endedBy: null, truncated: false },
      1000,
    ],
    ['forks away', 'setsid sleep 3 >/dev/null 2>&1 & exit 0', { exitCode: 0, endedBy: null }, 1000],
    ['floods', 'head -c 5000000 /dev/zero; echo; exit 0', { exitCode: 0, truncated: true }, 3000],
    ['closes everything', 'exec <&- >&- 2>&-; exit 0', { exitCode: 0 }, 1000],
    ['prints escapes', "printf '\\033[31mred\\n'", { exitCode: 0, text: '\ufffd[31mred' }, 1000],
  ];
  test.each(cases)('%s', async (_what, body, expected, atMost_ms) => {
    const began = performance.now();
    const outcome = await run(place.hook('on_down', body), { timeout_ms: 500 });
    expect(outcome).toMatchObject({ kind: 'ran', ...expected });
    expect(performance.now() - began).toBeLessThan(atMost_ms);
    if (outcome.kind === 'ran') expect(outcome.text.length).toBeLessThanOrEqual(4096);
  });

  test('an interpreter that is not there', async () => {
    const path = place.hook('on_down', '');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(path, '#!/nonexistent/python\n');
    expect(await run(path)).toMatchObject({ kind: 'ran', exitCode: 127 });
  });
});

test('descriptors that somebody left open to us do not reach hooks', async () => {
  const path = place.hook('on_down', 'ls /proc/$$/fd');
  const fd = openSync('/dev/null', 'r');
  const outcome = await run(path);
  closeSync(fd);
  if (outcome.kind !== 'ran') throw new Error(outcome.kind);
  // The shell itself has its script open, as 10 or 255.
  expect(outcome.text.split('\n').filter((name) => name !== '10' && name !== '255')).toEqual(['0', '1', '2']);
});

describe.skipIf(!isRoot)('as root', () => {
  test('without hooks.user nothing runs', async () => {
    expect(await run(place.hook('on_down', 'true'), { user: null })).toMatchObject({
      kind: 'not_started',
      reason: expect.stringContaining('hooks.user is not set'),
    });
  });

  test('with hooks.user all privileges are gone, and the copy is that user’s', async () => {
    const { chmodSync } = await import('node:fs');
    chmodSync(place.dir, 0o755);
    const path = place.hook(
      'on_down',
      'id -un; id -G; grep -E "^(Cap|NoNewPrivs)" /proc/self/status; stat -c %U "$1"; echo "$HOME"; cat "$1" > /dev/null && echo read',
    );
    const outcome = await run(path, { user: 'nobody' });
    if (outcome.kind !== 'ran') throw new Error(outcome.kind);
    const lines = outcome.text.split('\n');
    expect(lines[0]).toBe('nobody');
    expect(lines[1]).toBe('65534');
    for (const capability of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
      expect(outcome.text).toMatch(new RegExp(`${capability}:\\s+0{16}`));
    }
    expect(outcome.text).toMatch(/NoNewPrivs:\s+1/);
    expect(lines.slice(-3)).toEqual(['nobody', '/nonexistent', 'read']);
  });

  test('a user that does not exist is said so', async () => {
    expect(await run(place.hook('on_down', 'true'), { user: 'nemo' })).toMatchObject({
      kind: 'not_started',
      reason: 'hooks.user: there is no user "nemo" in /etc/passwd, and getent knows none',
    });
  });
});

test('no copy is left behind', async () => {
  const before = readdirSync('/dev/shm').filter((name) => name.startsWith('puptime-'));
  await run(place.hook('on_down', 'cp "$1" "${1%/*}/more"; mkdir "${1%/*}/deep"'));
  expect(readdirSync('/dev/shm').filter((name) => name.startsWith('puptime-'))).toEqual(before);
  expect(readFileSync('/proc/self/stat', 'utf8')).not.toBe('');
});
