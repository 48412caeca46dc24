import { describe, expect, it } from 'vitest';
import { checkConfig, type CheckedTexts } from '../../lib/config/check-config.ts';
import { DEFAULT_POLICY } from '../../lib/words/policy.ts';
import type { Service } from '../../lib/words/service.ts';

async function check(
  text: string | readonly string[],
  env: Record<string, string> = {},
): Promise<CheckedTexts> {
  const texts = typeof text === 'string' ? [text] : text;
  const sources = texts.map((one, index) => ({ file: `/etc/puptime/${index}.yaml`, text: one }));
  const checked = await checkConfig(sources, { cwd: '/', env });
  if (!checked.ok)
    throw new Error(checked.problems.map(({ path, text: what }) => `${path}: ${what}`).join('\n'));
  return checked.value.config;
}

async function one(yaml: string, env: Record<string, string> = {}): Promise<Service> {
  const { services } = await check(yaml, env);
  expect(services).toHaveLength(1);
  return services[0]!;
}

describe('a service', () => {
  it('has what nobody needs to write', async () => {
    expect(await one('services: [{name: website, target: "https://example.org"}]')).toEqual({
      name: 'website',
      type: 'http',
      target: 'https://example.org',
      options: {},
      expect: {},
      prefer: {},
      about: { description: null, group: null, tags: [], vars: {}, runbook: null, hint: null },
      policy: DEFAULT_POLICY,
      hooks: { replace: false, run: {} },
      enabled: true,
      interval_ms: null,
      jitter_ms: 0,
      flapping_by_hook: true,
      run_if: null,
      depends_on: null,
      maintenance: [],
      timeout_ms: 10_000,
      retries: 0,
      retry_delay_ms: 1000,
      ip: 'any',
      source: null,
      proxy: null,
      resolve: null,
      tls: {},
      keep: [],
      filter: [],
      quiet: false,
      directory: '/etc/puptime',
    });
  });

  it('may say everything', async () => {
    const service = await one(`
services:
  - name: website
    description: the front door
    group: web
    tags: [public, "2"]
    vars: {contact: ann, room: 12}
    runbook: https://wiki.example.org/website
    hint: restart nginx
    target: https://example.org/health
    enabled: false
    interval: 1.5m
    timeout: 500ms
    retries: 2
    retry_delay: 2s
    down_after: 3
    up_after: 2
    slow: 800ms
    slow_window: 5
    expect: {status: 200, body: ok, json: {$.database: up}, cert_days: ">= 3"}
    prefer: {cert_days: ">= 21"}
    watch: title
    filter: [{drop: "^#"}, {replace: "[0-9]+", with: N}]
    keep: [body]
    hooks: {on_down: [./page-oncall, /usr/bin/x], on_up: ../y, replace: true}
    ip: 6
    source: 2001:db8::1
    resolve: 192.0.2.1
    tls: {ca: ./ca.pem, verify: false, min_version: "1.2"}
    quiet: true
`);
    expect(service).toMatchObject({
      about: { description: 'the front door', tags: ['public', '2'], vars: { contact: 'ann', room: 12 } },
      enabled: false,
      interval_ms: 90_000,
      timeout_ms: 500,
      policy: {
        down_after: { count: 3, of: 3 },
        up_after: { count: 2, of: 2 },
        slow: { total: 800 },
        slow_window: 5,
        watch: ['title'],
      },
      hooks: {
        replace: true,
        run: { on_down: ['/etc/puptime/page-oncall', '/usr/bin/x'], on_up: ['/etc/y'] },
      },
      ip: '6',
      tls: { ca: '/etc/puptime/ca.pem', verify: false, min_version: '1.2' },
      keep: ['body'],
    });
  });

  it('is made by one file of YAML and of JSON alike', async () => {
    const json = { services: [{ name: 'a', target: 'tcp://h:1', tags: ['x'], expect: { open: true } }] };
    const yaml = 'services:\n- name: a\n  target: tcp://h:1\n  tags: [x]\n  expect:\n    open: true\n';
    expect(await check(JSON.stringify(json))).toEqual(await check(yaml));
  });

  it('can be no service at all: hooks: none', async () => {
    const service = await one('services: [{name: a, target: "tcp://h:1", hooks: none}]');
    expect(service.hooks).toEqual({ replace: true, run: {} });
  });

  it('may be a program, whose relative path begins at the file', async () => {
    const service = await one('services: [{name: a, command: [./check, ./x], cwd: sub}]');
    expect(service).toMatchObject({ type: 'command', target: null });
    expect(service.options).toEqual({ command: ['/etc/puptime/check', './x'], cwd: '/etc/puptime/sub' });
    expect((await one('services: [{name: a, command: [check_x]}]')).options).toEqual({
      command: ['check_x'],
    });
  });

  it('may take what it needs from an anchor, merged or not', async () => {
    const yaml =
      'x-web: &web {timeout: 3s, tags: [a]}\nservices:\n  - {<<: *web, name: a, target: "tcp://h:1", timeout: 4s}\n';
    expect(await one(yaml)).toMatchObject({ timeout_ms: 4000, about: { tags: ['a'] } });
  });
});

