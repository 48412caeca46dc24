import { expect, test } from 'vitest';
import { inspectScript } from '../../lib/deliver/shebang.ts';

const PATH = '/usr/bin:/bin';
const look = (text: string) =>
  inspectScript(Buffer.from(text), PATH).faults.map(({ severity, text: words }) => `${severity}: ${words}`);

test.each([
  '#!/bin/sh\n',
  '#! /bin/sh -eu\nexit 0\n',
  '#!/usr/bin/env sh\n',
  '#!/usr/bin/env -S sh -eu\n',
  '#!/usr/bin/env -S LANG=C sh -e\n',
  '#!/usr/bin/env /bin/sh\n',
  '#!/bin/sh',
])('nothing is wrong with %j', (text) => {
  expect(look(text)).toEqual([]);
});

test.each([
  ['\ufeff#!/bin/sh\n', /^broken: begins with a byte order mark/],
  [
    '#!/bin/sh\r\necho\r\n',
    /^broken: has lines that end in CRLF, and there is no \/bin\/sh with a carriage return/,
  ],
  ['#!/bin/sh\necho\r\n', /^doubtful: has lines that end in CRLF/],
  ['#!bash\n', /^broken: is to be run by bash, expected an absolute path: #!\/usr\/bin\/env bash$/],
  [
    '#!/opt/no/sh\n',
    /^broken: is to be run by \/opt\/no\/sh, which does not exist: it is \/(usr\/)?bin\/sh here$/,
  ],
  ['#!/opt/no/thing-42\n', /which does not exist: install it/],
  ['#!/etc\n', /which is not an executable file/],
  ['#!/etc/passwd\n', /which is not an executable file/],
  [
    '#!/usr/bin/env no-such-42\n',
    /^broken: .*no-such-42, which is in no directory of the PATH that hooks get \(\/usr\/bin:\/bin\)/,
  ],
  ['#!/usr/bin/env sh -e\n', /^broken: .*write #!\/usr\/bin\/env -S sh -e$/],
  ['#!/usr/bin/env\n', /^broken: names no program after env/],
  ['#!/usr/bin/env -S\n', /^broken: names no program after env/],
  ['#!/bin/sh -e -u\n', /^doubtful: gives "-e -u" to \/bin\/sh as one argument/],
  [`#!/bin/sh ${'x'.repeat(300)}\n`, /^doubtful: has a #! line of 310 bytes, of which only 255 are read$/],
  [`#!/${'x'.repeat(300)}\n`, /^broken: has a #! line of 303 bytes/],
  ['#!\n', /^broken: has nothing in its #! line/],
  ['echo hello\n', /^broken: has no #! line, so that it cannot run/],
  ['\u0001\u0000\u0002', /^broken: is neither a program for this machine nor a script$/],
  ['#!/usr/bin/env \u001b[31mred\n', /^broken: is to be run by \[31mred|^broken: /],
])('%j', (text, words) => {
  const faults = look(text);
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatch(words);
  expect(faults[0]).not.toContain('\u001b');
});
