import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { ping } from '../../../../lib/probe/probers/ping.ts';
import { resultOf } from '../../../../lib/probe/result-of.ts';
import { sweep } from '../../../../lib/probe/sweep.ts';
import { type Resolver, createResolver } from '../../../../lib/probe/wire/resolver.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { describeWith, findProgram, temporaryDirectory } from '../../../servers/daemon.ts';

const directory = temporaryDirectory('ping');
afterAll(() => directory.remove());

/** A PATH with nothing but these: programs of this host, or scripts. */
function pathWith(
  name: string,
  programs: Readonly<Record<string, string | null>>,
): { env: { PATH: string } } {
  const at = path.join(directory.path, name);
  mkdirSync(at);
  for (const tool of ['sh', 'cat', 'sleep', 'id']) symlinkSync(findProgram(tool) ?? '', path.join(at, tool));
  for (const [program, script] of Object.entries(programs)) {
    const file = path.join(at, program);
    if (script === null) {
      symlinkSync(findProgram(program) ?? '', file);
      continue;
    }
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }
  return { env: { PATH: at } };
}

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];

/** A sweep of several targets in this process. */
async function sweepOf(
  targets: readonly (readonly [string, Entry?])[],
  world: { readonly env?: { readonly PATH: string }; readonly resolver?: Resolver } = {},
): Promise<Result[]> {
  const results: Result[] = [];
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  const full = {
    env: process.env,
    now: () => Date.now(),
    monotonic: () => performance.now(),
    signal,
    resolver: createResolver(),
    report: () => undefined,
    ...world,
  };
  await sweep(
    targets.map(([target, entry]) => jobFor(ping, target, entry)),
    full,
    {
      concurrency: null,
      per_host: null,
      onResult: (job, probed) => results.push(resultOf(job, probed, { id: 'r', host: 'h', config: null })),
    },
  );
  return results;
}

const FPING_ANSWERS = `echo "192.0.2.1 : [0], 64 bytes, 5 ms (5 avg, 0% loss)"; echo "192.0.2.1 : 5 - 7" >&2; exit 0`;

describeWith(['fping', 'ping'], 'a host that answers', () => {
  test.each([
    ['fping', '127.0.0.1', 4],
    ['fping', '::1', 6],
    ['ping', '127.0.0.1', 4],
    ['ping', '::1', 6],
  ] as const)('%s to %s', async (tool, ip, family) => {
    const world = pathWith(`${tool}-${family}`, { [tool]: null });
    const host = family === 6 ? `[${ip}]` : ip;
    const result = await probeTarget(ping, `ping://${host}`, { timeout_ms: 4000 }, world);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result).toMatchObject({ address: ip, family, facts: { loss: 0, sent: 3, received: 3 } });
    const { rtt_min_ms, rtt_avg_ms, rtt_max_ms } = result.facts as Record<string, number>;
    expect(rtt_min_ms).toBeGreaterThan(0);
    expect(rtt_min_ms).toBeLessThanOrEqual(rtt_avg_ms!);
    expect(rtt_avg_ms).toBeLessThanOrEqual(rtt_max_ms!);
    // 400 ms pass between the packets: they are not what the host took.
    expect(result.timings.first_byte_ms).toBe(rtt_avg_ms);
    expect(result.duration_ms).toBeCloseTo((result.timings.resolve_ms ?? 0) + rtt_avg_ms!, 2);
  });

  test('options reach the tool', async () => {
    const options = { count: 5, gap: '10ms', size: '1KiB', wait: '300ms' };
    const result = await probeTarget(ping, 'ping://127.0.0.1', { options, service: { source: '127.0.0.5' } });
    expect(result.facts).toMatchObject({ sent: 5, received: 5 });
  });

  test('many hosts of both families are one process for each family, and a host may be there twice', async () => {
    const log = path.join(directory.path, 'counting.log');
    const world = pathWith('counting', {
      fping: `echo "$*" >> ${log}; exec ${findProgram('fping') ?? ''} "$@"`,
    });
    const hosts = Array.from({ length: 150 }, (_, index) => `ping://127.0.0.${1 + (index % 100)}`);
    const results = await sweepOf(
      [...hosts, 'ping://[::1]'].map((target) => [target] as const),
      world,
    );
    expect(results).toHaveLength(151);
    expect(results.filter(({ status }) => status !== 'up').map(({ reasons }) => reasons)).toEqual([]);
    const runs = readFileSync(log, 'utf8').trimEnd().split('\n');
    expect(runs).toHaveLength(2);
    expect(runs.join(' ')).not.toContain('localhost');
  });

  test('a name is resolved by us: the tool gets addresses alone', async () => {
    const log = path.join(directory.path, 'names.log');
    const world = pathWith('names', {
      fping: `echo "$*" >> ${log}; exec ${findProgram('fping') ?? ''} "$@"`,
    });
    await sweepOf([['ping://localhost', { service: { ip: '4' } }], ['ping://127.0.0.2']], world);
    expect(readFileSync(log, 'utf8')).not.toContain('localhost');
    expect(readFileSync(log, 'utf8')).toContain('127.0.0.1');
  });

  test('a name whose resolver is silent holds up nobody else', async () => {
    const real = createResolver();
    const resolver: Resolver = {
      resolve: (host) => (host === 'slow.example' ? new Promise(() => undefined) : real.resolve(host)),
      cancel: () => real.cancel(),
    };
    const entry = { timeout_ms: 2000 };
    const targets = ['ping://127.0.0.1', 'ping://slow.example', 'ping://127.0.0.2'];
    const results = await sweepOf(
      targets.map((target) => [target, entry] as const),
      { resolver },
    );
    const found = Object.fromEntries(results.map((result) => [result.target, result]));
    expect(found['ping://127.0.0.1']?.status, JSON.stringify(found['ping://127.0.0.1']?.reasons)).toBe('up');
    expect(found['ping://127.0.0.2']?.status).toBe('up');
    expect(found['ping://slow.example']?.reason?.code).toBe('resolver_silent');
  });
});

