import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../servers/daemon.ts';
import { strictComplaintsOf } from '../schema/validator.ts';
import { type Place, createPlace, jsonLines } from './program.ts';
import { type Site, startSite } from './site.ts';

let place: Place;
let site: Site;
let closed: string;
beforeEach(async () => {
  place = createPlace('probe');
  site = await startSite();
  closed = `tcp://127.0.0.1:${String(await freePort())}`;
});
afterEach(() => {
  site.close();
  place.remove();
});

describe('probe', () => {
  test('bare URLs need no config, no state, and leave nothing', async () => {
    const { code, stdout, stderr } = await place.run([
      'probe',
      '--json',
      site.url,
      closed,
      `${site.url}other`,
    ]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    const results = jsonLines(stdout);
    const host = `127.0.0.1:${String(site.port)}`;
    expect(results.map(({ service, status }) => `${service} ${status}`).sort()).toEqual(
      [`${host} up`, `${host}-2 up`, `${closed.slice(6)} down`].sort(),
    );
    expect(results.flatMap((result) => strictComplaintsOf[result.schema]?.(result))).toEqual([]);
    expect(existsSync(place.state)).toBe(false);
  });

  test('names and bare URLs together; hooks and memory are none of its business', async () => {
    place.record('down', 'first', 'result', 'run');
    place.config({
      services: [
        { name: 'web', target: site.url },
        { name: 'gone', target: closed },
      ],
    });
    const { code, stdout } = await place.run(['probe', '--json', 'gone', site.url]);
    expect(code).toBe(2);
    expect(
      jsonLines(stdout)
        .map(({ service }) => service)
        .sort(),
    ).toEqual([`127.0.0.1:${String(site.port)}`, 'gone']);
    expect(place.news()).toEqual([]);
    expect(existsSync(place.state)).toBe(false);
  });

  test('exits with the worst status: down before unknown before degraded before up', async () => {
    place.config({
      services: [
        { name: 'web', target: site.url },
        { name: 'worried', target: site.url, prefer: { body: 'splendid' } },
        { name: 'grey', command: ['/no/such/tool'] },
        { name: 'gone', target: closed },
      ],
    });
    const code = async (...names: string[]) => (await place.run(['probe', '-q', ...names])).code;
    expect(await code('web')).toBe(0);
    expect(await code('web', 'worried')).toBe(1);
    expect(await code('worried', 'grey')).toBe(3);
    expect(await code()).toBe(2);
  });

  test('a name that is not there, a URL that is none: 64, nothing is probed', async () => {
    place.config({ services: [{ name: 'web', target: site.url }] });
    for (const [args, words] of [
      [['wbe', 'web'], 'wbe'],
      [['dhcp://127.0.0.1', site.url], 'dhcp'],
      [['http://', site.url], 'http'],
      [['--tag', 'nobody'], 'nobody'],
    ] as const) {
      const { code, stdout, stderr } = await place.run(['probe', ...args]);
      expect([args, code, stdout]).toEqual([args, 64, '']);
      expect(stderr).toContain(words);
    }
    expect(site.hits).toBe(0);
  });

  test('--due reads the memory and leaves it as it is', async () => {
    place.config({
      services: [
        { name: 'hourly', target: site.url, interval: '1h' },
        { name: 'always', target: site.url },
      ],
    });
    const due = async () => {
      const { stdout } = await place.run(['probe', '--due', '--json']);
      return jsonLines(stdout)
        .map(({ service }) => service)
        .sort();
    };
    expect(await due()).toEqual(['always', 'hourly']);
    await place.run(['run']);
    expect(await due()).toEqual(['always']);
    const before = place.texts('state');
    await due();
    expect(place.texts('state')).toEqual(before);
  });

  test('an undefined secret stops what probes, and only that', async () => {
    place.config({ services: [{ name: 'web', target: site.url, headers: { 'x-key': '${NOT_THERE}' } }] });
    for (const command of ['probe', 'run']) {
      const { code, stderr } = await place.run([command]);
      expect([command, code]).toEqual([command, 78]);
      expect(stderr).toContain('NOT_THERE');
    }
    expect(site.hits).toBe(0);
    for (const command of ['status', 'deliver', 'validate'])
      expect((await place.run([command])).code).toBe(0);
  });
});

describe('every format', () => {
  beforeEach(() => {
    place.config({
      services: [
        { name: 'shop/eu', target: site.url, group: 'a "b" <c>' },
        { name: 'worried', target: site.url, prefer: { body: 'splen|did' } },
        { name: 'gone', target: closed },
        { name: 'grey', command: ['/no/such/tool'] },
      ],
    });
  });
  const print = async (format: string) => {
    const { code, stdout, stderr } = await place.run(['probe', '-o', format]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    return stdout;
  };

  test('json and ndjson, for jq', async () => {
    const filter = `jq -r '"\\(.service) \\(.status)"'`;
    const { stdout } = await place.shell(`puptime probe -o ndjson | ${filter} | sort`);
    expect(stdout).toBe('gone down\ngrey unknown\nshop/eu up\nworried degraded\n');
    expect(JSON.parse(await print('json'))).toHaveLength(4);
  });

  test('nagios: one status line, one bar, exit code by status', async () => {
    const [first = '', ...rest] = (await print('nagios')).trimEnd().split('\n');
    expect(first).toMatch(/^PUPTIME CRITICAL - .* \| ('[^'=|]+'=-?[\d.]+(s|ms|%|B|c)?(;[^ ]*)*( |$))+$/);
    expect(rest).toHaveLength(4);
    expect(rest.join('').includes('|')).toBe(false);
    const broken = await place.run(['probe', '-o', 'nagios', 'no-such-service']);
    expect([broken.code, broken.stderr]).toEqual([3, expect.stringContaining('no-such-service')]);
  });

  test('tap: a plan that its lines keep', async () => {
    const lines = (await print('tap')).trimEnd().split('\n');
    const points = lines.filter((line) => /^(not )?ok /.test(line));
    expect(lines.some((line) => line === '1..4')).toBe(true);
    expect(points.map((line) => Number(/ok (\d+)/.exec(line)?.[1]))).toEqual([1, 2, 3, 4]);
    expect(points.find((line) => line.includes('gone'))).toMatch(/^not ok/);
  });

  test('junit: well-formed XML that counts its failures', async () => {
    const xml = await print('junit');
    const { code, stderr } = await place.shell(
      `python3 -c 'import sys, xml.dom.minidom as m; d = m.parse(sys.stdin).documentElement; print(len(d.getElementsByTagName("testcase")), file=sys.stderr)'`,
      { input: xml },
    );
    expect([code, stderr]).toEqual([0, '4\n']);
    expect(xml).toMatch(/<failure/);
  });

  test('prometheus: text that its grammar takes, each metric declared once', async () => {
    const lines = (await print('prometheus')).trimEnd().split('\n');
    const sample =
      /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*")*,?\})? (?:[-+]?[\d.]+(?:e[-+]?\d+)?|NaN|[-+]Inf)( \d+)?$/;
    const declared = new Set<string>();
    for (const line of lines) {
      const [, name] = /^# TYPE (\S+) (?:gauge|counter)$/.exec(line) ?? [];
      if (name !== undefined) {
        expect(declared.has(name)).toBe(false);
        declared.add(name);
      } else if (!line.startsWith('# HELP ')) {
        const [, metric = ''] = sample.exec(line) ?? [];
        expect([line, declared.has(metric)]).toEqual([line, true]);
      }
    }
    expect(lines.some((line) => line.includes('service="gone"'))).toBe(true);
  });
});

describe('secrets', () => {
  const SECRETS = {
    env: 'hunter2-äö+/&"x',
    file: 'file-Secret-77',
    cred: 'cred-Secret-88',
    header: 'hdr:Secret 99',
  };
  const forms = Object.values(SECRETS).flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(0, -1),
    Buffer.from(`user:${secret}`).toString('base64').replace(/=+$/, '').slice(8),
  ]);
  let redis: Server;
  beforeEach(async () => {
    // An echo for whoever asks: what it was sent comes back as its error.
    redis = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', (bytes) =>
        socket.end(`-ERR you said ${bytes.toString('utf8').replace(/\r\n/g, ' ')}\r\n`),
      );
    }).listen(0, '127.0.0.1');
    await once(redis, 'listening');
  });
  afterEach(() => redis.close());

  test('from environment, file, credentials and target are in no output and in no file', async () => {
    const address = redis.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    await place.shell(
      `mkdir creds; printf %s '${SECRETS.cred}' > creds/redis; printf '%s\\n' '${SECRETS.file}' > secret.txt`,
    );
    site.status = 500;
    place.record('first', 'down', 'result', 'run');
    const literal = 'literal-Secret-66';
    place.config({
      services: [
        { name: 'by-env', target: `redis://user:\${SECRET_ENV}@127.0.0.1:${String(port)}` },
        { name: 'by-file', target: `redis://:\${file:./secret.txt}@127.0.0.1:${String(port)}` },
        { name: 'by-cred', target: `redis://:\${cred:redis}@127.0.0.1:${String(port)}` },
        {
          name: 'by-header',
          target: `${site.url}?token=\${SECRET_HEADER}`,
          headers: { authorization: 'Bearer ${SECRET_HEADER}' },
          watch: 'body',
        },
        { name: 'literal', target: `redis://:${literal}@127.0.0.1:${String(port)}` },
        { name: 'by-argv', command: ['/bin/sh', '-c', 'echo "$0"; exit 2', '${SECRET_ENV}'] },
        { name: 'expected', target: closed.replace('tcp', 'redis'), expect: { version: '${SECRET_ENV}' } },
      ],
    });
    site.body = `you are ${SECRETS.header} ${encodeURIComponent(SECRETS.header)}`;
    const env = {
      SECRET_ENV: SECRETS.env,
      SECRET_HEADER: SECRETS.header,
      CREDENTIALS_DIRECTORY: `${place.dir}/creds`,
    };
    const printed: string[] = [];
    const look = async (...args: string[]) => {
      const { stdout, stderr } = await place.run(args, { env });
      printed.push(stdout, stderr);
    };
    await look('run', '--json', '-v');
    await look('run', '--dry-run');
    for (const format of ['human', 'ndjson', 'nagios', 'tap', 'junit', 'prometheus'])
      await look('probe', '-o', format);
    await look('status');
    await look('status', '--json');
    await look('hook', 'test', 'down', 'by-env');
    await look('validate');
    const results = jsonLines(printed[0] ?? '');
    expect(results).toHaveLength(7);
    expect(results.filter(({ status }) => status !== 'down').map(({ service }) => service)).toEqual([]);
    expect(site.headers['authorization'] === `Bearer ${SECRETS.header}` || site.hits > 2).toBe(true);
    const files = place
      .texts()
      .filter(
        ({ file }) => !/(creds\/redis|secret\.txt|puptime\.yaml)$/.test(file) && !file.includes('/cache/'),
      );
    expect(files.some(({ file }) => file.endsWith('memory.ndjson'))).toBe(true);
    expect(place.events().length).toBeGreaterThan(14);
    const cached = place.texts('cache');
    const leaks = [
      ...files,
      ...printed.map((text, index) => ({ file: `output ${String(index)}`, text })),
    ].flatMap(({ file, text }) =>
      [...forms, literal].filter((form) => text.includes(form)).map((form) => `${file}: ${form}`),
    );
    expect(leaks).toEqual([]);
    // the cache is the config once more: it may hold what is written there, never what was put in
    expect(cached.flatMap(({ text }) => forms.filter((form) => text.includes(form)))).toEqual([]);
    expect(printed.join('')).toContain('***');
  }, 60_000);

  test('`plain:` is shown, and short values are', async () => {
    place.config({ services: [{ name: 'web', target: `${site.url}\${plain:WHERE}/\${SHORT}` }] });
    const { stdout } = await place.run(['probe', '--json'], { env: { WHERE: 'health-check', SHORT: 'eu' } });
    expect(jsonLines(stdout)[0].target).toBe(`${site.url}health-check/eu`);
  });
});
