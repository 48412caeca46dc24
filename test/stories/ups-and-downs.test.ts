import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { beginStory, type Story, WAYS } from './teller.ts';

let story: Story;
beforeEach(async () => void (story = await beginStory()));
afterEach(() => story.end());

describe('the first result', () => {
  test('is down: both are told', async () => {
    const { given, web, minute, record } = story;
    record('first');
    given({ services: [web('shop')] });
    expect(await minute({ shop: 'down' })).toEqual(['first shop', 'down shop']);
  });

  test('is unknown, as the tool is not installed yet: the first is the one after it', async () => {
    const { given, tool, minute, record } = story;
    record('first');
    given({ services: [tool('raid')] });
    expect(await minute({ raid: 'unknown' })).toEqual(['unknown raid']);
    expect(await minute()).toEqual([]);
    expect(await minute({ raid: 'up' })).toEqual(['first raid']);
  });
});

test('unknown between down and up: one on_up, of the same incident', async () => {
  const { given, tool, minute, event } = story;
  given({ services: [tool('raid')] });
  await minute();
  expect(await minute({ raid: 'down' })).toEqual(['down raid']);
  expect(await minute({ raid: 'unknown' })).toEqual(['unknown raid']);
  expect(await minute({ raid: 'up' })).toEqual(['up raid']);
  expect(event('up', 'raid').incident.id).toBe(event('down', 'raid').incident.id);
});

test('three of the last five', async () => {
  const { given, web, minute, event, minuteOf } = story;
  given({ services: [web('shop', { down_after: '3/5' })] });
  await minute();
  expect(await minute({ shop: 'down' })).toEqual([]);
  expect(await minute({ shop: 'up' })).toEqual([]);
  expect(await minute({ shop: 'down' })).toEqual([]);
  expect(await minute()).toEqual(['down shop']);
  expect(minuteOf(event('down', 'shop').incident.started)).toBe(1);
});

describe('a flapping link', () => {
  // begins with four changes, and is over sooner than by default
  const flapping = { high: 24, low: 23.9 };
  const upAndDown = async ({ given, web, minute, record }: Story) => {
    record('flapping');
    given({ services: [web('link', { flapping })] });
    await minute();
    expect(await minute({ link: 'down' })).toEqual(['down link']);
    expect(await minute({ link: 'up' })).toEqual(['up link']);
    expect(await minute({ link: 'down' })).toEqual(['down link']);
    expect(await minute({ link: 'up' })).toEqual(['up link', 'flapping link (started)']);
  };

  test('ends up: nothing is owed', async () => {
    await upAndDown(story);
    expect(await story.minute()).toEqual(['flapping link (stopped)']);
  });

  test('ends down: on_down is paid', async () => {
    await upAndDown(story);
    expect((await story.minutes(10, { link: 'down' })).flat()).toEqual([]);
    expect(await story.minute()).toEqual(['flapping link (stopped)', 'down link (flapping)']);
    // one change more, and it flaps again; its recovery is told all the same
    expect(await story.minute({ link: 'up' })).toEqual(['up link', 'flapping link (started)']);
  });
});

describe.each(WAYS)('slow, told by %s', (way) => {
  test('slow, then down, then slow, then well', async () => {
    story.end();
    story = await beginStory(way);
    const { given, web, minute } = story;
    given({ services: [web('shop', { slow: '600ms', slow_window: 1 })] });
    await minute();
    expect(await minute({ shop: 'slow' })).toEqual(['slow shop']);
    expect(await minute({ shop: 'down' })).toEqual(['down shop']);
    expect(await minute({ shop: 'slow' })).toEqual(['up shop']);
    expect(await minute({ shop: 'up' })).toEqual(['restore shop']);
  });
});

test('slow in one phase is told with its name', async () => {
  const { given, web, minute, event } = story;
  const slow = { total: '10s', transfer: '600ms' };
  given({ services: [web('shop', { slow, slow_window: 1 })] });
  await minute();
  expect(await minute({ shop: 'slow' })).toEqual([]);
  expect(await minute({ shop: 'slow body' })).toEqual(['slow shop']);
  expect(event('slow', 'shop').reason.text).toContain('transfer');
  expect(await minute({ shop: 'up' })).toEqual(['restore shop']);
});

describe.each(WAYS)('a page, told by %s', (way) => {
  test('changes, is gone, and comes back changed', async () => {
    story.end();
    story = await beginStory(way);
    const { given, web, minute, event } = story;
    given({ services: [web('imprint', { watch: 'body' })] });
    await minute({ imprint: { says: 'Ann' } });
    expect(await minute({ imprint: { says: 'Bob' } })).toEqual(['change imprint']);
    expect(await minute({ imprint: 'down' })).toEqual(['down imprint']);
    expect(await minute({ imprint: { says: 'Cleo' } })).toEqual(['up imprint', 'change imprint']);
    expect(event('change', 'imprint').change).toMatchObject({ before: 'Bob', after: 'Cleo' });
  });
});
