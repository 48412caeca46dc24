import { describe, expect, it } from 'vitest';
import { checkConfig, type CheckedTexts } from '../../lib/config/check-config.ts';
import { findCircles } from '../../lib/config/circles.ts';
import { DEFAULT_POLICY, FLAPPING_LIMITS } from '../../lib/words/policy.ts';
import type { Service } from '../../lib/words/service.ts';

async function check(text: string, env: Record<string, string> = {}): Promise<CheckedTexts> {
  const checked = await checkConfig([{ file: '/etc/puptime/x.yaml', text }], { cwd: '/', env });
  if (!checked.ok)
    throw new Error(checked.problems.map(({ path, text: what }) => `${path}: ${what}`).join('\n'));
  return checked.value.config;
}

/** The first service of a config that has `keys` in it, and `defaults`. */
async function service(keys: string, defaults = '{}', env: Record<string, string> = {}): Promise<Service> {
  const { services } = await check(
    `defaults: ${defaults}\nservices:\n  - name: web\n    target: https://example.org\n    ${keys}\n`,
    env,
  );
  return services[0]!;
}

describe('what a key about decisions means', () => {
  it.each<[string, Partial<Service['policy']>]>([
    ['down_after: 3', { down_after: { count: 3, of: 3 } }],
    ['down_after: 3/5', { down_after: { count: 3, of: 5 } }],
    ['up_after: 2/20', { up_after: { count: 2, of: 20 } }],
    ['down_after: 40/40', { down_after: { count: 40, of: 40 } }],
    ['slow: 2s', { slow: { total: 2000 } }],
    ['slow: {total: 2s, first_byte: 500ms}', { slow: { total: 2000, first_byte: 500 } }],
    ['slow: none', { slow: null }],
    ['remind: 30m', { remind: { every_ms: 1_800_000, factor: 1, max_ms: null } }],
    [
      'remind: {every: 30m, factor: 2, max: 8h}',
      { remind: { every_ms: 1_800_000, factor: 2, max_ms: 28_800_000 } },
    ],
    ['remind: none', { remind: null }],
    ['flapping: true', { flapping: { high: 30, low: 20 } }],
    ['flapping: false', { flapping: null }],
    ['flapping: {high: 50}', { flapping: { high: 50, low: 20 } }],
    ['flapping: {high: 50, low: 25.5}', { flapping: { high: 50, low: 25.5 } }],
    ['watch: [title, cert_sha256]', { watch: ['title', 'cert_sha256'] }],
  ])('%s', async (keys, policy) => {
    expect((await service(keys)).policy).toEqual({ ...DEFAULT_POLICY, ...policy });
  });

  it.each<[string, Partial<Service>]>([
    ['run_if: [test, -e, /run/primary]', { run_if: ['test', '-e', '/run/primary'] }],
    ['run_if: [./primary]', { run_if: ['/etc/puptime/primary'] }],
    ['filter: {drop: "^#"}', { filter: [{ drop: '^#' }] }],
    ['filter: [{command: [./tidy, -x]}]', { filter: [{ command: ['/etc/puptime/tidy', '-x'] }] }],
    ['interval: 5m\n    jitter: 1m', { interval_ms: 300_000, jitter_ms: 60_000 }],
    [
      'maintenance: [{cron: "0 3 * * 0", for: 2h, tz: Europe/Oslo, note: backup}]',
      {
        maintenance: [
          { kind: 'recurring', cron: '0 3 * * 0', for_ms: 7_200_000, zone: 'Europe/Oslo', note: 'backup' },
        ],
      },
    ],
    [
      'maintenance: {from: 2026-12-01T02:00, to: 2026-12-01T04:00}',
      {
        maintenance: [
          { kind: 'single', from: '2026-12-01T02:00', to: '2026-12-01T04:00', zone: null, note: null },
        ],
      },
    ],
    [
      'maintenance: {from: 2026-12-01 02:00, for: 2h}',
      { maintenance: [{ kind: 'single', from: '2026-12-01 02:00', to: 7_200_000, zone: null, note: null }] },
    ],
    ['maintenance: []', { maintenance: [] }],
    ['depends_on: []', { depends_on: null }],
  ])('%s', async (keys, expected) => {
    expect(await service(keys)).toMatchObject(expected);
  });

  it('a key of its own takes the place of what defaults say', async () => {
    const defaults =
      '{remind: 1h, slow: 2s, flapping: true, interval: 5m, jitter: 5m, maintenance: {cron: "@daily", for: 1h}}';
    const inherited = await service('', defaults);
    expect(inherited.policy).toMatchObject({
      remind: { every_ms: 3_600_000 },
      slow: { total: 2000 },
      flapping: FLAPPING_LIMITS,
    });
    expect([inherited.jitter_ms, inherited.maintenance.length]).toEqual([300_000, 1]);
    const own = await service(
      'remind: none\n    slow: none\n    flapping: false\n    jitter: 0s\n    maintenance: []',
      defaults,
    );
    expect(own.policy).toEqual(DEFAULT_POLICY);
    expect([own.jitter_ms, own.maintenance]).toEqual([0, []]);
  });

  it('jitter of the defaults is for services with an interval, slow and its window for those that are no commands', async () => {
    const { services } = await check(
      'defaults: {jitter: 1m, slow: 2s, slow_window: 5}\nservices:\n  - {name: a, command: [x]}\n  - {name: b, target: "tcp://h:1", interval: 2m}\n',
    );
    expect(services.map(({ jitter_ms, policy }) => [jitter_ms, policy.slow])).toEqual([
      [0, null],
      [60_000, { total: 2000 }],
    ]);
  });

  it('references are put in where a number or a duration is wanted', async () => {
    const env = { AFTER: '3/5', EVERY: '10m', FACTOR: '2', FLAPS: 'false' };
    const keys =
      'down_after: "${AFTER}"\n    remind: {every: "${EVERY}", factor: "${FACTOR}"}\n    flapping: "${FLAPS}"';
    expect((await service(keys, '{}', env)).policy).toMatchObject({
      down_after: { count: 3, of: 5 },
      remind: { every_ms: 600_000, factor: 2 },
      flapping: null,
    });
  });

  it('those of programs wait until it is probed, so that no secret is in a checked config', async () => {
    const keys =
      'run_if: [test, -n, "${TOKEN}"]\n    filter: [{command: [x, "${TOKEN}"]}, {drop: "${TOKEN}"}]';
    const { run_if, filter } = await service(keys, '{}', { TOKEN: 'verysecret' });
    expect([run_if, filter]).toEqual([
      ['test', '-n', '${TOKEN}'],
      [{ command: ['x', '${TOKEN}'] }, { drop: '${TOKEN}' }],
    ]);
  });
});

