import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testCertificates } from '../servers/certificates.ts';
import { freePort } from '../servers/daemon.ts';
import { startRedis } from '../servers/redis.ts';
import { type Parsed, type Place, createPlace } from './program.ts';
import { type Site, startSite } from './site.ts';

let place: Place;
let site: Site;
beforeEach(async () => {
  place = createPlace('explain');
  site = await startSite();
});
afterEach(() => {
  site.close();
  place.remove();
});

const explained = async (...args: string[]): Promise<Parsed> =>
  JSON.parse((await place.run(['explain', '--json', ...args])).stdout);
const saidBy = ({ transcript }: Parsed, direction: string): string =>
  transcript
    .filter((turn: Parsed) => turn.direction === direction)
    .map(({ text }: Parsed) => text)
    .join('');

describe('a probe told in full', () => {
  test('a bare URL needs no config: phases with bytes, transcript, each expectation', async () => {
    const { code, stdout, stderr } = await place.run(['explain', site.url]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const part of ['config', 'phases', 'transcript', 'facts', 'expected', 'result', 'decision', 'hooks'])
      expect(stdout).toMatch(new RegExp(`^${part}$`, 'm'));
    expect(stdout).toContain('> GET / HTTP/1.1');
    expect(stdout).toContain('< all is well');
    expect(stdout).toMatch(/ok +expect +status +expected 200 to 299, got 200/);
    const told = await explained(site.url);
    expect(told).toMatchObject({
      schema: 'puptime.explanation.v1',
      result: { status: 'up', facts: { status: 200 } },
    });
    expect(told.phases.map(({ phase }: Parsed) => phase)).toEqual([
      'resolve',
      'connect',
      'first_byte',
      'transfer',
    ]);
    const [connection] = told.connections;
    expect(connection.sent).toBe(Buffer.byteLength(saidBy(told, 'sent').replaceAll('\n', '\r\n')));
    expect(connection.received).toBeGreaterThan('all is well'.length);
    expect(existsSync(place.state)).toBe(false);
  });

  test('what is not met is said with expected and got, and the status is the exit code', async () => {
    site.status = 503;
    place.config({
      services: [{ name: 'web', target: site.url, expect: { body: 'fine' }, prefer: { size: '< 5' } }],
    });
    const { code, stdout } = await place.run(['explain', 'web']);
    expect(code).toBe(2);
    expect(stdout).toMatch(/NOT MET +expect +status +expected 200 to 299, got 503/);
    const { expectations } = await explained('web');
    expect(
      expectations.map(({ section, fact, outcome }: Parsed) => `${section} ${fact} ${outcome}`).sort(),
    ).toEqual(['expect body unmet', 'expect status unmet', 'prefer size unmet']);
    place.config({ services: [{ name: 'gone', target: `tcp://127.0.0.1:${String(await freePort())}` }] });
    const gone = await explained('gone');
    expect(gone.expectations).toMatchObject([{ fact: 'open', got: null, outcome: 'not_seen' }]);
    expect(gone.transcript).toEqual([]);
  });

  test('secrets are nowhere in it, however short, in whatever form', async () => {
    const secret = 'hush-hush/9';
    site.body = `you sent ${secret} and ${Buffer.from(`me:${secret}`).toString('base64')}`;
    place.config({
      services: [
        {
          name: 'web',
          target: site.url.replace('//', '//me:${PW}@'),
          headers: { 'X-Key': '${PW}', Cookie: 'a=b1' },
        },
      ],
    });
    const env = { PW: secret };
    for (const args of [[], ['--json'], ['-v']]) {
      const { code, stdout } = await place.run(['explain', 'web', ...args], { env });
      expect(code).toBe(0);
      expect(stdout).not.toContain(secret);
      expect(stdout).not.toContain(Buffer.from(`me:${secret}`).toString('base64').slice(0, 12));
      expect(stdout).not.toContain('a=b1');
      expect(stdout).toContain('Authorization: ***');
    }
    const redis = await startRedis({ settings: { requirepass: 'abc' } });
    try {
      const { stdout } = await place.run(['explain', `redis://:abc@127.0.0.1:${String(redis.port)}`]);
      expect(stdout).toContain('> AUTH');
      expect(stdout).toContain('< +PONG');
      expect(stdout).not.toMatch(/^ {2}> abc$|:abc@/m);
    } finally {
      await redis.stop();
    }
  });

  test('TLS: the chain, the bytes of the handshake, and HTTP/2 in words', async () => {
    const { valid, ca } = testCertificates();
    const [cert, key] = [readFileSync(valid.cert), readFileSync(valid.key)];
    const server = createSecureServer({ cert, key }, (_, response) => response.end('over h2'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    place.config({ services: [{ name: 'web', target: `https://localhost:${String(port)}/x`, tls: { ca } }] });
    try {
      const told = await explained('web');
      expect(told.result.status).toBe('up');
      expect(told.resolved).toMatchObject([
        { host: 'localhost', addresses: expect.arrayContaining(['127.0.0.1']) },
      ]);
      const tls = told.phases.find(({ phase }: Parsed) => phase === 'tls');
      expect(tls.sent).toBeGreaterThan(100);
      expect(tls.received).toBeGreaterThan(cert.length / 3);
      expect(told.connections.at(-1).received).toBeGreaterThan(tls.received);
      expect(saidBy(told, 'sent')).toContain('GET /x HTTP/2');
      expect(saidBy(told, 'received')).toContain('HTTP/2 200');
      const { stdout } = await place.run(['explain', 'web']);
      expect(stdout).toMatch(/TLS 1\.3, .*, h2 by ALPN\n {2}.*issued by .*: (89|90)[.\d]* days left/);
    } finally {
      server.close();
    }
  });

  test('what a peer sends is bounded and can move no cursor', async () => {
    site.body = `\u001b[2Jx\n${'y'.repeat(100_000)}`;
    const { stdout } = await place.run(['explain', site.url, '-v']);
    expect(stdout).not.toContain('\u001b');
    expect(stdout.length).toBeLessThan(10_000);
    expect(stdout).toMatch(/< … 10\d{4} bytes in all/);
  });
});

describe('the decision', () => {
  test('says how far it is, when it would be announced, and which hook would run', async () => {
    const down = place.hook('on_down');
    const slow = place.hook('on_slow.d/10-sms');
    site.status = 500;
    place.config({
      services: [
        { name: 'web', target: site.url, down_after: 3, interval: '1m', depends_on: 'gw' },
        { name: 'gw', target: site.url, expect: { status: 500 } },
        { name: 'own', target: site.url, hooks: 'none' },
      ],
    });
    await place.run(['run']);
    const before = place.memory();
    const { decision } = await explained('web');
    expect(decision).toMatchObject({ now: [], held: null });
    expect(decision.counts[0]).toBe('2 of 3 failures in a row');
    expect(decision.next[0]).toMatch(/^on_down with the next failing run, at 20/);
    expect(decision.holds).toEqual(['parent gw is working', 'nothing holds it']);
    expect(decision.hooks).toMatchObject([
      { event: 'down', path: down, runs: false, why: expect.stringContaining('not yet: on_down') },
      { event: 'slow', path: slow, runs: false, why: 'nothing to tell it' },
    ]);
    // it only looks
    expect(place.memory()).toEqual(before);
    const own = await explained('own');
    expect(own.decision.hooks.map(({ why }: Parsed) => why)).toContain('this service has hooks: none');
    place.age(60_000);
    await place.run(['run']);
    const { stdout } = await place.run(['explain', 'web']);
    expect(stdout).toContain('would be announced: on_down');
    expect(stdout).toContain(`on_down: ${down} would run: it is announced now`);
    expect(place.events()).toEqual([]);
  });

  test('names what holds it back: a parent, a silence; and what else keeps it from being probed', async () => {
    const down = place.hook('on_down');
    place.config({
      services: [
        { name: 'web', target: site.url, enabled: false, run_if: ['/bin/false'] },
        { name: 'quiet', target: site.url },
      ],
    });
    await place.run(['run']);
    site.status = 500;
    await place.run(['silence', 'quiet', '--for', '1h', '--note', 'racks']);
    const { decision } = await explained('quiet');
    expect(decision.held).toMatchObject({
      cause: expect.stringContaining('silence: racks'),
      events: ['down'],
    });
    expect(decision.hooks[0]).toMatchObject({
      path: down,
      runs: false,
      why: expect.stringContaining('held back: silence'),
    });
    const { notes } = (await explained('web')).decision;
    expect(notes).toEqual([
      'nothing is remembered of it yet',
      'enabled: false, so run does not probe it',
      'run_if does not hold, so run would not probe it now',
    ]);
  });

  test('an unsafe hook is refused', async () => {
    place.hook('on_first');
    place.config({ services: [{ name: 'web', target: site.url }] });
    await place.shell('chmod 666 hooks/on_first; chmod +x hooks/on_first');
    const { decision } = await explained('web');
    expect(decision.hooks[0]).toMatchObject({
      runs: false,
      why: expect.stringMatching(/^refused: .*writable/),
    });
  });
});

test.each([
  [['explain', 'wbe'], 64, 'no service matches'],
  [['explain', 'shop'], 64, 'expected one of shop/eu, shop/us'],
  [['explain'], 64, ''],
  [['explain', 'htpp://x'], 64, 'did you mean http'],
  [['explain', 'web', '-o', 'tap'], 64, 'expected human, json or ndjson'],
])('%j is %i', async (args, code, words) => {
  place.config({
    services: [
      { name: 'web', target: site.url },
      { name: 'shop', matrix: { region: ['eu', 'us'] }, target: `${site.url}\${matrix.region}` },
    ],
  });
  const ended = await place.run(args);
  expect([ended.code, ended.stdout, ended.stderr]).toEqual([code, '', expect.stringContaining(words)]);
});
