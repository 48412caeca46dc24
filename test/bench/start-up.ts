// What starting costs: `--version` and a `run` that finds nothing due, also after an edit, as ratios to bare `node -e 0`.
// Processor time (user + system) of interleaved rounds, for other work on the machine disturbs the clock more.
//   tsx test/bench/start-up.ts [ROUNDS]     exit 1: a limit is passed
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { median, processorTime } from './measure/processor-time.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../dist/puptime.js');
const ROUNDS = Number(process.argv[2] ?? 41);
const FEW = 10;
const MANY = 1000;

interface Contender {
  readonly name: string;
  readonly argv: readonly string[];
  /** × bare node; null for bare node itself */
  readonly limit: number | null;
  /** done before each measurement */
  readonly before?: () => Promise<void>;
}

const execute = promisify(execFile);
const folder = await mkdtemp(path.join(tmpdir(), 'puptime-bench-'));
// a home and a cache of its own, and nothing that would make node do more
const env = { PATH: process.env.PATH, HOME: folder, XDG_CACHE_HOME: folder, LANG: 'C.UTF-8' };

const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
await once(server, 'listening');
try {
  const few = await prepareRun(FEW);
  const many = await prepareRun(MANY);
  const edited = await prepareRun(MANY, 'edited');
  let edits = 0;
  const edit = async () => writeFile(edited.config, `${edited.text}# ${(edits += 1)}\n`);
  const contenders: readonly Contender[] = [
    { name: 'node -e 0', argv: [process.execPath, '-e', '0'], limit: null },
    { name: 'puptime --version', argv: [process.execPath, PROGRAM, '--version'], limit: 1.15 },
    { name: `puptime run, ${FEW} services, nothing due`, argv: few.argv, limit: 1.25 },
    { name: `puptime run, ${MANY} services, nothing due`, argv: many.argv, limit: 1.6 },
    { name: `the same, first start after an edit`, argv: edited.argv, limit: 6, before: edit },
  ];
  process.exitCode = tell(contenders, await measure(contenders)) ? 0 : 1;
} finally {
  server.close();
  await rm(folder, { recursive: true });
}

/** Services that were probed once and so are not due for an hour; the caches are warm. */
async function prepareRun(
  count: number,
  name = String(count),
): Promise<{ readonly argv: readonly string[]; readonly config: string; readonly text: string }> {
  const { port } = server.address() as AddressInfo;
  const text = `defaults: {interval: 1h}\nservices:\n${servicesOf(count, port)}`;
  const config = path.join(folder, `${name}.yaml`);
  await writeFile(config, text, { mode: 0o600 });
  const argv = [
    process.execPath,
    PROGRAM,
    'run',
    '-c',
    config,
    '--state',
    path.join(folder, `state-${name}`),
  ];
  const results: number[] = [];
  for (let i = 0; i < 3; i += 1) results.push(await countResults([...argv, '--json']));
  if (results.join() !== `${count},0,0`) {
    throw new Error(
      `three runs gave ${results.join(', ')} results, expected ${count}, 0, 0: not what is to be measured`,
    );
  }
  return { argv, config, text };
}

/** Written as people do, a few lines for each. */
function servicesOf(count: number, port: number): string {
  return Array.from(
    { length: count },
    (_, i) =>
      `  - name: service-${i}\n    target: tcp://127.0.0.1:${port}\n    group: group-${i % 10}\n    tags: [web, eu-${i % 3}]\n` +
      `    description: the one with number ${i}\n    down_after: 2\n    slow: 800ms\n    vars: {contact: team-${i % 7}, severity: high}\n`,
  ).join('');
}

async function countResults([program = '', ...args]: readonly string[]): Promise<number> {
  const { stdout } = await execute(program, args, { env });
  return stdout.split('\n').filter((line) => line !== '').length;
}

/** For each contender its processor time in milliseconds, round by round. */
async function measure(contenders: readonly Contender[]): Promise<readonly number[][]> {
  const times: number[][] = contenders.map(() => []);
  for (let round = -2; round < ROUNDS; round += 1) {
    for (const [i, { argv, before }] of contenders.entries()) {
      await before?.();
      const time = await processorTime(argv, env);
      // the first two only warm up the file cache
      if (round >= 0) times[i]?.push(time);
    }
  }
  return times;
}

/** Prints a line for each; true when all are within their limits. */
function tell(contenders: readonly Contender[], times: readonly number[][]): boolean {
  const bare = times[0] ?? [];
  const lines = contenders.map(({ name, limit }, i) => {
    const own = times[i] ?? [];
    const ratio = median(own.map((time, round) => time / (bare[round] ?? Number.NaN)));
    const kept = limit === null || ratio <= limit;
    const verdict = limit === null ? '' : `  limit ${limit.toFixed(2)}  ${kept ? 'ok' : 'FAILED'}`;
    return {
      kept,
      text: `${name.padEnd(42)} ${median(own).toFixed(1).padStart(7)} ms  × ${ratio.toFixed(2)}${verdict}`,
    };
  });
  process.stdout.write(`processor time, medians of ${ROUNDS} rounds, node ${process.version}\n`);
  for (const { text } of lines) process.stdout.write(`${text}\n`);
  return lines.every(({ kept }) => kept);
}
