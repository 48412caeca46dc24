// Memory and spool of a run over SERVICES services of which none has changed: processor time in ms of each step, as JSON.
// Beside it what reading and writing the same bytes costs. A process of its own, since a run is one, too.
//   tsx quiet-run.ts fill DIR SERVICES RESULT | measure DIR SERVICES RESULT     RESULT: a line of `puptime probe --json`
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { decide } from '../../../lib/decide/decide.ts';
import { readResult } from '../../../lib/decide/read-result.ts';
import { DEFAULT_POLICY } from '../../../lib/words/policy.ts';
import type { Result } from '../../../lib/words/result.ts';
import { type Opened, openOutbox, type Place } from '../../deliver/fixture.ts';

const [mode, dir = '', services = '0', line = ''] = process.argv.slice(2);
const place: Place = {
  dir,
  hooks: `${dir}/hooks`,
  log: '',
  reports: [],
  hook: () => '',
  removeHook: () => undefined,
  logged: () => [],
  remove: () => undefined,
};
const read = readResult(JSON.parse(line));
if (typeof read === 'string') throw new Error(read);
const results = Array.from({ length: Number(services) }, (_, i) => ({ ...read, service: `service-${i}` }));

if (mode === 'fill') {
  // As many as a record remembers, so that it has its full length.
  for (let run = 0; run < 25; run += 1) {
    const opened = openOutbox(place);
    await decideAll(opened, results);
    opened.outbox.snapshot();
    await opened.outbox.drain();
  }
} else {
  const watch = stopwatch();
  const opened = openOutbox(place);
  const load = watch();
  await decideAll(opened, results);
  const decided = watch();
  opened.outbox.snapshot();
  const snapshot = watch();
  await opened.outbox.drain();
  const look = watch();
  const bytes = plainly(`${dir}/state/memory.ndjson`);
  const plain = watch();
  process.stdout.write(`${JSON.stringify({ load, decided, snapshot, look, plain, bytes })}\n`);
}

async function decideAll({ outbox }: Opened, all: readonly Result[]): Promise<void> {
  const time = new Date().toISOString();
  const commits = all.map((result) => {
    const before = outbox.records().get(result.service) ?? null;
    const hooks = { replace: false, run: {} };
    return outbox.commit(
      decide({
        result: { ...result, time },
        before,
        policy: DEFAULT_POLICY,
        hooks,
        files: ['/etc/puptime.yaml'],
      }),
    );
  });
  await Promise.all(commits);
}

/** Bytes read and written. */
function plainly(file: string): number {
  const bytes = readFileSync(file);
  const fd = openSync(`${file}.plain`, 'w');
  writeSync(fd, bytes);
  fsyncSync(fd);
  closeSync(fd);
  renameSync(`${file}.plain`, file);
  return bytes.length;
}

/** Processor time in ms since the last look. */
function stopwatch(): () => number {
  let last = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(last);
    last = process.cpuUsage();
    return (user + system) / 1000;
  };
}