describe('an entry that is only a URL is named', () => {
  it.each([
    ['https://example.org/health', 'example.org'],
    ['https://example.org:8443', 'example.org:8443'],
    ['redis://:password@cache:6379/0', 'cache:6379'],
    ['http://192.0.2.1/', '192.0.2.1'],
    ['http://[2001:db8::1]/', '2001:db8::1'],
    ['http://[2001:db8::1]:81/', '[2001:db8::1]:81'],
  ])('%s as %s', async (target, name) => {
    expect((await one(JSON.stringify({ services: [target] }))).name).toBe(name);
  });
  it('with -2 and so on where the name is taken, also by an entry further down', async () => {
    const targets = ['https://a', 'https://a/x', { name: 'a-2', target: 'https://b' }, 'http://a'];
    const { services } = await check(JSON.stringify({ services: targets }));
    expect(services.map(({ name }) => name)).toEqual(['a', 'a-3', 'a-2', 'a-4']);
  });
});

describe('a matrix', () => {
  it('makes one service of each combination, its keys in written order', async () => {
    const { services } = await check(`
services:
  - name: shop
    matrix: {region: [eu, us], port: [80, 81]}
    target: http://\${matrix.region}.example.org:\${matrix.port}/$\${matrix.region}
    retries: 1
    vars: {port: "\${matrix.port}"}
`);
    expect(services.map(({ name, target }) => [name, target])).toEqual([
      ['shop/eu/80', 'http://eu.example.org:80/$${matrix.region}'],
      ['shop/eu/81', 'http://eu.example.org:81/$${matrix.region}'],
      ['shop/us/80', 'http://us.example.org:80/$${matrix.region}'],
      ['shop/us/81', 'http://us.example.org:81/$${matrix.region}'],
    ]);
    expect(services[1]!.about.vars).toEqual({ port: 81 });
  });
  it('may be used by keys that want a duration or a number, and by the name itself', async () => {
    const { services } = await check(`
services:
  - name: x-\${matrix.n}
    matrix: {n: [1, 2], t: [3s]}
    target: tcp://h:1
    retries: \${matrix.n}
    timeout: \${matrix.t}
`);
    expect(services.map(({ name, retries, timeout_ms }) => [name, retries, timeout_ms])).toEqual([
      ['x-1', 1, 3000],
      ['x-2', 2, 3000],
    ]);
  });
});

