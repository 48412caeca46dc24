import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { jsonLines, readLines } from '../cmd/program.ts';
import { beginStory, type Story } from './teller.ts';

let story: Story;
beforeEach(async () => void (story = await beginStory()));
afterEach(() => story.end());

test('a hook that is added during an outage gets no on_down, but the on_up', async () => {
  const { given, web, minute, place } = story;
  given({ services: [web('shop')] });
  expect(await minute({ shop: 'down' })).toEqual(['down shop']);
  for (const kind of ['down', 'up']) place.hook(`on_${kind}.d/sms`, 'echo "$PUPTIME_EVENT" >> ../sms');
  expect(await minute()).toEqual([]);
  expect(await minute({ shop: 'up' })).toEqual(['up shop']);
  expect(readFileSync(path.join(place.dir, 'sms'), 'utf8')).toBe('up\n');
});

test('a hook that fails through the outage and works after it gets both, in order, under their ids', async () => {
  const { given, web, set, place, minute } = story;
  const note = 'echo "$PUPTIME_EVENT $PUPTIME_EVENT_ID $PUPTIME_ATTEMPT" >> ../tried; test -e ../works';
  for (const kind of ['down', 'up']) place.hook(`on_${kind}`, note);
  given({ services: [web('shop')] });
  const tried = () => readFileSync(path.join(place.dir, 'tried'), 'utf8').trim().split('\n');
  const run = () => place.run(['run']);
  set('shop', 'down');
  expect((await run()).code).toBe(1);
  set('shop', 'up');
  // on_up waits for its on_down, which waits for its time
  expect((await run()).code).toBe(0);
  place.hook('../works', ':');
  story.pass(10);
  expect(await minute()).toEqual([]);
  const [first, second, third, ...more] = tried().map((line) => line.split(' '));
  expect(more).toEqual([]);
  expect([first?.[0], second?.[0], third?.[0]]).toEqual(['down', 'down', 'up']);
  expect([second?.[1], second?.[2]]).toEqual([first?.[1], '2']);
});

test('500 services go down, and become one message', async () => {
  const { given, web, set, minute, place } = story;
  const names = Array.from({ length: 500 }, (_, index) => `shop-${String(index)}`);
  // a directory of its own: no other hook is there
  place.hook('../digest/on_run', 'cp "$(jq -r .results_file "$1")" ../results; cat "$1" > ../run.json');
  given({ hooks: { dir: './digest' }, services: names.map((name) => web(name, { timeout: '30s' })) });
  for (const name of names.slice(1)) set(name, 'down');
  await minute();
  const [header, ...rest] = readLines(path.join(place.dir, 'results'));
  const footer = rest.pop();
  expect(header).toMatchObject({ schema: 'puptime.run.v1', line: 'header' });
  expect(footer).toMatchObject({ line: 'footer', run: header.run, counts: { down: 499, up: 1 } });
  const digest = rest.filter(({ event }) => event === 'down').map(({ service }) => service);
  expect(digest.sort()).toEqual(names.slice(1).sort());
  const [told] = jsonLines(readFileSync(path.join(place.dir, 'run.json'), 'utf8'));
  expect(told).toMatchObject({ event: 'run', status: 'down' });
});