describe('maintenance of the whole config', () => {
  it('is added to that of every service', async () => {
    const { services } = await check(`
maintenance: {cron: "0 3 * * 0", for: 2h, note: all}
defaults: {maintenance: {cron: "0 4 * * 0", for: 2h, note: most}}
services:
  - tcp://a:1
  - {name: b, target: "tcp://b:1", maintenance: [{cron: "0 5 * * 0", for: 2h, note: own}]}
`);
    expect(services.map(({ maintenance }) => maintenance.map(({ note }) => note))).toEqual([
      ['all', 'most'],
      ['all', 'own'],
    ]);
  });
});

describe('depends_on', () => {
  const TEXT = `
services:
  - {name: gw, target: "ping://192.0.2.1"}
  - {name: shop, matrix: {region: [eu, us], n: [1, 2]}, target: "tcp://h:1"}
`;
  const dependent = async (written: string, name = 'x') =>
    (await check(`${TEXT}  - {name: ${name}, target: "tcp://x:1", depends_on: ${written}}`)).services.at(-1)
      ?.depends_on;

  it.each([
    ['gw', { mode: 'all', names: ['gw'] }],
    ['[gw, shop/eu/1]', { mode: 'all', names: ['gw', 'shop/eu/1'] }],
    ['shop/eu', { mode: 'all', names: ['shop/eu/1', 'shop/eu/2'] }],
    ['[shop]', { mode: 'all', names: ['shop/eu/1', 'shop/eu/2', 'shop/us/1', 'shop/us/2'] }],
    ['{any: [shop/us, gw]}', { mode: 'any', names: ['shop/us/1', 'shop/us/2', 'gw'] }],
    ['{all: gw}', { mode: 'all', names: ['gw'] }],
    ['[gw, gw]', { mode: 'all', names: ['gw'] }],
  ])('%s', async (written, expected) => {
    expect(await dependent(written)).toEqual(expected);
  });

  it('a service of exactly that name is meant alone, so that router/port may need router', async () => {
    expect(await dependent('gw', 'gw/port-1')).toEqual({ mode: 'all', names: ['gw'] });
  });

  it('of the defaults it is for all but the one that is needed', async () => {
    const { services } = await check(
      'defaults: {depends_on: gw}\nservices:\n  - {name: gw, target: "tcp://h:1"}\n  - {name: a, target: "tcp://h:1"}\n',
    );
    expect(services.map(({ depends_on }) => depends_on?.names)).toEqual([undefined, ['gw']]);
  });

  it('of a name in another file, in any order, and by a matrix', async () => {
    const texts = [
      'services: [{name: web, matrix: {r: [a, b]}, target: "tcp://h:1", depends_on: ["gw/${matrix.r}"]}]',
      'services: [{name: gw, matrix: {r: [a, b]}, target: "tcp://h:1"}]',
    ];
    const sources = texts.map((text, index) => ({ file: `/${String(index)}.yaml`, text }));
    const checked = await checkConfig(sources, { cwd: '/', env: {} });
    if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
    const { services } = checked.value.config;
    expect(services.slice(0, 2).map(({ depends_on }) => depends_on?.names)).toEqual([['gw/a'], ['gw/b']]);
  });

  it('a name whose entry has mistakes is not called unknown', async () => {
    const text =
      'services:\n  - {name: gw, target: "pong://h"}\n  - {name: a, target: "tcp://h:1", depends_on: gw}\n';
    const checked = await checkConfig([{ file: '/x.yaml', text }], { cwd: '/', env: {} });
    expect(checked.ok ? [] : checked.problems.map(({ path }) => path)).toEqual(['services[0].target']);
  });

  it.each<[string, Record<string, readonly string[]>, readonly (readonly string[])[]]>([
    ['none', { a: ['b', 'c'], b: ['c'], c: [] }, []],
    ['oneself', { a: ['a'] }, [['a']]],
    ['two', { a: ['b'], b: ['a'] }, [['a', 'b']]],
    ['behind a tail', { a: ['b'], b: ['c'], c: ['d'], d: ['b'] }, [['b', 'c', 'd']]],
    ['named from the first in the map', { a: [], c: ['b'], b: ['c'] }, [['c', 'b']]],
    [
      'two of them',
      { a: ['b'], b: ['a'], c: ['d'], d: ['c'] },
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['one reached twice is told once', { x: ['a'], y: ['a'], a: ['b'], b: ['a'] }, [['a', 'b']]],
    ['a diamond is none', { a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }, []],
    ['what is not in the map has no end to come', { a: ['z'] }, []],
  ])('circles: %s', (_, graph, expected) => {
    expect(findCircles(new Map(Object.entries(graph)))).toEqual(expected);
  });

  it('circles: a chain of a hundred thousand, and its ring', () => {
    const chain = Array.from({ length: 100_000 }, (_, index): [string, string[]] => [
      `${index}`,
      [`${index + 1}`],
    ]);
    expect(findCircles(new Map(chain))).toEqual([]);
    expect(findCircles(new Map([...chain, ['100000', ['0']]]))[0]).toHaveLength(100_001);
  });
});

describe('canaries', () => {
  it('are services of their own kind: named apart, with the defaults of probing and none of decisions', async () => {
    const { canaries, services } = await check(`
defaults: {timeout: 3s, interval: 5m, jitter: 1m, depends_on: gw, down_after: 3, slow: 1s, hooks: none, tags: [x], remind: 1h}
maintenance: {cron: "@daily", for: 1h}
canaries:
  - ping://192.0.2.1
  - dns://9.9.9.9:53/example.org
  - {name: provider, target: "https://example.org", expect: {status: 204}, timeout: 1s}
  - {command: [./line-up]}
  - ping://192.0.2.1
services:
  - {name: gw, target: "tcp://h:1"}
`);
    expect(canaries.map(({ name }) => name)).toEqual([
      'canary/192.0.2.1',
      'canary/9.9.9.9:53',
      'canary/provider',
      'canary/line-up',
      'canary/192.0.2.1-2',
    ]);
    expect(canaries.map(({ timeout_ms }) => timeout_ms)).toEqual([3000, 3000, 1000, 3000, 3000]);
    for (const canary of canaries) {
      expect(canary).toMatchObject({
        policy: DEFAULT_POLICY,
        interval_ms: null,
        depends_on: null,
        maintenance: [],
        hooks: { replace: false, run: {} },
      });
    }
    expect(services.map(({ name }) => name)).toEqual(['gw']);
  });

  it('there are none without', async () => {
    expect((await check('services: ["tcp://a:1"]')).canaries).toEqual([]);
  });
});

it('per_host is as it is written', async () => {
  const written = await check('per_host: 4\nservices: ["tcp://a:1"]');
  expect([written.per_host, (await check('services: ["tcp://a:1"]')).per_host]).toEqual([4, null]);
});
