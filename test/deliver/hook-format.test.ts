import { copyFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatFault } from '../../lib/deliver/hook-format.ts';
import { makePlace, type Place } from './fixture.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const elf = (machine: number) => {
  const begin = Buffer.alloc(64);
  begin.write('\u007fELF\u0002\u0001\u0001', 'latin1');
  begin.writeUInt16LE(machine, 18);
  return begin;
};

test.each([
  ['#!/bin/sh\n', null],
  ['#!', null],
  ['', 'is empty'],
  ['echo hello\n', 'has no #! line and is no binary: begin it with #!/bin/sh, or what else is to run it'],
  [
    '\ufeff#!/bin/sh\n',
    'has no #! line and is no binary: begin it with #!/bin/sh, or what else is to run it',
  ],
  [elf(17), 'is a binary for another machine'],
  [elf(process.arch === 'arm64' ? 183 : 62), null],
  ['\u007fELF', null],
])('%j: %s', (content, expected) => {
  const path = `${place.hooks}/hook`;
  writeFileSync(path, content);
  expect(formatFault(path)).toBe(expected === null ? null : `${path} ${expected}`);
});

test('a binary of this machine, and what cannot be read, may run', () => {
  copyFileSync(process.execPath, `${place.hooks}/node`);
  expect(formatFault(`${place.hooks}/node`)).toBeNull();
  expect(formatFault(`${place.hooks}/none`)).toBeNull();
});
