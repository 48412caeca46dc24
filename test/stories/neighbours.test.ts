import { afterEach, describe, expect, test } from 'vitest';
import { beginStory, type Story, WAYS } from './teller.ts';

let story: Story;
afterEach(() => story.end());

describe.each(WAYS)('the router dies, told by %s', (way) => {
  test('its children are held, and those that stay down are told of when it is back', async () => {
    story = await beginStory(way);
    const { given, web, minute, event, minuteOf } = story;
    given({
      services: [
        web('shop', { depends_on: 'router' }),
        web('mail', { depends_on: 'router' }),
        web('router'),
        web('elsewhere'),
      ],
    });
    expect(await minute()).toEqual([]);
    expect(await minute({ router: 'down', shop: 'down', mail: 'down' })).toEqual(['down router']);
    expect(await minute({ elsewhere: 'down' })).toEqual(['down elsewhere']);
    const back = { router: 'up', mail: 'up' } as const;
    expect(await minute(back)).toEqual(['up router', 'down shop (dependency: router)']);
    expect(minuteOf(event('down', 'shop').since)).toBe(1);
    expect(minuteOf(event('down', 'shop').incident.started)).toBe(1);
    expect(await minute({ shop: 'up' })).toEqual(['up shop']);
  });
});

describe.each(WAYS)('the line is cut, told by %s', (way) => {
  test('one on_isolated and nothing else; what began before stays announced, and its recovery comes', async () => {
    story = await beginStory(way);
    const { given, web, minute, place } = story;
    given({
      canaries: [web('provider'), web('exchange')],
      services: [web('shop'), web('mail'), web('old')],
    });
    expect(await minute()).toEqual([]);
    expect(await minute({ old: 'down' })).toEqual(['down old']);
    const cut = { provider: 'down', exchange: 'down', shop: 'down', mail: 'down' } as const;
    expect(await minute(cut)).toEqual(['isolated puptime (started)']);
    expect(await minute()).toEqual([]);
    expect(place.memory()).toMatchObject({ old: { status: 'down' }, shop: { status: 'up' } });
    const over = { exchange: 'up', shop: 'up', old: 'up' } as const;
    expect(await minute(over)).toEqual(['down mail', 'up old', 'isolated puptime (stopped)']);
    expect(await minute({ mail: 'up' })).toEqual(['up mail']);
  });
});

describe('parents', () => {
  test('one of two lines is enough, and with both down the site behind them is held', async () => {
    story = await beginStory();
    const { given, web, minute } = story;
    given({
      services: [web('line/a'), web('line/b'), web('site', { depends_on: { any: ['line'] } })],
    });
    expect(await minute({ 'line/a': 'down' })).toEqual(['down line/a']);
    expect(await minute({ site: 'down' })).toEqual(['down site']);
    expect(await minute({ site: 'up' })).toEqual(['up site']);
    expect(await minute({ 'line/b': 'down', site: 'down' })).toEqual(['down line/b']);
    const back = ['up line/a', 'down site (dependency: line/a, line/b)'];
    expect(await minute({ 'line/a': 'up' })).toEqual(back);
  });

  test('a router that only fails, and is not confirmed down, holds its children too', async () => {
    story = await beginStory();
    const { given, web, minute } = story;
    given({ services: [web('router', { down_after: 3 }), web('shop', { depends_on: 'router' })] });
    await minute();
    expect(await minute({ router: 'down', shop: 'down' })).toEqual([]);
    // both come back before anybody need know
    expect(await minute({ router: 'up', shop: 'up' })).toEqual([]);
    expect(await minute({ router: 'down', shop: 'down' })).toEqual([]);
    expect(await minute({ router: 'up' })).toEqual(['down shop (dependency: router)']);
  });

  test('a router that is not probed in this run counts by memory', async () => {
    story = await beginStory();
    const { given, web, minute, hits } = story;
    given({ services: [web('router', { interval: '5m' }), web('shop', { depends_on: 'router' })] });
    expect(await minute({ router: 'down' })).toEqual(['down router']);
    expect(await minute({ router: 'up', shop: 'down' })).toEqual([]);
    expect(hits('router')).toBe(1);
    story.pass(3);
    expect(await minute()).toEqual(['up router', 'down shop (dependency: router)']);
  });

  test('a chain: router, switch, server; only the first of them is told of', async () => {
    story = await beginStory();
    const { given, web, minute } = story;
    given({
      services: [
        web('server', { depends_on: 'switch' }),
        web('switch', { depends_on: 'router' }),
        web('router'),
      ],
    });
    await minute();
    expect(await minute({ server: 'down', switch: 'down', router: 'down' })).toEqual(['down router']);
    expect(await minute({ router: 'up' })).toEqual(['up router', 'down switch (dependency: router)']);
    const last = ['down server (dependency: switch)', 'up switch'];
    expect(await minute({ switch: 'up' })).toEqual(last);
  });

  test('an announced child recovers while its router is down: that is told at once', async () => {
    story = await beginStory();
    const { given, web, minute } = story;
    given({ services: [web('router'), web('shop', { depends_on: 'router' })] });
    expect(await minute({ shop: 'down' })).toEqual(['down shop']);
    expect(await minute({ router: 'down' })).toEqual(['down router']);
    expect(await minute({ shop: 'up' })).toEqual(['up shop']);
  });
});