describe('what the tool saw', () => {
  test('some loss is degraded (loss), with the round trips of the rest', async () => {
    const result = await probeTarget(
      ping,
      'ping://192.0.2.1',
      {},
      pathWith('loss', { fping: FPING_ANSWERS }),
    );
    expect([result.status, result.reason?.code, result.reason?.fact]).toEqual(['degraded', 'loss', 'loss']);
    expect(result.facts).toMatchObject({
      sent: 3,
      received: 2,
      loss: 33.3,
      rtt_min_ms: 5,
      rtt_avg_ms: 6,
      rtt_max_ms: 7,
    });
  });

  test.each([
    [{ expect: { loss: '< 50' }, prefer: { loss: '< 50' } }, 'up'],
    [{ expect: { loss: '< 20' } }, 'down'],
    [{ prefer: { loss: '<= 33.3', rtt_avg_ms: '< 5' } }, 'degraded'],
  ])('%j', async (entry: Entry, status) => {
    const world = pathWith(`expect-${JSON.stringify(entry).length}`, { fping: FPING_ANSWERS });
    expect((await probeTarget(ping, 'ping://192.0.2.1', entry, world)).status).toBe(status);
  });
});

test('the next address is tried when the first one does not answer, alone and among others', async () => {
  const world = pathWith('second', {
    fping: `for ip in "$@"; do case $ip in 192.0.2.1) echo "$ip : - - -" >&2; echo "$ip : [0], timed out";; 192.*) echo "$ip : 1 1 1" >&2;; esac; done`,
  });
  const resolver: Resolver = {
    resolve: () =>
      Promise.resolve([
        { ip: '192.0.2.1', family: 4 },
        { ip: '192.0.2.2', family: 4 },
      ]),
    cancel: () => undefined,
  };
  const target = ['ping://two.example'] as const;
  const results = [
    ...(await sweepOf([target], { ...world, resolver })),
    ...(await sweepOf([target, target], { ...world, resolver })),
  ];
  expect(results).toHaveLength(3);
  for (const { status, address, addresses, reasons } of results) {
    expect([status, address], JSON.stringify(reasons)).toEqual(['up', '192.0.2.2']);
    expect(addresses.map((tried) => [tried.address, tried.status])).toEqual([
      ['192.0.2.1', 'down'],
      ['192.0.2.2', 'up'],
    ]);
  }
});

