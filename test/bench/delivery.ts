// What delivering costs: memory and spool of a run with nothing new, the way from a result to its hook, many transitions
// at once, and hooks one after another; each beside the plain thing. Other work on the machine disturbs all
// of it: trust ratios; limits are stretched by how much slower than 40 ms bare node starts.
//   tsx test/bench/delivery.ts [ROUNDS]     exit 1: a limit is passed
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { median, processorTime } from './measure/processor-time.ts';
import { named, place, portOf } from './measure/place.ts';
import { slowdown } from './measure/slowdown.ts';
import { syncs } from './measure/syncs.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PROGRAM = path.join(ROOT, 'dist/puptime.js');
const TSX = path.join(ROOT, 'node_modules/.bin/tsx');
const ROUNDS = Number(process.argv[2] ?? 5);
const QUIET = { services: 10_000, limit_ms: 500 };
const LATENCY = { rounds: 6 * ROUNDS, limit_ms: 50 };
const BURST = { transitions: 500 };
const CALLS = { transitions: 1000 };

const execute = promisify(execFile);
const folder = await mkdtemp(path.join(tmpdir(), 'puptime-bench-'));
const env = { PATH: process.env.PATH, HOME: folder, XDG_CACHE_HOME: folder, LANG: 'C.UTF-8' };
/** Of a state directory, relative to what is around it. */
const DIRECTORIES = ['', 'state', 'state/queue'];
let kept = true;

try {
  process.stdout.write(`medians of ${ROUNDS} rounds, node ${process.version}\n`);
  await quietRun();
  await syncsOfQuietRun();
  await resultToHook();
  await burst();
  await hooksPerSecond();
} finally {
  await rm(folder, { recursive: true });
}
process.exitCode = kept ? 0 : 1;

