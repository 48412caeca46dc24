import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostLimit } from '../../lib/probe/host-limits.ts';
import { command } from '../../lib/probe/probers/command.ts';
import { tcp } from '../../lib/probe/probers/tcp.ts';
import { resultOf } from '../../lib/probe/result-of.ts';
import { sweep } from '../../lib/probe/sweep.ts';
import { createResolver } from '../../lib/probe/wire/resolver.ts';
import type { Result } from '../../lib/words/result.ts';
import type { Service } from '../../lib/words/service.ts';
import { listen, type Peer } from '../contract/misbehaving-server.ts';
import { jobFor } from '../contract/probe-target.ts';
import { temporaryDirectory } from '../servers/daemon.ts';

const directory = temporaryDirectory('sweep');
const at = (name: string) => path.join(directory.path, name);
afterAll(() => directory.remove());

async function swept(jobs: readonly ReturnType<typeof jobFor>[], per_host: number | null = null) {
  const results = new Map<string, Result>();
  const passedOver: string[] = [];
  const reports: string[] = [];
  const resolver = createResolver();
  const world = {
    env: process.env,
    now: () => Date.now(),
    monotonic: () => performance.now(),
    signal: new AbortController().signal,
    resolver,
    report: (line: string) => reports.push(line),
  };
  await sweep(jobs, world, {
    concurrency: null,
    per_host,
    onResult: (job, probed) =>
      results.set(job.service.name, resultOf(job, probed, { id: 'r', host: 'h', config: null })),
    onPassedOver: (job) => passedOver.push(job.service.name),
  });
  resolver.cancel();
  return { results, passedOver, reports };
}

