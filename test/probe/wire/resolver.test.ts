import { type Socket, createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decode, encode } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CannotTell, Fault } from '../../../lib/probe/prober.ts';
import { createResolver } from '../../../lib/probe/wire/resolver.ts';

type Answers = {
  readonly [name: string]: readonly string[] | 'NXDOMAIN' | 'SERVFAIL' | 'silent' | 'nothing';
};

/** A DNS server on loopback that answers from a table; asked counts the questions. */
async function startDns(answers: Answers): Promise<{ server: string; asked: string[]; socket: Socket }> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (message, from) => {
    const query = decode(message);
    const [question] = query.questions ?? [];
    if (!question) return;
    asked.push(`${question.name} ${question.type}`);
    const known = answers[question.name] ?? 'NXDOMAIN';
    if (known === 'silent') return;
    const rcode = known === 'NXDOMAIN' ? 3 : known === 'SERVFAIL' ? 2 : 0;
    const addresses = typeof known === 'string' ? [] : known;
    const matching = addresses.filter((ip) => ip.includes(':') === (question.type === 'AAAA'));
    const reply = encode({
      type: 'response',
      id: query.id ?? 0,
      flags: 0x8180 | rcode,
      questions: query.questions ?? [],
      answers: matching.map((data) => ({ name: question.name, type: question.type as 'A', ttl: 60, data })),
    });
    socket.send(reply, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { server: `127.0.0.1:${socket.address().port}`, asked, socket };
}

const ANSWERS: Answers = {
  'both.test': ['192.0.2.1', '2001:db8::1'],
  'four.test': ['192.0.2.4'],
  'short.corp.test': ['192.0.2.9'],
  'empty.test': 'nothing',
  'broken.test': 'SERVFAIL',
  'silent.test': 'silent',
};

describe('resolving', () => {
  let dns: Awaited<ReturnType<typeof startDns>>;
  let dir: string;
  beforeAll(async () => {
    dns = await startDns(ANSWERS);
    dir = mkdtempSync(path.join(tmpdir(), 'resolver-'));
    writeFileSync(path.join(dir, 'hosts'), '127.0.0.1 localhost\n192.0.2.77 Listed.test alias # comment\n');
    writeFileSync(path.join(dir, 'resolv.conf'), 'search corp.test.\noptions ndots:1\n');
  });
  afterAll(() => {
    dns.socket.close();
    rmSync(dir, { recursive: true });
  });

  const resolver = () =>
    createResolver({
      servers: [dns.server],
      hostsFile: path.join(dir, 'hosts'),
      resolvConf: path.join(dir, 'resolv.conf'),
      timeout_ms: 150,
      tries: 1,
    });
  const ips = async (host: string) => (await resolver().resolve(host)).map(({ ip }) => ip);
  const failure = (host: string) =>
    resolver()
      .resolve(host)
      .then(
        () => null,
        (error: unknown) => error,
      );

  test('an address is itself and asks nobody', async () => {
    dns.asked.length = 0;
    expect(await ips('192.0.2.55')).toEqual(['192.0.2.55']);
    expect(await ips('2001:db8::5')).toEqual(['2001:db8::5']);
    expect(dns.asked).toEqual([]);
  });

  test('/etc/hosts comes first, in any case of letters', async () => {
    expect(await ips('listed.TEST')).toEqual(['192.0.2.77']);
    expect(await ips('localhost')).toEqual(['127.0.0.1']);
  });

  test('both families are asked for', async () => {
    expect((await ips('both.test')).toSorted()).toEqual(['192.0.2.1', '2001:db8::1']);
  });

  test('a name is asked for once, however many services have it', async () => {
    dns.asked.length = 0;
    const one = resolver();
    await Promise.all([one.resolve('four.test'), one.resolve('four.test'), one.resolve('four.test')]);
    expect(dns.asked.toSorted()).toEqual(['four.test A', 'four.test AAAA']);
  });

  test('a short name is completed with the search domains', async () => {
    expect(await ips('short')).toEqual(['192.0.2.9']);
  });

  test('a name that does not exist, one without address, one whose zone is broken', async () => {
    const codes = await Promise.all(['gone.test', 'empty.test', 'broken.test'].map(failure));
    expect(codes.map((error) => error instanceof Fault && error.finding.code)).toEqual([
      'resolve_nxdomain',
      'resolve_failed',
      'resolve_failed',
    ]);
  });

  test('a resolver that says nothing is our trouble', async () => {
    const error = await failure('silent.test');
    expect(error instanceof CannotTell && error.code).toBe('resolver_silent');
  });

  test('a resolver that is not there is our trouble', async () => {
    const gone = createResolver({
      servers: ['127.0.0.1:1'],
      timeout_ms: 150,
      tries: 1,
      hostsFile: '/dev/null',
      resolvConf: '/dev/null',
    });
    const error = await gone.resolve('four.test').then(
      () => null,
      (problem: unknown) => problem,
    );
    expect(error instanceof CannotTell && error.code).toBe('resolver_silent');
  });

  test('fifty dead names do not hold up a live one', async () => {
    const one = createResolver({
      servers: [dns.server],
      timeout_ms: 1000,
      tries: 2,
      hostsFile: '/dev/null',
      resolvConf: '/dev/null',
    });
    const dead = Array.from({ length: 50 }, (_, index) =>
      one.resolve(`silent.test${index === 0 ? '' : '.'}`).catch(() => null),
    );
    const began = performance.now();
    await one.resolve('four.test');
    expect(performance.now() - began).toBeLessThan(500);
    one.cancel();
    await Promise.all(dead);
  });
});
