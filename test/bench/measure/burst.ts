// COUNT transitions at once, committed to a queue below DIR; and the same files written with one fsync each. Wall time
// in ms of both, as JSON. DIR holds hooks/on_down.
//   tsx burst.ts DIR COUNT
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync, writeSync } from 'node:fs';
import { openOutbox, type Place, transition } from '../../deliver/fixture.ts';

const [dir = '', count = '0'] = process.argv.slice(2);
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
const { outbox } = openOutbox(place, { mode: 'store' });
const decisions = Array.from({ length: Number(count) }, (_, i) => transition(`service-${i}`, 'down'));

const began = performance.now();
const committed = await Promise.all(decisions.map((decided) => outbox.commit(decided)));
const grouped = performance.now() - began;
if (committed.some(({ durable }) => !durable)) throw new Error(place.reports.join('\n'));

const queue = `${dir}/state/queue`;
const texts = readdirSync(queue).map((name) => ({ name, bytes: readFileSync(`${queue}/${name}`) }));
mkdirSync(`${dir}/plain`);
const then = performance.now();
for (const { name, bytes } of texts) {
  const fd = openSync(`${dir}/plain/${name}`, 'wx');
  writeSync(fd, bytes);
  fsyncSync(fd);
  closeSync(fd);
}
const plain = performance.now() - then;
process.stdout.write(`${JSON.stringify({ grouped, plain, files: texts.length })}\n`);
