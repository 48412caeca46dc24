// Run in a network namespace of its own: `tsx sweep-in-namespace.ts '[["ping://192.0.2.1", {…entry}], …]'` sweeps these
// targets and prints one result on each line.
import { sweep } from '../../../../lib/probe/sweep.ts';
import { ping } from '../../../../lib/probe/probers/ping.ts';
import { resultOf } from '../../../../lib/probe/result-of.ts';
import { createResolver } from '../../../../lib/probe/wire/resolver.ts';
import { type Entry, jobFor } from '../../../contract/probe-target.ts';

const targets = JSON.parse(process.argv[2] ?? '[]') as [string, Entry][];
const world = {
  env: process.env,
  now: () => Date.now(),
  monotonic: () => performance.now(),
  signal: new AbortController().signal,
  resolver: createResolver(),
  report: () => undefined,
};
await sweep(
  targets.map(([target, entry]) => jobFor(ping, target, entry)),
  world,
  {
    concurrency: null,
    per_host: null,
    onResult: (job, probed) =>
      process.stdout.write(
        `${JSON.stringify(resultOf(job, probed, { id: 'r', host: 'h', config: null }))}\n`,
      ),
  },
);
