import { openOutbox, transition, type Place } from './fixture.ts';

// A run in a process of its own, for tests that kill it: DIR, then what to commit, as in `cache:down`.
const [dir = '', ...what] = process.argv.slice(2);
const place: Pick<Place, 'dir' | 'hooks' | 'log' | 'reports'> = {
  dir,
  hooks: `${dir}/hooks`,
  log: `${dir}/log`,
  reports: [],
};
const { outbox } = openOutbox({
  ...place,
  hook: () => '',
  logged: () => [],
  removeHook: () => undefined,
  remove: () => undefined,
});
for (const [index, text] of what.entries()) {
  const [service = '', kind] = text.split(':');
  await outbox.commit(transition(service, kind === 'up' ? 'up' : 'down'));
  if (index === 0) process.stdout.write('committed\n');
}
outbox.snapshot();
const counts = await outbox.drain();
process.stdout.write(`${JSON.stringify(counts)}\n`);
