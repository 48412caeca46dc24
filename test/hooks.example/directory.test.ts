import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { findHooks, vetHook } from '../../lib/deliver/hook-lookup.ts';
import { createHookChecker } from '../../lib/deliver/hook-problems.ts';
import { EVENT_KINDS } from '../../lib/words/event.ts';
import { describeWith, findProgram } from '../servers/daemon.ts';
import { EXAMPLES } from './run-example.ts';

const place = { dir: EXAMPLES, uid: process.getuid?.() ?? 0 };
const hooks = ['', 'more/'].flatMap((directory) =>
  readdirSync(path.join(EXAMPLES, directory))
    .filter((name) => name !== 'README.md' && name !== 'more')
    .map((name) => directory + name),
);
const text = (name: string) => readFileSync(path.join(EXAMPLES, name), 'utf8');

describe('hooks.example as a hooks directory', () => {
  test('every file in it but README.md and more/ is found as the hook of an event', () => {
    const found = EVENT_KINDS.flatMap((kind) => findHooks(`on_${kind}`, null, place).hooks);
    const names = found.map((hook) => path.relative(EXAMPLES, hook.path));
    expect(names.sort()).toEqual(['on_change', 'on_down', 'on_result', 'on_slow', 'on_up']);
    expect(hooks.filter((name) => !name.includes('/')).sort()).toEqual(names);
  });

  test('nothing is wrong with it: neither a README.md nor a directory beside the hooks is a problem', () => {
    expect(createHookChecker(place, process.env['PATH']).all([])).toEqual([]);
  });

  test.each(hooks)('%s may be started as it is, and is short enough to be read at a glance', (name) => {
    const file = path.join(EXAMPLES, name);
    expect(vetHook(file, place)).toEqual({ kind: 'fit' });
    expect(statSync(file).mode & 0o022).toBe(0);
    expect(text(name)).toMatch(/^#!(\/bin\/sh|\/usr\/bin\/env python3)\n/);
    expect(text(name).split('\n').length).toBeLessThanOrEqual(31);
  });

  test.each(hooks)('README.md names %s, and every variable that it takes', (name) => {
    const readme = text('README.md');
    expect(readme).toContain(`\`${name}\``);
    const variables = [...text(name).matchAll(/\b(?!PUPTIME_)[A-Z]+_[A-Z_]+\b/g)].map(([word]) => word);
    for (const variable of variables) expect(readme).toContain(variable);
  });
});

describeWith(['shellcheck'], 'shellcheck', () => {
  test('has nothing to say about them', () => {
    const scripts = hooks.filter((name) => text(name).startsWith('#!/bin/sh'));
    expect(scripts.length).toBeGreaterThan(5);
    execFileSync(findProgram('shellcheck')!, scripts, { cwd: EXAMPLES, stdio: 'pipe' });
  });
});
