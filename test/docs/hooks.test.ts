import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { hookEnvironment } from '../../lib/deliver/hook-environment.ts';
import type { EventKind } from '../../lib/words/event.ts';
import { describeWith, temporaryDirectory } from '../servers/daemon.ts';
import { realEvent, runExample } from '../hooks.example/run-example.ts';

const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/hooks.md'), 'utf8');
const hooks = [...page.matchAll(/^```\w+\n(#!.*?)^```$/gms)].map(([, text]) => text!);
const place = temporaryDirectory('docs');
afterAll(() => place.remove());

describe('docs/hooks.md', () => {
  test('names every variable that a hook gets, and no other', () => {
    const got = hookEnvironment({
      event: realEvent('down'),
      attempt: 1,
      durable: true,
      file: '/f',
      env: { PATH: '/bin', HOME: '/', LANG: 'C', TZ: 'UTC' },
      pass: [],
      home: null,
    });
    const table = page.slice(page.indexOf('### Environment'), page.indexOf('## When a hook is refused'));
    const named = [...table.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name]) => name);
    expect([...new Set(named)].sort()).toEqual(Object.keys(got).sort());
  });
});

describeWith(['jq', 'python3'], 'the hooks of docs/hooks.md', () => {
  test.each([
    ['down', 0, /^cache is down: port 6379 refused the connection \(refused\)$/],
    ['down', 1, /^cache: port 6379 refused the connection\nhttps:\/\/example.org\/runbook$/],
    ['up', 1, /^cache: up in 2.3 ms\n/],
    ['down', 2, /^$/],
    ['up', 2, /^cache was down for 754 s$/],
    ['change', 2, /^$/],
  ] as const)('on_%s by the hook number %i', async (kind: EventKind, index, output) => {
    const file = path.join(place.path, `hook-${String(index)}`);
    // a logger that prints, so that the system’s log is left alone
    writeFileSync(file, hooks[index]!.replace('| logger -t puptime', '| cat'));
    chmodSync(file, 0o755);
    const run = await runExample(file, realEvent(kind), {});
    expect(run).toEqual({ exitCode: 0, output: expect.stringMatching(output) });
  });

  test('these are all there are', () => {
    expect(hooks).toHaveLength(3);
  });
});
