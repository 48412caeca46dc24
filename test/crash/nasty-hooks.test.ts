import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { createLab, type Lab } from './lab.ts';
import { endStrays } from './leftovers.ts';
import { makeNasty, mendHook, nastyHooks } from './nasty-hooks.ts';

let lab: Lab;
afterEach(() => lab.remove());

const HOURS_3 = 3 * 3_600_000;
const LIMIT_MS = 3000;
const TOKEN = 'hush/hush baby=1';

const start = (services: readonly string[]) =>
  lab
    .marks()
    .filter(({ mark, service }) => mark === 'start' && services.includes(service))
    .map(({ event, service, attempt }) => `${event} ${service} ${String(attempt)}`);

const linesOf = (file: string): readonly string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];

/** Each service has its own on_down besides the general one. */
function writeOwnHooks(names: readonly string[], hooks: object): (name: string) => string {
  const own = path.join(lab.dir, 'own');
  mkdirSync(own, { mode: 0o755 });
  lab.config({ hooks });
  const file = path.join(lab.dir, 'puptime.yaml');
  const config = JSON.parse(readFileSync(file, 'utf8')) as { services: { name: string }[] };
  const services = config.services.map((service) =>
    names.includes(service.name) ? { ...service, hooks: { on_down: [`./own/${service.name}`] } } : service,
  );
  writeFileSync(file, JSON.stringify({ ...config, services }));
  return (name) => path.join(own, name);
}

