import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHookChecker, type HookChecker } from '../../lib/deliver/hook-problems.ts';
import { makePlace, type Place } from './fixture.ts';

let place: Place;
let checker: HookChecker;
beforeEach(() => {
  place = makePlace();
  checker = createHookChecker({ dir: place.hooks, uid: process.getuid?.() ?? 0 }, '/usr/bin:/bin');
});
afterEach(() => place.remove());

const inside = (path: string) => path.replaceAll(`${place.hooks}/`, '');
const all = (services: Parameters<HookChecker['all']>[0] = []) =>
  checker.all(services).map(({ path, severity, text }) => `${severity} ${inside(path)} ${inside(text)}`);
const file = (name: string, content: string, mode = 0o755) => {
  writeFileSync(`${place.hooks}/${name}`, content);
  chmodSync(`${place.hooks}/${name}`, mode);
};

test('hooks that are as they should be, beside things that are none', () => {
  for (const name of ['on_down', 'on_up.d/10-mail', 'on_up.d/20-sms']) place.hook(name, '');
  file('README.md', 'read me', 0o644);
  file('library.sh', 'x', 0o644);
  file('send-mail', '#!/bin/sh\n');
  mkdirSync(`${place.hooks}/more`);
  copyFileSync('/bin/true', `${place.hooks}/on_slow`);
  expect(all()).toEqual([]);
  expect(checker.count()).toBe(4);
});

test('what is refused, broken or never runs, with what to do', () => {
  for (const name of ['on_down', 'on_up', 'on_donw', 'on_first.d/x.bak']) place.hook(name, '');
  chmodSync(`${place.hooks}/on_down`, 0o644);
  chmodSync(`${place.hooks}/on_up`, 0o757);
  file('on_first.d/README', 'x', 0o644);
  file('on_slow', '#!/no/such/shell\n');
  file('on_change.d', '#!/bin/sh\n');
  file('on_degraded', '');
  symlinkSync('/no/where', `${place.hooks}/on_restore`);
  const found = all([{ hooks: { replace: false, run: { on_up: [`${place.hooks}/own`] } } }]);
  expect(found.sort()).toEqual([
    'broken on_degraded is empty, so that it cannot run: fill it, or remove it',
    'broken on_slow is to be run by /no/such/shell, which does not exist: install it, or name another one',
    'passed_over on_first.d/x.bak is no hook: files with such a name are passed over',
    'refused on_down is not executable: chmod +x it, or remove it',
    'refused on_up is writable by everybody (mode 0757): chmod o-w on_up',
    'refused own does not exist: it is named as a hook',
    'unused on_change.d is a file, expected a directory of hooks',
    'unused on_donw is no hook: there is no such event (did you mean on_down?)',
    'unused on_first.d/README is no hook: it is not executable: chmod +x it',
  ]);
});

test.each([
  ['on-down', 'is no hook by its name (did you mean on_down?)'],
  ['down.sh', 'is no hook by its name (did you mean on_down?)'],
  ['OnUp', 'is no hook by its name (did you mean on_up?)'],
  ['on_down.sh', 'is no hook: there is no such event (did you mean on_down?)'],
  ['on_nothing_like_it', 'is no hook: there is no such event'],
])('%s never runs', (name, words) => {
  place.hook(name, '');
  expect(all()).toEqual([`unused ${name} ${words}`]);
});

test('numbers that do not sort as they are meant', () => {
  for (const name of ['9-first', '10-second', '11-third', 'zz']) place.hook(`on_down.d/${name}`, '');
  expect(all()).toEqual([
    'doubtful on_down.d/9-first runs after 11-third, for names are compared letter by letter: write both numbers with as many digits',
  ]);
});

test('set-user-ID, another machine, an interpreter that others may change', () => {
  place.hook('on_down', '');
  chmodSync(`${place.hooks}/on_down`, 0o4755);
  copyFileSync('/bin/true', `${place.hooks}/on_up`);
  chmodSync(`${place.hooks}/on_up`, 0o4755);
  file('shell', '#!/bin/sh\n', 0o777);
  file('on_slow', `#!${place.hooks}/shell\n`);
  const elf = Buffer.alloc(64);
  elf.write('\u007fELF', 'latin1');
  elf[5] = 1;
  elf.writeUInt16LE(8, 18); // MIPS
  writeFileSync(`${place.hooks}/on_first`, elf, { mode: 0o755 });
  const found = all();
  expect(found).toHaveLength(4);
  expect(found).toEqual(
    expect.arrayContaining([
      expect.stringMatching(
        /^doubtful on_down is set-user-ID or set-group-ID, which Linux ignores for scripts/,
      ),
      expect.stringMatching(/^doubtful on_up has the rights of user \d+ whoever starts it \(mode 04755\)/),
      expect.stringMatching(
        /^doubtful on_slow is run by something that others may change: shell is writable/,
      ),
      expect.stringMatching(/^broken on_first is a program for another machine \(ELF 8\)/),
    ]),
  );
});

test('one file, one NAME.d, or another hooks directory', () => {
  const at = (name: string) => checker.at(`${place.hooks}${name}`).map(({ path }) => inside(path));
  place.hook('anything', '');
  file('broken', '#!/no/such/shell\n');
  place.hook('on_down', '');
  file('on_down', '#!/no/such/shell\n');
  place.hook('on_down.d/fine', '');
  file('on_down.d/bad', '#!nothing\n');
  expect(at('/anything')).toEqual([]);
  expect(at('/broken')).toEqual(['broken']);
  expect(at('/on_down.d')).toEqual(['on_down.d/bad']);
  expect(at('')).toEqual(['on_down', 'on_down.d/bad']);
});