describe('what puptime cannot do is unknown', () => {
  const noSocket = 'echo "fping: can\'t create socket (must run as root?)" >&2; exit 4';
  const mayNot = 'echo "ping: socket: Operation not permitted" >&2; exit 2';
  test.each([
    ['neither tool is installed', {}, 'tool_missing', 'neither fping nor ping'],
    ['ping alone may not', { ping: mayNot }, 'permission', 'cap_net_raw'],
    ['fping alone may not', { fping: noSocket }, 'permission', 'cap_net_raw'],
    ['neither may', { fping: noSocket, ping: mayNot }, 'permission', 'cap_net_raw'],
    ['fping was killed', { fping: 'kill -9 $$' }, 'signal', 'ended by SIGKILL'],
    ['fping takes no such option', { fping: 'echo "bad option" >&2; exit 3' }, 'internal', 'bad option'],
    ['fping reports on nothing', { fping: 'exit 0' }, 'internal', 'did not report'],
  ])('%s', async (name, programs, code, text) => {
    const result = await probeTarget(ping, 'ping://192.0.2.1', {}, pathWith(name, programs));
    expect([result.status, result.reason?.code]).toEqual(['unknown', code]);
    expect(result.reason?.text).toContain(text);
  });

  test('a source address that this host has not', async () => {
    const result = await probeTarget(ping, 'ping://127.0.0.1', { service: { source: '192.0.2.77' } });
    expect([result.status, result.reason?.code]).toEqual(['unknown', 'resources']);
  });

  test('a tool that hangs ends with the timeout', async () => {
    const began = performance.now();
    const world = pathWith('hangs', { fping: 'sleep 20' });
    const result = await probeTarget(ping, 'ping://192.0.2.1', { timeout_ms: 700 }, world);
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol']);
    expect(performance.now() - began).toBeLessThan(2500);
  });
});

describe('a mistake in a ping', () => {
  test.each([
    ['ping://host:80', {}, 'a port'],
    ['ping://host/path', {}, 'a path'],
    ['ping://host', { gap: '5ms' }, 'at least 10ms'],
    ['ping://host', { gap: 'x' }, 'a duration'],
    ['ping://host', { count: 100 }, 'less than `timeout`'],
    ['ping://host', { size: '1MiB' }, '0 to 65000'],
  ])('%s %j', (target, options, text) => {
    expect(() => jobFor(ping, target, { options })).toThrow(text);
  });
});

/** Hosts that do not answer in every way that there is, in a network of our own. */
const NETWORK = [
  'ip link set lo up',
  'ip link add veth0 type veth peer name veth1',
  'ip addr add 10.99.0.1/24 dev veth0',
  'ip link set veth0 up',
  'ip link set veth1 up',
  'echo 1 > /proc/sys/net/ipv4/neigh/veth0/mcast_solicit',
  'echo 200 > /proc/sys/net/ipv4/neigh/veth0/retrans_time_ms',
  'ip neigh add 10.99.0.6 lladdr 02:00:00:00:00:01 dev veth0',
  'ip route add unreachable 10.98.0.0/24',
  'ip route add prohibit 10.96.0.0/24',
].join(' && ');
const IN_NAMESPACE = [
  ['ping://10.99.0.6', {}, 'down', 'loss'],
  ['ping://10.99.0.5', { options: { wait: '1s' } }, 'down', 'unreachable'],
  ['ping://10.98.0.1', {}, 'down', 'unreachable'],
  ['ping://10.97.0.1', {}, 'down', 'unreachable'],
  ['ping://10.96.0.1', {}, 'unknown', 'permission'],
  ['ping://[2001:db8::1]', {}, 'unknown', 'resources'],
  ['ping://10.99.0.1', {}, 'up', undefined],
  ['ping://10.99.0.6', { expect: { loss: 100 } }, 'up', undefined],
] as const;

describe.skipIf(process.getuid?.() !== 0)('in a network namespace (needs root)', () => {
  test.each(['fping', 'ping'])(
    '%s: silent, unreachable by word of a router, without a route',
    (tool) => {
      const world = pathWith(`namespace-${tool}`, { [tool]: null });
      const targets = IN_NAMESPACE.map(([target, entry]) => [
        target,
        { timeout_ms: 8000, options: { wait: '300ms' }, ...entry },
      ]);
      const tsx = path.resolve('node_modules/.bin/tsx');
      const script = path.join(import.meta.dirname, 'sweep-in-namespace.ts');
      const node = `PATH=${path.dirname(process.execPath)}:${world.env.PATH} exec ${process.execPath}`;
      const printed = execFileSync(
        'unshare',
        ['-n', 'sh', '-c', `${NETWORK} && ${node} --import tsx ${script} "$1"`, tsx, JSON.stringify(targets)],
        { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' } },
      );
      const results = printed
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Result);
      const seen = results.map(({ target, status, reason }) => [target, status, reason?.code]).sort();
      expect(seen).toEqual(IN_NAMESPACE.map(([target, , status, code]) => [target, status, code]).sort());
      const silent = results.find(({ target, status }) => target === 'ping://10.99.0.6' && status === 'down');
      expect(silent?.facts).toMatchObject({ loss: 100, received: 0, rtt_avg_ms: null });
      expect(silent?.duration_ms).toBeGreaterThan(500);
    },
    30_000,
  );
});
