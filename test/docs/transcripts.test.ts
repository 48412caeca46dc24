import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DELIVERY_STATES } from '../../lib/words/delivery.ts';
import { type Place, createPlace, jsonLines } from '../cmd/program.ts';
import { freePort } from '../servers/daemon.ts';
import { blocksOf, readPages } from './blocks.ts';
import { unknownIn } from './command-words.ts';

const PAGES = readPages();
const HOOKS = PAGES.filter(({ file }) => file === 'docs/hooks.md');

interface Step {
  readonly command: string;
  readonly output: string;
}

/** Commands after `$ `, each with what it prints. */
function stepsIn(text: string): readonly Step[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [command = '', ...output] = step.split('\n');
      return { command, output: output.join('\n').trimEnd() };
    });
}

const steps = blocksOf('console', HOOKS).flatMap(({ text }) => stepsIn(text));

describe('what docs/hooks.md shows of a hook that fails', () => {
  let place: Place;
  let id: string;
  beforeAll(async () => {
    place = createPlace('transcripts');
    place.hook('on_down', 'echo "no route to the pager"; exit 7');
    place.hook('on_down.d/20-sms', 'exit 100');
    const target = `tcp://127.0.0.1:${String(await freePort())}`;
    place.config({ services: [{ name: 'shop', target, interval: '1h' }] });
    await place.run(['run']);
    [{ id }] = jsonLines((await place.run(['events', '--json'])).stdout) as [{ id: string }];
  });
  afterAll(() => place.remove());

  test('there is something to run', () => {
    expect(steps.length).toBeGreaterThan(8);
    expect(steps.flatMap(({ command }) => unknownIn(command))).toEqual([]);
  });

  test.each(steps)('$command', async ({ command, output }) => {
    if (command === 'vi hooks/on_down') {
      writeFileSync(`${place.hooks}/on_down`, '#!/bin/sh\ncp "$1" ../event.json\n');
      return;
    }
    const [written = ''] = /\b5f3a12[0-9a-f]{6,}/.exec(steps.map((step) => step.output).join('\n')) ?? [];
    const shown = (text: string) => text.replaceAll(/\b5f3a12[0-9a-f]*/g, (word) => id.slice(0, word.length));
    expect(written).not.toBe('');
    const { stdout } = await place.shell(`{ ${shown(command)}; } 2>&1`);
    expect(settled(stdout)).toBe(settled(shown(output)));
  });
});

/** Times and the widths that come of them are never the same twice. */
function settled(text: string): string {
  return text
    .replaceAll(/\b\d+(?:\.\d+)? m?s\b|\b(?:\d+m \d+s|\d+m)\b/g, 'T')
    .replaceAll(/ {2,}/g, '  ')
    .replaceAll(/ +$/gm, '')
    .trimEnd();
}

test('the table of states has the words of puptime events, and no other', () => {
  const [page] = HOOKS;
  const table = page!.text.slice(page!.text.indexOf('### The states of one event'));
  const words = [...table.matchAll(/^\| ([a-z]+) \|/gm)].map(([, word]) => word);
  expect(words.filter((word) => word !== 'state' && word !== 'decided').sort()).toEqual(
    [...DELIVERY_STATES].sort(),
  );
});