/** Memory and spool of a run over many services of which none has changed. */
async function quietRun(): Promise<void> {
  const dir = path.join(folder, 'quiet');
  await place(dir, {});
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const probe = ['probe', '--json', `tcp://127.0.0.1:${portOf(server)}`];
  const { stdout: line } = await execute(process.execPath, [PROGRAM, ...probe], { env });
  server.close();
  const worker = path.join(import.meta.dirname, 'measure/quiet-run.ts');
  const work = async (mode: string): Promise<string> =>
    (await execute(TSX, [worker, mode, dir, String(QUIET.services), line], { env })).stdout;
  await work('fill');
  const rounds: { readonly [step: string]: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(JSON.parse(await work('measure')));
  const limit_ms = QUIET.limit_ms * (await slowdown(env)).processor;
  const step = (name: string) => median(rounds.map((times) => times[name] ?? Number.NaN));
  const own = rounds.map(
    ({ load = 0, decided = 0, snapshot = 0, look = 0 }) => load + decided + snapshot + look,
  );
  const ratio = median(own.map((ms, round) => ms / (rounds[round]?.['plain'] ?? Number.NaN)));
  const steps = ['load', 'decided', 'snapshot', 'look'].map((name) => `${name} ${step(name).toFixed(0)}`);
  tell(
    `memory and spool, ${QUIET.services} services, nothing new: processor ${median(own).toFixed(0)} ms (${steps.join(', ')}), ` +
      `× ${ratio.toFixed(1)} of its ${(step('bytes') / 2 ** 20).toFixed(1)} MiB plainly read and written`,
    limit(median(own), limit_ms),
  );
}

/** The same with the program itself: which files it syncs. */
async function syncsOfQuietRun(): Promise<void> {
  const dir = path.join(folder, 'syncs');
  const peers = spawn(process.execPath, [path.join(import.meta.dirname, 'measure/peers.js')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [ports] = (await once(createInterface(peers.stdout), 'line')) as [string];
    const target = `tcp://127.0.0.1:${ports.split(' ')[1] ?? ''}`;
    const config = await place(dir, { services: named(QUIET.services, target) });
    const run = ['run', '-c', config, '--state', `${dir}/state`];
    await execute(process.execPath, [PROGRAM, ...run], { env });
    const synced = await syncs(dir, [process.execPath, PROGRAM, ...run], env);
    const files = synced.filter((name) => DIRECTORIES.every((directory) => name !== directory));
    tell(
      `a run over ${QUIET.services} services, nothing new, syncs ${files.length} file (${files.join(', ')}) and ${synced.length - files.length} directories`,
      files.length <= 1 ? null : 'limit 1 file',
    );
  } finally {
    peers.kill();
  }
}

/** From the end of a probe to the first thing that its hook does. */
async function resultToHook(): Promise<void> {
  const dir = path.join(folder, 'latency');
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  const log = path.join(dir, 'log');
  const hook = `#!/bin/bash\nnow=$EPOCHREALTIME\necho "$now $(cat "$1")" >> ${log}\n`;
  const config = await place(
    dir,
    { services: named(1, `tcp://127.0.0.1:${port}`) },
    { on_down: hook, on_up: hook },
  );
  const floor: number[] = [];
  for (let round = 0; round < LATENCY.rounds; round += 1) {
    // Down for the first time, up again, and anew: more often would be flapping.
    if (round % 2 === 0) await rm(`${dir}/state`, { recursive: true, force: true });
    if (server.listening) server.close();
    else await once(server.listen(port, '127.0.0.1'), 'listening');
    await execute(process.execPath, [PROGRAM, 'run', '-c', config, '--state', `${dir}/state`], { env });
    const began = performance.timeOrigin + performance.now();
    const { stdout } = await execute('/bin/bash', ['-c', 'echo $EPOCHREALTIME'], { env });
    floor.push(Number(stdout) * 1000 - began);
  }
  server.close();
  const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
  const times = lines.map((line) => {
    const [at = '', json = ''] = line.split(/ (.*)/s);
    const { time, duration_ms } = JSON.parse(json) as { readonly time: string; readonly duration_ms: number };
    return Number(at) * 1000 - (Date.parse(time) + duration_ms);
  });
  if (times.length !== LATENCY.rounds)
    throw new Error(`${times.length} hooks ran, expected ${LATENCY.rounds}`);
  const ratio = (median(times) / median(floor)).toFixed(1);
  tell(
    `from a result to its hook: median ${median(times).toFixed(1)} ms, 95 % within ${late(times).toFixed(1)} ms; ` +
      `× ${ratio} of fork and exec alone (median ${median(floor).toFixed(1)} ms, 95 % within ${late(floor).toFixed(1)} ms)`,
    limit(late(times), LATENCY.limit_ms * (await slowdown(env)).wall),
  );
}

/** Many transitions at once: in groups, or one by one. */
async function burst(): Promise<void> {
  const worker = path.join(import.meta.dirname, 'measure/burst.ts');
  const count = String(BURST.transitions);
  const rounds: { readonly grouped: number; readonly plain: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const dir = path.join(folder, `burst-${round}`);
    await place(dir, {}, { on_down: '#!/bin/sh\n' });
    rounds.push(JSON.parse((await execute(TSX, [worker, dir, count], { env })).stdout));
  }
  const dir = path.join(folder, 'burst-counted');
  await place(dir, {}, { on_down: '#!/bin/sh\n' });
  const synced = await syncs(dir, [TSX, worker, dir, count], env);
  const directories = synced.filter((name) => name === 'state/queue').length;
  const grouped = median(rounds.map((round) => round.grouped));
  const ratio = median(rounds.map((round) => round.grouped / round.plain));
  tell(
    `${count} transitions at once: ${grouped.toFixed(0)} ms, ${directories} syncs of the queue; × ${ratio.toFixed(2)} of as many files with a sync each`,
    directories <= BURST.transitions / 10 ? null : 'they are not committed in groups',
  );
}

/** Two hooks for each of many transitions, through `puptime deliver`. */
async function hooksPerSecond(): Promise<void> {
  const dir = path.join(folder, 'calls');
  const { transitions } = CALLS;
  // Nothing listens on the discard port of a machine that is measured.
  const config = await place(dir, { services: named(transitions, 'tcp://127.0.0.1:9') });
  await mkdir(`${dir}/hooks/on_down.d`);
  for (const name of ['one', 'two']) await symlink('/bin/true', `${dir}/hooks/on_down.d/${name}`);
  const argv = (...words: string[]) => [PROGRAM, ...words, '-c', config, '--state', `${dir}/state`];
  await execute(process.execPath, argv('run', '--no-deliver'), { env });
  const hooks = 2 * (await readdir(`${dir}/state/queue`)).length;
  const began = performance.now();
  const processor_ms = await processorTime([process.execPath, ...argv('deliver')], env);
  const took_s = (performance.now() - began) / 1000;
  const journal = await readFile(`${dir}/state/deliveries.ndjson`, 'utf8');
  const delivered = journal.split('"k":"done"').length - 1;
  if (delivered !== hooks || hooks !== 2 * transitions) throw new Error(`${delivered} of ${hooks} hooks ran`);
  const bare = `for ((i = 0; i < ${hooks}; i++)); do /bin/true; done`;
  const then = performance.now();
  await execute('/bin/bash', ['-c', bare], { env });
  const bare_s = (performance.now() - then) / 1000;
  tell(
    `${hooks} hooks for ${transitions} transitions: ${(hooks / took_s).toFixed(0)} a second, processor ${(processor_ms / hooks).toFixed(2)} ms each; ` +
      `× ${(took_s / bare_s).toFixed(1)} of a shell's loop (${(hooks / bare_s).toFixed(0)} a second)`,
    null,
  );
}

/** What 95 % are not above. */
function late(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? Number.NaN;
}

/** What is failed; null: nothing is. */
function limit(seen_ms: number, limit_ms: number): string | null {
  return seen_ms <= limit_ms ? null : `limit ${limit_ms.toFixed(0)} ms`;
}

/** `failed`: the limit that is passed; null: none is. */
function tell(text: string, failed: string | null): void {
  process.stdout.write(`${text}${failed === null ? '' : `  FAILED: ${failed}`}\n`);
  kept &&= failed === null;
}
