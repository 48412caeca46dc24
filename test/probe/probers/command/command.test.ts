import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { markOf } from '../../../../lib/process/process-mark.ts';
import { command } from '../../../../lib/probe/probers/command.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { describeWith, temporaryDirectory, until } from '../../../servers/daemon.ts';

type Argv = readonly (string | number | boolean)[];

const directory = temporaryDirectory('command');
afterAll(() => directory.remove());

const run = (argv: Argv, options: object = {}, entry: Entry = {}): Promise<Result> =>
  probeTarget(command, null, { ...entry, options: { command: argv, ...options } });
const shell = (script: string, options: object = {}, entry: Entry = {}) =>
  run(['sh', '-c', script], options, entry);
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];

function fileWith(name: string, text: string, mode: number): string {
  const file = path.join(directory.path, name);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

describe('a command', () => {
  test('with exit code 0 is up, with its output', async () => {
    const result = await shell('echo one; echo two >&2', {}, { keep: ['output', 'stderr'] });
    expect(result.status).toBe('up');
    expect(result.facts).toEqual({ exit_code: 0, signal: null, output: 'one', stderr: 'two' });
    expect(result.output).toBe('one\ntwo');
    expect([result.target, result.address, result.family]).toEqual([null, null, null]);
    const sum = Object.values(result.timings).reduce<number>(
      (total, value) => total + ((value as number | null) ?? 0),
      0,
    );
    expect(sum).toBeCloseTo(result.duration_ms ?? Number.NaN, 2);
  });

  test('with another exit code is down (exit), and says so in one reason', async () => {
    const result = await shell('echo broken; exit 7');
    expect(verdict(result)).toEqual(['down', 'exit', 'expect']);
    expect(result.reasons).toHaveLength(1);
    expect(result.reason).toMatchObject({ got: 7, fact: 'exit_code' });
    expect(result.output).toBe('broken');
  });

  test('is held to the exit code that is expected', async () => {
    expect((await shell('exit 7', {}, { expect: { exit_code: [0, 7] } })).status).toBe('up');
  });

  test('ended by a signal is down (signal), in one reason', async () => {
    const result = await shell('kill -SEGV $$');
    expect(verdict(result)).toEqual(['down', 'signal', 'expect']);
    expect(result.reasons).toHaveLength(1);
    expect(result.facts).toMatchObject({ exit_code: null, signal: 'SIGSEGV' });
  });

  test('gets its arguments as they are, whatever a shell would make of them', async () => {
    const argv = ['printf', '%s|', '$HOME', '`id`', '; rm -rf x', '', '*', "it's", 5, 1.5, true];
    const result = await run(
      argv,
      {},
      { expect: { output: { equals: "$HOME|`id`|; rm -rf x||*|it's|5|1.5|true|" } } },
    );
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test('gets stdin, directory and environment, and nothing else of ours', async () => {
    const options = { stdin: 'fed', cwd: directory.path, env: { A: 'b c', N: 5 } };
    const result = await probeTarget(
      command,
      null,
      {
        options: { command: ['sh', '-c', 'cat; pwd; env'], ...options },
        keep: ['lines'],
      },
      { env: { PATH: process.env['PATH'], SECRET: 'hidden', HOME: '/h' } },
    );
    const [first, ...env] = (result.facts['lines'] as string[]).slice().sort();
    expect(result.facts['lines']).toContain(`fed${directory.path}`);
    expect([first, ...env].filter((line) => /^(A|N|HOME)=/.test(line ?? ''))).toEqual([
      'A=b c',
      'HOME=/h',
      'N=5',
    ]);
    expect(JSON.stringify(result.facts)).not.toContain('SECRET');
  });

  test('that does not read its input is up', async () => {
    expect((await run(['true'], { stdin: 'x'.repeat(2 ** 20) })).status).toBe('up');
  });

  test('over its time is down (timeout), with what it had printed, and its whole group is gone', async () => {
    const began = performance.now();
    const script = 'sh -c "sh -c \'echo \\$\\$; trap : TERM; while :; do sleep 0.05; done\' & wait" & wait';
    const result = await shell(script, {}, { timeout_ms: 400 });
    expect(performance.now() - began).toBeLessThan(1800);
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol']);
    const grandchild = Number(result.facts['output']);
    expect(grandchild).toBeGreaterThan(1);
    await until('the grandchild to be gone', () => markOf(grandchild) === null, 2000);
  });

  test('that leaves a child holding its output is done when it has exited itself, and the child ends', async () => {
    const began = performance.now();
    const result = await shell('sleep 20 & echo $!', {}, { timeout_ms: 5000 });
    expect(performance.now() - began).toBeLessThan(2000);
    expect(result.status).toBe('up');
    await until('the child to be gone', () => markOf(Number(result.output)) === null, 2000);
  });

  test('that floods is down (too_large), soon', async () => {
    const began = performance.now();
    const result = await run(['yes'], {}, { timeout_ms: 5000 });
    expect(performance.now() - began).toBeLessThan(3000);
    expect(verdict(result)).toEqual(['down', 'too_large', 'protocol']);
    expect(JSON.stringify(result).length).toBeLessThan(200_000);
  });

  test('that prints control characters and broken UTF-8 prints nothing dangerous', async () => {
    const result = await shell("printf 'a\\033[31mb\\000c\\377d\\r\\ne'", {}, { keep: ['output'] });
    expect(Array.from(result.output ?? '').filter((character) => character < ' ')).toEqual(['\n']);
    expect(result.output).toMatch(/^a.\[31mb.c.d\ne$/u);
  });
});

describe('a command that cannot be run is unknown', () => {
  const script = fileWith('not-executable', '#!/bin/sh\n', 0o644);
  const noInterpreter = fileWith('no-interpreter', '#!/nowhere/sh\n', 0o755);
  test.each([
    ['not found in PATH', ['no-such-program'], {}, 'tool_missing', 'no-such-program is not installed here'],
    ['not found at its path', ['/nowhere/x'], {}, 'tool_missing', '/nowhere/x is not installed here'],
    ['not executable', [script], {}, 'permission', `${script} may not be executed by this user`],
    ['a directory', [directory.path], {}, 'permission', `${directory.path} may not be executed by this user`],
    [
      'without its interpreter',
      [noInterpreter],
      {},
      'tool_missing',
      `${noInterpreter} is there, but not the interpreter`,
    ],
    [
      'without its directory',
      ['true'],
      { cwd: '/nowhere' },
      'permission',
      'the directory /nowhere to run it in',
    ],
    ['in a file', ['true'], { cwd: script }, 'permission', `${script} is no directory`],
  ] as const)('%s', async (_, argv, options, code, text) => {
    const result = await run(argv, options);
    expect([result.status, result.reason?.code]).toEqual(['unknown', code]);
    expect(result.reason?.text).toContain(text);
  });
});

describe('a mistake in a command', () => {
  test.each([
    [{ command: [''] }, 'command', 'the program, is empty'],
    [{ command: ['a\0b'] }, 'command', 'NUL'],
    [{ command: ['true'], env: { 'A=B': 'c' } }, 'env', '"="'],
    [{ command: ['true'], env: { A: '\0' } }, 'env.A', 'NUL'],
    [{ command: ['true'], cwd: '' }, 'cwd', 'expected a directory'],
  ])('%j', (options, key, text) => {
    const prepare = () => jobFor(command, null, { options });
    expect(prepare).toThrow(text);
    expect(prepare).toThrow(expect.objectContaining({ key }));
  });

  test.each([
    ['json', { expect: { json: { '$.a': 1 } } }, 'parse: json'],
    ['metrics', { prefer: { metrics: { a: 1 } } }, 'parse: nagios'],
    ['perfdata', { keep: ['perfdata'] }, 'parse: nagios'],
  ])('to ask for %s without the parsing that gives it', (_, entry: Entry, text) => {
    expect(() => jobFor(command, null, { ...entry, options: { command: ['true'] } })).toThrow(text);
  });
});

describe('parse: json', () => {
  const json = { parse: 'json' };
  test('a document is matched by paths', async () => {
    const result = await shell(`echo '{"queue": {"length": 3}}'`, json, {
      expect: { json: { '$.queue.length': '< 5' } },
    });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test.each([
    ['no JSON', 'echo hello'],
    ['nothing', 'true'],
    ['half a document', `echo '{"a": 1'`],
    ['two documents', `echo '{} {}'`],
    ['a document that is too deep', `printf '[%.0s' $(seq 5000)`],
  ])('%s is down (protocol)', async (_, script) => {
    expect(verdict(await shell(script, json))).toEqual(['down', 'protocol', 'protocol']);
  });

  test('what failed need not print a document besides', async () => {
    const result = await shell('echo cannot >&2; exit 1', json);
    expect(verdict(result)).toEqual(['down', 'exit', 'expect']);
    expect(result.reasons).toHaveLength(1);
  });

  test('what failed may print a document', async () => {
    const result = await shell(`echo '{"a": 1}'; exit 1`, json, { keep: ['json'] });
    expect(result.facts['json']).toEqual({ a: 1 });
  });
});

describe('parse: lines', () => {
  test.each([
    ['printf "a\\nb\\n"', ['a', 'b']],
    ['printf "a\\r\\n\\r\\nb"', ['a', '', 'b']],
    ['true', []],
  ])('%s', async (script, lines) => {
    const result = await shell(script, { parse: 'lines' }, { keep: ['lines'] });
    expect(result.facts['lines']).toEqual(lines);
  });
});

describe('parse: nagios', () => {
  const nagios = { parse: 'nagios' };
  test.each([
    [0, 'up', undefined],
    [1, 'degraded', 'exit'],
    [2, 'down', 'exit'],
    [3, 'unknown', 'exit'],
    [4, 'unknown', 'exit'],
    [127, 'unknown', 'exit'],
  ] as const)('exit code %i is %s', async (exitCode, status, code) => {
    const result = await shell(`echo "WORD - text | a=1"; exit ${exitCode}`, nagios);
    expect([result.status, result.reason?.code]).toEqual([status, code]);
    expect(result.reasons.length).toBeLessThanOrEqual(1);
    expect(result.output).toBe('WORD - text');
    expect(result.metrics).toEqual({ a: 1 });
    expect(result.facts).toMatchObject({ exit_code: exitCode, metrics: { a: 1 } });
  });

  test('a plugin that crashes could not tell', async () => {
    const result = await shell('kill -9 $$', nagios);
    expect([result.status, result.reason?.code]).toEqual(['unknown', 'signal']);
  });

  test('a plugin that says UNKNOWN is quoted, safely', async () => {
    const result = await shell(`printf 'UNKNOWN \\033[1m no data\\nmore'; exit 3`, nagios);
    expect(result.reason?.text).toBe('the plugin sh says that it cannot tell: UNKNOWN [1m no data');
  });

  test('over its time it is down (timeout)', async () => {
    expect(verdict(await run(['sleep', '5'], nagios, { timeout_ms: 200 }))).toEqual([
      'down',
      'timeout',
      'protocol',
    ]);
  });

  test.each([
    [{ metrics: { load1: '< 5' } }, 'up'],
    [{ metrics: { load1: { max: 2 } } }, 'down'],
    [{ metrics: { load1: { range: '2:3' } } }, 'up'],
    [{ metrics: { load1: { range: '@2:3' } } }, 'down'],
    [{ metrics: { load9: '< 5' } }, 'down'],
    [{ metrics: { load9: { exists: false } } }, 'up'],
    [{ perfdata: { '$[0].warn': '5' } }, 'up'],
    [{ output: 'LOAD' }, 'up'],
  ])('expect %j on load1=2.77 is %s', async (expectation, status) => {
    const result = await shell('echo "LOAD OK|load1=2.77;5;10;0"', nagios, { expect: expectation });
    expect(result.status, JSON.stringify(result.reasons)).toBe(status);
  });

  test('labels that are names of JavaScript’s own do no harm', async () => {
    const result = await shell('echo "OK | __proto__=1 constructor=2 toString=3"', nagios);
    expect(result.status).toBe('up');
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
    expect(result.metrics).toMatchObject({ constructor: 2, toString: 3 });
  });
});

describeWith(['check_dummy', 'check_load', 'check_disk', 'check_procs'], 'Debian’s plugins', () => {
  const plugin = (argv: Argv) =>
    probeTarget(
      command,
      null,
      { options: { command: argv, parse: 'nagios' }, keep: ['perfdata'] },
      { env: { PATH: `${process.env['PATH'] ?? ''}:/usr/lib/nagios/plugins` } },
    );
  test.each([
    [0, 'up'],
    [1, 'degraded'],
    [2, 'down'],
    [3, 'unknown'],
  ])('check_dummy %i is %s', async (exitCode, status) => {
    const result = await plugin(['check_dummy', exitCode, 'hello']);
    expect(result.status).toBe(status);
    expect(result.output).toMatch(/^[A-Z]+: hello$/);
  });

  test('check_load tells its three numbers', async () => {
    const result = await plugin(['check_load', '-w', '1000', '-c', '2000']);
    expect(result.status).toBe('up');
    expect(Object.keys(result.metrics)).toEqual(['load1', 'load5', 'load15']);
    expect(result.facts['perfdata']).toMatchObject([
      { label: 'load1', warn: '1000.000', crit: '2000.000', min: 0 },
      {},
      {},
    ]);
  });

  test('check_disk tells bytes of a file system', async () => {
    const result = await plugin(['check_disk', '-w', '0%', '-c', '0%', '-p', '/']);
    expect(result.status).toBe('up');
    expect(result.metrics['/']).toBeGreaterThan(2 ** 20);
    expect(result.facts['perfdata']).toMatchObject([{ label: '/', unit: 'B' }]);
  });

  test('check_procs with a threshold that is passed is down', async () => {
    const result = await plugin(['check_procs', '-c', '0:0']);
    expect(verdict(result)).toEqual(['down', 'exit', 'expect']);
  });
});
