import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { beginStory, type Story } from './teller.ts';

let story: Story;
beforeEach(async () => void (story = await beginStory()));
afterEach(() => story.end());

describe('the list changes during an outage', () => {
  test('renamed: the old name gets its on_up, the new one is down under its own', async () => {
    const { given, web, minute } = story;
    given({ services: [web('shop')] });
    expect(await minute({ shop: 'down', store: 'down' })).toEqual(['down shop']);
    given({ services: [web('store')] });
    expect(await minute()).toEqual(['up shop (removed)', 'down store']);
    expect(await minute({ store: 'up' })).toEqual(['up store']);
  });

  test('disabled, and enabled again while it is still down', async () => {
    const { given, web, minute } = story;
    given({ services: [web('shop')] });
    expect(await minute({ shop: 'down' })).toEqual(['down shop']);
    given({ services: [web('shop', { enabled: false })] });
    expect(await minute()).toEqual(['up shop (disabled)']);
    expect(await minute()).toEqual([]);
    given({ services: [web('shop')] });
    expect(await minute()).toEqual(['down shop']);
  });

  test('another target: the same outage, ended by the first good result of the new one', async () => {
    const { given, web, minute, event } = story;
    given({ services: [web('shop')] });
    expect(await minute({ shop: 'down' })).toEqual(['down shop']);
    given({ services: [{ ...web('new-host'), name: 'shop' }] });
    expect(await minute()).toEqual(['up shop']);
    expect(event('up', 'shop').incident.id).toBe(event('down', 'shop').incident.id);
    expect(event('up', 'shop').target).toMatch(/new-host$/);
  });

  test('the config is broken for an hour: 78 each time, and nothing is forgotten', async () => {
    const { given, web, minute, place } = story;
    given({ services: [web('shop'), web('mail')] });
    expect(await minute({ shop: 'down' })).toEqual(['down shop']);
    appendFileSync(path.join(place.dir, 'puptime.yaml'), ' nonsense');
    story.pass(59);
    const broken = await place.run(['run']);
    expect(broken.code).toBe(78);
    expect(broken.stderr).toContain('puptime.yaml:1:');
    given({ services: [web('shop'), web('mail')] });
    expect(await minute({ shop: 'up', mail: 'down' })).toEqual(['down mail', 'up shop']);
  });

  test('run_if says no, and nothing is known of it meanwhile', async () => {
    const { given, web, minute, place, hits } = story;
    const leader = path.join(place.dir, 'leader');
    given({ services: [web('address', { run_if: ['test', '-e', leader] })] });
    writeFileSync(leader, '');
    expect(await minute({ address: 'down' })).toEqual(['down address']);
    rmSync(leader);
    expect(await minute({ address: 'up' })).toEqual([]);
    expect(hits('address')).toBe(1);
    writeFileSync(leader, '');
    expect(await minute()).toEqual(['up address']);
  });
});

describe('time does not pass as it should', () => {
  test('the clock is set back an hour and forward a day', async () => {
    const { given, web, minute, event } = story;
    given({ services: [web('shop', { interval: '1m' })] });
    await minute();
    expect(await minute({ shop: 'down' })).toEqual(['down shop']);
    story.pass(-60);
    expect(await minute({ shop: 'up' })).toEqual(['up shop']);
    expect(event('up', 'shop').incident.duration_s).toBeGreaterThanOrEqual(0);
    story.pass(24 * 60);
    expect(await minute({ shop: 'down' })).toEqual(['down shop']);
    story.pass(-24 * 60);
    expect(await minute({ shop: 'up' })).toEqual(['up shop']);
    expect(await minute({ shop: 'down' })).toEqual(['down shop']);
  });

  test('the monitor’s host was off for a day: noticed once, not made up for', async () => {
    const { given, web, minute, event, hits } = story;
    const day = 24 * 60;
    given({ services: [web('shop', { interval: '1m', remind: '10m' })] });
    expect(await minute({ shop: 'down' })).toEqual(['down shop']);
    story.pass(day);
    expect(await minute()).toEqual(['reminder shop']);
    expect(Math.round(event('reminder', 'shop').gap_ms / 60_000)).toBe(day);
    expect(await minute({ shop: 'up' })).toEqual(['up shop']);
    expect(event('up', 'shop').gap_ms).toBeNull();
    expect(event('up', 'shop').incident.duration_s / 60).toBeCloseTo(day + 2, 0);
    expect(hits('shop')).toBe(3);
  });
});