test('hooks that do everything a hook should not: no probe waits, nothing is lost, each is told of', async () => {
  const hooks = nastyHooks(LIMIT_MS);
  const names = hooks.map(({ name }) => name);
  const named = (choose: (hook: (typeof hooks)[number]) => boolean) =>
    hooks.filter(choose).map(({ name }) => name);
  lab = createLab({ services: names });
  const at = (name: string) => path.join(lab.dir, name);
  const ownHook = writeOwnHooks(names, { timeout: `${String(LIMIT_MS)}ms`, env: ['TOKEN'] });
  const env = { TOKEN };
  writeFileSync(at('home/precious'), 'mine');
  for (const hook of hooks) makeNasty(hook, ownHook(hook.name), lab);
  expect(await lab.run(['run'], { env })).toMatchObject({ code: 0, stderr: '' });

  for (const name of names) lab.set(name, 'down');
  let over = false;
  const running = lab.run(['run', '--json'], { env }).finally(() => (over = true));
  // All is probed and remembered while hooks still hang, and another run is let in.
  const remembered = () =>
    linesOf(at('state/memory.ndjson')).filter((line) => line.includes('"status":"down"')).length;
  while (remembered() < names.length) await pause(5);
  const second = await lab.run(['run', '--json'], { env });
  expect(over).toBe(false);
  expect(second.code).not.toBe(75);
  expect(second.stdout.trimEnd().split('\n')).toHaveLength(names.length);
  const first = await running;
  expect(first).toMatchObject({ code: 77, hung: false });
  expect(first.stdout.trimEnd().split('\n')).toHaveLength(names.length);

  const told = first.stderr.split('\n');
  for (const { name, outcome, says } of hooks) {
    const index = told.findIndex((line) => line.includes(`own/${name} `));
    const about = told.slice(
      index,
      told.findIndex((line, next) => next > index && !line.startsWith('puptime:   |')),
    );
    if (outcome === 'done') expect(index, name).toBe(-1);
    else expect(about.join('\n'), name).toMatch(says ?? /^$/);
  }
  // eslint-disable-next-line no-control-regex -- it is about control characters
  expect(first.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  for (const text of [first.stderr, readFileSync(at('state/deliveries.ndjson'), 'utf8')]) {
    expect(text).not.toContain(TOKEN);
    expect(text).not.toContain(Buffer.from(TOKEN).toString('base64').slice(0, 16));
  }
  expect(start(names).toSorted()).toEqual(
    [...names.flatMap((name) => [`first ${name} 1`, `down ${name} 1`]), 'dead gives-up 1'].toSorted(),
  );
  const waiting = named(({ outcome }) => outcome === 'failed' || outcome === 'refused');
  expect(queued()).toEqual(waiting.toSorted());
  expect(linesOf(at('nested'))).toEqual(
    expect.arrayContaining([expect.stringMatching(/^run (0|75)$/), 'deliver 0']),
  );

  // Mended, all but those that have spoilt themselves.
  for (const { name, outcome, then } of hooks) {
    const keeps = then !== undefined || name === 'replaces-itself';
    if (outcome !== 'done' && outcome !== 'dead' && !keeps) mendHook(ownHook(name));
  }
  lab.age(HOURS_3);
  const again = await lab.run(['run'], { env });
  expect(again).toMatchObject({ code: 77, stdout: '' });
  for (const { name, then } of hooks) if (then !== undefined) expect(again.stderr, name).toMatch(then);
  const spoilt = named(({ then }) => then !== undefined);
  expect(queued()).toEqual(spoilt.toSorted());
  for (const name of spoilt) mendHook(ownHook(name));

  for (const name of names) lab.set(name, 'up');
  lab.age(HOURS_3);
  expect(await lab.run(['run'], { env })).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(linesOf(at('ran')).toSorted()).toEqual(
    waiting.filter((name) => name !== 'replaces-itself').toSorted(),
  );
  expect(
    start(names)
      .filter((line) => line.startsWith('up'))
      .toSorted(),
  ).toEqual(names.map((name) => `up ${name} 1`).toSorted());
  expect(start(names).filter((line) => /^(down|first)/.test(line))).toHaveLength(2 * names.length);
  expect(readFileSync(at('home/precious'), 'utf8')).toBe('mine');
  endStrays(lab.dir);
  expect(lab.leftovers()).toEqual([]);
});

test('a hook that prints 100 MB is delivered, and puptime does not keep them', async () => {
  lab = createLab({ services: ['a'] });
  const most_kb: number[] = [];
  for (const body of ['', 'head -c 100000000 /dev/zero']) {
    lab.hook('up', body);
    lab.set('a', 'down');
    lab.age(HOURS_3);
    await lab.run();
    lab.set('a', 'up');
    lab.age(HOURS_3);
    let pid = 0;
    let over = false;
    let memory_kb = 0;
    const running = lab.run(['run'], { started: (started) => (pid = started) }).finally(() => (over = true));
    while (!over) {
      memory_kb = Math.max(memory_kb, Number(/^VmHWM:\s+(\d+)/m.exec(procText(pid))?.[1] ?? 0));
      await pause(5);
    }
    expect(await running).toMatchObject({ code: 0, stderr: '' });
    most_kb.push(memory_kb);
  }
  const [quiet_kb = 0, flooded_kb = 0] = most_kb;
  expect(quiet_kb).toBeGreaterThan(0);
  expect(flooded_kb).toBeLessThan(quiet_kb + 50_000);
});

test('a hook that kills its runner again and again is put off, and stops neither probes nor other hooks', async () => {
  lab = createLab();
  const ownHook = writeOwnHooks(['a'], {});
  const kill = 'echo "$PUPTIME_EVENT_ID $PUPTIME_ATTEMPT" >> ../tries; kill -9 $PPID; exec sleep 600';
  makeNasty({ name: 'a', make: kill, outcome: 'failed' }, ownHook('a'), lab);
  await lab.run();
  lab.set('a', 'down');
  lab.set('b', 'down');
  const signals = [];
  for (let round = 0; round < 6; round += 1) {
    const { signal } = await lab.run();
    signals.push(signal);
    // Even before it is put off, one more change is seen and told.
    if (round === 1) lab.set('c', 'down');
  }
  const deaths = signals.filter((signal) => signal === 'SIGKILL').length;
  expect(deaths).toBeGreaterThan(0);
  expect(deaths).toBeLessThan(6);
  expect(signals.at(-1)).toBeNull();
  const tries = linesOf(path.join(lab.dir, 'tries'));
  expect(new Set(tries.map((line) => line.split(' ')[0])).size).toBe(1);
  expect(tries.map((line) => Number(line.split(' ')[1]))).toEqual(tries.map((_, index) => index + 1));
  const ended = lab.marks().filter(({ mark, event }) => mark === 'end' && event === 'down');
  expect(new Set(ended.map(({ service }) => service))).toEqual(new Set(['a', 'b', 'c']));
  mendHook(ownHook('a'));
  for (const service of lab.services) lab.set(service, 'up');
  const calm = await lab.calm();
  expect(calm.at(-1)).toMatchObject({ code: 0, stderr: '' });
  expect(linesOf(path.join(lab.dir, 'ran'))).toEqual(['a']);
  expect(start(lab.services).filter((line) => line.startsWith('up'))).toHaveLength(3);
  // What was cut short with its runner may have run twice, and nothing else.
  const starts = start(lab.services).filter((line) => line.startsWith('down'));
  expect(starts.length).toBeLessThanOrEqual(3 + deaths);
  expect(lab.leftovers()).toEqual([]);
});

function queued(): readonly string[] {
  return readdirSync(path.join(lab.state, 'queue'))
    .map((name) => name.replace(/~.*$/, ''))
    .toSorted();
}

function procText(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return '';
    throw error;
  }
}
