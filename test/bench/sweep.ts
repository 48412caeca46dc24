// What a sweep costs: processor time for each probe, everything included, as a ratio to `curl --parallel` for as many
// URLs; peak memory; and how long the silent ones keep it. Other work on the machine disturbs all of it: trust ratios.
//   tsx test/bench/sweep.ts [ROUNDS]     exit 1: a service that is well was called anything else
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { median, processorTime } from './measure/processor-time.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../dist/puptime.js');
const ROUNDS = Number(process.argv[2] ?? 3);
const HTTP = 2000;
const BANNERS = 10_000;
const MIX = { well: 1000, silent: 50, timeout_s: 2 };

const execute = promisify(execFile);
const folder = await mkdtemp(path.join(tmpdir(), 'puptime-bench-'));
const memoryFile = path.join(folder, 'memory');
const spy = path.join(folder, 'spy.cjs');
const env = { PATH: process.env.PATH, HOME: folder, XDG_CACHE_HOME: folder, LANG: 'C.UTF-8' };

const peers = spawn(process.execPath, [path.join(import.meta.dirname, 'measure/peers.js')], {
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const [ports] = (await once(createInterface(peers.stdout), 'line')) as [string];
  const [http = 0, banner = 0, silent = 0] = ports.split(' ').map(Number);
  await writeFile(
    spy,
    `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(memoryFile)}, String(process.resourceUsage().maxRSS)));`,
  );
  await compareCosts(http, banner);
  process.exitCode = (await sweepWithSilent(http, silent)) ? 0 : 1;
} finally {
  peers.kill();
  await rm(folder, { recursive: true });
}

async function compareCosts(http: number, banner: number): Promise<void> {
  const urls = Array.from({ length: HTTP }, (_, i) => `http://127.0.0.1:${http}/${i}`);
  const curlrc = path.join(folder, 'curlrc');
  await writeFile(curlrc, urls.map((url) => `url=${url}\noutput=/dev/null\n`).join(''));
  const web = await config('web.yaml', urls);
  const ports = await config(
    'banners.yaml',
    Array.from({ length: BANNERS }, () => `tcp://127.0.0.1:${banner}`),
  );
  const state = ['--state', path.join(folder, 'state')];
  const contenders = [
    { name: 'curl --parallel', argv: ['curl', '-s', '--parallel', '--parallel-max', '300', '-K', curlrc] },
    { name: 'probe http', argv: [process.execPath, PROGRAM, 'probe', '-q', '-c', web] },
    { name: 'run --no-state http', argv: [process.execPath, PROGRAM, 'run', '--no-state', '-c', web] },
    { name: 'run http', argv: [process.execPath, PROGRAM, 'run', '-c', web, ...state] },
    { name: 'probe tcp', argv: [process.execPath, PROGRAM, 'probe', '-q', '-c', ports], count: BANNERS },
    { name: 'run tcp', argv: [process.execPath, PROGRAM, 'run', '-c', ports, ...state], count: BANNERS },
  ];
  const costs: number[][] = contenders.map(() => []);
  const memory: string[] = [];
  // the first round fills the cache of checked configs and the memory
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const [i, { argv, count = HTTP }] of contenders.entries()) {
      await rm(memoryFile, { force: true });
      const ms = await processorTime(argv, { ...env, NODE_OPTIONS: `--require=${spy}` });
      if (round >= 0) costs[i]?.push((ms * 1000) / count);
      memory[i] = i === 0 ? '' : `${(Number(await readFile(memoryFile, 'utf8')) / 1024).toFixed(0)} MB`;
    }
  }
  process.stdout.write(
    `processor time for each probe, medians of ${ROUNDS} rounds, node ${process.version}\n`,
  );
  for (const [i, { name, count = HTTP }] of contenders.entries()) {
    const ratio = median((costs[i] ?? []).map((cost, round) => cost / (costs[0]?.[round] ?? Number.NaN)));
    const cost = `${median(costs[i] ?? []).toFixed(0)} µs`;
    process.stdout.write(
      `${name.padEnd(20)} ${String(count).padStart(6)}  ${cost.padStart(8)}  × ${ratio.toFixed(2)}  ${memory[i] ?? ''}\n`,
    );
  }
}

/** True when every service that is well was called up. */
async function sweepWithSilent(http: number, silent: number): Promise<boolean> {
  const { well, timeout_s } = MIX;
  const every = Math.floor(well / MIX.silent);
  const services = Array.from({ length: well }, (_, i) => [
    `  - {name: well-${i}, target: 'http://127.0.0.1:${http}/'}\n`,
    i % every === 0 ? `  - {name: silent-${i}, target: 'http://127.0.0.1:${silent}/'}\n` : '',
  ]);
  const file = path.join(folder, 'mix.yaml');
  await writeFile(file, `defaults: {timeout: ${timeout_s}s}\nservices:\n${services.flat().join('')}`);
  const argv = [PROGRAM, 'run', '--no-state', '--json', '-c', file];
  await execute(process.execPath, [PROGRAM, 'validate', '-c', file], { env });
  const began = performance.now();
  const { stdout } = await execute(process.execPath, argv, { env, maxBuffer: 2 ** 28 });
  const took_s = (performance.now() - began) / 1000;
  const lines = stdout.trim().split('\n');
  const results = lines.map((line) => JSON.parse(line) as { service: string; status: string });
  const isRight = ({ service, status }: (typeof results)[number]) =>
    status === (service.startsWith('well-') ? 'up' : 'down');
  const wrong = results
    .filter((result) => !isRight(result))
    .map(({ service, status }) => `${service} ${status}`);
  const all = results.length === well + MIX.silent;
  process.stdout.write(
    `${well} well and ${MIX.silent} silent, timeout ${timeout_s} s: ${took_s.toFixed(1)} s  × ${(took_s / timeout_s).toFixed(2)} of the timeout\n` +
      (all && wrong.length === 0 ? '' : `FAILED: ${results.length} results, wrong: ${wrong.join(', ')}\n`),
  );
  return all && wrong.length === 0;
}

async function config(name: string, targets: readonly string[]): Promise<string> {
  const file = path.join(folder, name);
  const services = targets.map((target, i) => `  - {name: service-${i}, target: '${target}'}\n`);
  await writeFile(file, `services:\n${services.join('')}`, { mode: 0o600 });
  return file;
}