describe('defaults', () => {
  const text = `
defaults:
  interval: 1m
  slow: 2s
  tls: {verify: false, ca: ./ca.pem}
  vars: {contact: ann, room: 1}
  expect: {role: master}
  prefer: {cert_days: ">= 30"}
services:
  - {name: site, target: "https://h", vars: {room: 2}, tls: {verify: true}, prefer: {version: "2"}}
  - {name: plain, target: "http://h"}
  - {name: cache, target: "redis://h", interval: 5m}
  - {name: program, command: [x]}
`;
  it('are for all services, maps merged one level deep, and facts only where they are', async () => {
    const { services } = await check(text);
    const [site, plain, cache, program] = services;
    expect(site).toMatchObject({
      interval_ms: 60_000,
      about: { vars: { contact: 'ann', room: 2 } },
      tls: { verify: true, ca: '/etc/puptime/ca.pem' },
      expect: {},
      prefer: { cert_days: '>= 30', version: '2' },
    });
    expect(plain!.prefer).toEqual({});
    expect(cache).toMatchObject({ interval_ms: 300_000, expect: { role: 'master' }, prefer: {} });
    expect(program!.policy.slow).toBeNull();
    expect(site!.policy.slow).toEqual({ total: 2000 });
  });
});

describe('several files', () => {
  it('add up, and the defaults of one are for all', async () => {
    const config = await check([
      'hooks: {dir: ./h, env: [A]}\nstate: ./state\nservices: [{name: a, target: "tcp://h:1"}]',
      'defaults: {timeout: 3s}\nservices: [{name: b, target: "tcp://h:1"}]',
      '# nothing in this one\n',
    ]);
    expect(config.services.map(({ name, timeout_ms }) => [name, timeout_ms])).toEqual([
      ['a', 3000],
      ['b', 3000],
    ]);
    expect(config).toMatchObject({
      state: '/etc/puptime/state',
      hooks: { dir: '/etc/puptime/h', env: ['A'] },
    });
  });
  it('must not say a top-level key or a name twice', async () => {
    const a = 'state: /x\nservices: [{name: a, target: "tcp://h:1"}]';
    await expect(check([a, a])).rejects.toThrow(
      'state: saw state again (it is in 0.yaml too), expected it in one file\n' +
        'services[0].name: saw the name "a", which services[0] of 0.yaml has, expected another',
    );
  });
  it('may hold no service at all: a host that only delivers', async () => {
    expect((await check('hooks: {timeout: 5s}')).hooks.timeout_ms).toBe(5000);
  });
});

describe('references in keys that are needed before probing', () => {
  it('are put in at once, with the type that the key wants', async () => {
    const env = { RETRIES: '2', T: '5s', ON: 'true' };
    const yaml =
      'services: [{name: a, target: "tcp://h:1", retries: "${RETRIES}", timeout: "${T}", quiet: "${ON}", interval: "${I:-1m}"}]';
    expect(await one(yaml, env)).toMatchObject({
      retries: 2,
      timeout_ms: 5000,
      quiet: true,
      interval_ms: 60_000,
    });
  });
  it('are held against the schema like what is written', async () => {
    const yaml = 'services: [{name: a, target: "tcp://h:1", retries: "${RETRIES}", timeout: "${T}"}]';
    await expect(check(yaml, { RETRIES: 'two', T: 'soon' })).rejects.toThrow(
      /retries: saw a value that is no integer, expected one\n.*timeout: saw "soon", expected a duration/s,
    );
  });
  it('leave their key out and are noted where they have no value', async () => {
    const service = await one('services: [{name: a, target: "tcp://h:1", timeout: "${T}"}]');
    expect(service.timeout_ms).toBe(10_000);
    expect(service.missing).toEqual(['${T} is not set: export T, or write ${env:T:-default}']);
  });
  it('of the state directory must have one', async () => {
    await expect(check('state: ${S}\nservices: []')).rejects.toThrow('${S} is not set');
  });
});

it('references that wait are no mistake, whatever is wanted where they stand', async () => {
  const service = await one(`
services:
  - name: a
    target: http://\${HOST}:\${PORT}/\${PATH_}
    redirects: \${REDIRECTS}
    method: \${METHOD}
    expect: {status: "\${STATUS}", body: {matches: "\${RE}("}}
    group: \${GROUP}
`);
  expect(service.options).toEqual({ redirects: '${REDIRECTS}', method: '${METHOD}' });
});