function script(name: string, text: string): string {
  writeFileSync(at(name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return at(name);
}

const says = (text: string, service: Partial<Service>, watch: readonly string[] = []) =>
  jobFor(command, null, { options: { command: ['printf', '%b', text] }, service, watch });

describe('run_if', () => {
  const asked = at('asked');
  let holds = '';
  let fails = '';
  beforeAll(() => {
    appendFileSync(asked, '');
    holds = script('holds', `echo asked >> ${asked}`);
    fails = script('fails', 'exit 3');
  });

  test('0 means probe, anything else that there is no result this time', async () => {
    const { results, passedOver } = await swept([
      says('x', { name: 'yes', run_if: [holds, 'a'] }),
      says('x', { name: 'no', run_if: [fails] }),
      says('x', { name: 'killed', run_if: ['sh', '-c', 'kill -9 $$'] }),
      says('x', { name: 'plain' }),
    ]);
    expect([...results].map(([name, { status }]) => [name, status]).sort()).toEqual([
      ['plain', 'up'],
      ['yes', 'up'],
    ]);
    expect(passedOver.sort()).toEqual(['killed', 'no']);
  });

  test('the same program with the same arguments runs once, however many ask', async () => {
    writeFileSync(asked, '');
    const jobs = ['a', 'a', 'a', 'b'].map((word, index) =>
      says('x', { name: `s${String(index)}`, run_if: [holds, word] }),
    );
    expect((await swept(jobs)).results.size).toBe(4);
    expect(readFileSync(asked, 'utf8')).toBe('asked\nasked\n');
  });

  test('what cannot be asked is unknown, with the reason', async () => {
    const { results } = await swept([says('x', { name: 'web', run_if: ['no-such-program-here'] })]);
    const web = results.get('web');
    expect([web?.status, web?.reason?.code, web?.reason?.text]).toEqual([
      'unknown',
      'tool_missing',
      'run_if: no-such-program-here is not installed here',
    ]);
    expect(web?.watched).toBeNull();
  });
});

describe('filter by a program', () => {
  const watchedOf = async (text: string, filter: Service['filter'], fact = 'output') => {
    const { results, reports } = await swept([says(text, { name: 'page', filter }, [fact])]);
    const page = results.get('page');
    return { status: page?.status, watched: page?.watched, reports };
  };

  test('gets the text and gives what it prints', async () => {
    const { watched } = await watchedOf('b\\na\\n# x\\n', [{ command: ['sort'] }, { drop: '^#' }]);
    expect(watched).toEqual({ output: 'a\nb' });
  });

  test('gets a list with one item on each line, and gives one', async () => {
    const { watched } = await watchedOf('b\\na\\nb\\n', [{ command: ['sort', '-u'] }], 'lines');
    expect(watched).toEqual({ lines: ['a', 'b'] });
  });

  test('steps follow each other in the order written', async () => {
    const steps = [{ replace: '[0-9]+', with: 'N' }, { command: ['tr', 'N', 'M'] }, { drop: 'y' }];
    expect((await watchedOf('x 12\\ny 7\\n', steps)).watched).toEqual({ output: 'x M' });
  });

  test('grep that leaves no line is no failure', async () => {
    const { watched, reports } = await watchedOf('a\\n', [{ command: ['grep', 'b'] }]);
    expect([watched, reports]).toEqual([{ output: '' }, []]);
  });

  test.each([
    ['fails', ['sh', '-c', 'echo "no such field" >&2; exit 5'], 'sh exited with 5: no such field'],
    ['is not there', ['no-such-program-here'], 'no-such-program-here is not installed here'],
    ['is killed', ['sh', '-c', 'kill -9 $$'], 'sh ended by SIGKILL'],
  ])('one that %s is reported, changes nothing and spares the status', async (_, argv, said) => {
    const { status, watched, reports } = await watchedOf('a\\n', [{ command: argv }]);
    expect([status, watched]).toEqual(['up', null]);
    expect(reports).toEqual([`service page: filter: ${said}: changes of it go unseen`]);
  });

  test('one that hangs is ended with the service’s own patience', async () => {
    const job = jobFor(command, null, {
      options: { command: ['echo', 'x'] },
      service: { name: 'page', filter: [{ command: ['sleep', '60'] }] },
      timeout_ms: 300,
      watch: ['output'],
    });
    expect((await swept([job])).reports).toEqual([
      'service page: filter: sleep did not answer within 300 ms: changes of it go unseen',
    ]);
  });

  test('is not asked about what is down', async () => {
    const job = jobFor(command, null, {
      options: { command: ['sh', '-c', 'echo x; exit 2'] },
      service: { name: 'page', filter: [{ command: ['no-such-program-here'] }] },
      watch: ['output'],
    });
    const { results, reports } = await swept([job]);
    expect([results.get('page')?.status, results.get('page')?.watched, reports]).toEqual(['down', null, []]);
  });
});

describe('probes of one host', () => {
  let peer: Peer;
  let open = 0;
  let most = 0;
  beforeAll(async () => {
    peer = await listen((socket) => {
      most = Math.max(most, (open += 1));
      void pause(40).then(() => {
        open -= 1;
        socket.end('ready\n');
      });
    });
  });
  afterAll(() => peer.close());

  const jobs = (host: string, count: number) =>
    Array.from({ length: count }, (_, index) =>
      jobFor(tcp, `tcp://${host}:${String(peer.port)}`, {
        expect: { banner: 'ready' },
        service: { name: `${host}-${String(index)}` },
      }),
    );

  test('are never more than per_host at once', async () => {
    most = 0;
    const { results } = await swept(jobs('127.0.0.1', 9), 3);
    expect([...results.values()].filter(({ status }) => status === 'up')).toHaveLength(9);
    expect(most).toBe(3);
  });

  test('wait for their own host, not for another', async () => {
    most = 0;
    await swept([...jobs('127.0.0.1', 6), ...jobs('localhost', 6)], 2);
    expect(most).toBe(4);
  });

  test.each([
    [
      'another host: 32 unless the config says so',
      'tcp://192.0.2.1:80',
      {},
      null,
      { host: '192.0.2.1', most: 32 },
    ],
    ['as the config says', 'tcp://192.0.2.1:80', {}, 4, { host: '192.0.2.1', most: 4 }],
    [
      'the address that resolve names',
      'tcp://a.test:80',
      { resolve: '192.0.2.1' },
      null,
      { host: '192.0.2.1', most: 32 },
    ],
    ['names in one case', 'tcp://A.test:80', {}, null, { host: 'a.test', most: 32 }],
    ['this host has no limit', 'tcp://127.0.0.5:80', {}, null, null],
    ['by its name neither', 'tcp://localhost:80', {}, null, null],
    ['unless the config says so', 'tcp://localhost:80', {}, 4, { host: 'localhost', most: 4 }],
  ])('%s', (_, target, service, per_host, expected) => {
    expect(hostLimit(jobFor(tcp, target, { service }), per_host)).toEqual(expected);
  });

  test('programs have no host', () => {
    expect(hostLimit(says('x', {}), 4)).toBeNull();
  });
});
