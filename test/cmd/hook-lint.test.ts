import { chmodSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Place, createPlace, jsonLines } from './program.ts';

let place: Place;
beforeEach(() => {
  place = createPlace('hook-lint');
  place.hook('on_down');
  place.config({ services: [{ name: 'a', target: 'tcp://127.0.0.1:1', hooks: { on_up: ['./own'] } }] });
  writeFileSync(`${place.dir}/own`, '#!/bin/sh\n', { mode: 0o755 });
});
afterEach(() => place.remove());

const lint = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await place.run(['hook', 'lint', ...args]);
  expect(stderr).toBe('');
  return `${String(code)} ${stdout}`;
};

test('0 when nothing is wrong, names that are passed over included', async () => {
  expect(await lint()).toBe('0 2 hooks, no problems\n');
  place.hook('on_down.d/x.disabled');
  expect(await lint()).toBe(
    `0 ${place.hooks}/on_down.d/x.disabled: is no hook: files with such a name are passed over\n2 hooks, no problems\n`,
  );
  expect(await lint('-q')).toBe('0 ');
});

test('1 for what cannot work or never runs, 77 for what is refused; validate says the same of these', async () => {
  writeFileSync(`${place.dir}/own`, '#!/usr/bin/env no-such-42\n');
  place.hook('on-up');
  const found = await lint();
  expect(found).toMatch(
    /^1 \/.*\/hooks\/on-up: is no hook by its name \(did you mean on_up\?\)\n\/.*\/own: is to be run by no-such-42/,
  );
  const validated = await place.run(['validate']);
  expect([validated.code, validated.stdout]).toEqual([77, found.slice(2)]);
  chmodSync(`${place.hooks}/on_down`, 0o666);
  expect(await lint()).toMatch(/^77 .*\/hooks\/on_down: is writable by everybody/s);
  const lines = jsonLines((await place.run(['hook', 'lint', '--json'])).stdout);
  expect(lines.map(({ severity }) => severity)).toEqual(['unused', 'refused', 'broken']);
});

test('what is doubtful is no reason for validate to fail', async () => {
  place.hook('on_down', 'exit 0');
  writeFileSync(`${place.hooks}/on_down`, '#!/bin/sh -e -u\nexit 0\n');
  expect(await lint()).toMatch(/^1 \/.*on_down: gives "-e -u" to /);
  const { code, stdout } = await place.run(['validate']);
  expect([code, stdout]).toEqual([0, expect.stringContaining('gives "-e -u" to ')]);
});

test('files and directories need no config', async () => {
  await place.shell(
    'rm puptime.yaml; mkdir new; cp own new/on_slow; echo "#!bad" > new/on_up; chmod +x new/*',
  );
  expect(await lint('own')).toBe('0 1 hook, no problems\n');
  expect(await lint('new')).toMatch(/^1 \/.*\/new\/on_up: is to be run by bad/);
  expect(await lint('--hooks', 'new')).toMatch(/^1 \/.*\/new\/on_up/);
  const missing = await place.run(['hook', 'lint', 'nowhere']);
  expect([missing.code, missing.stderr]).toEqual([66, expect.stringContaining('no such file')]);
  expect((await place.run(['hook', 'lint'])).code).toBe(66);
});
