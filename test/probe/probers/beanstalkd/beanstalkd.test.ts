import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { beanstalkd } from '../../../../lib/probe/probers/beanstalkd.ts';
import { listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { type Daemon, describeWith, freePort, startDaemon, until } from '../../../servers/daemon.ts';

type Server = Daemon & { readonly port: number; close(): Promise<void> };

async function startBeanstalkd(): Promise<Server> {
  const port = await freePort();
  const daemon = await startDaemon({
    argv: ['beanstalkd', '-l', '127.0.0.1', '-p', String(port)],
    ready: port,
  });
  return { ...daemon, port, close: () => daemon.stop() };
}

const probe = (port: number, tube = '', entry: Entry = {}) =>
  probeTarget(beanstalkd, `beanstalkd://127.0.0.1:${String(port)}${tube}`, entry);
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

/** A client that says one thing after the other, and gives what is answered. */
async function client(port: number): Promise<{ say(text: string): Promise<string>; socket: Socket }> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  return {
    socket,
    async say(text) {
      socket.write(`${text}\r\n`);
      return String(((await once(socket, 'data')) as [Buffer])[0]);
    },
  };
}

describeWith(['beanstalkd'], 'a real beanstalkd', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startBeanstalkd();
  });
  afterAll(() => server.close());

  proberContract({
    prober: beanstalkd,
    target: (port) => `beanstalkd://127.0.0.1:${String(port)}/default`,
    healthy: startBeanstalkd,
  });

  test('healthy: its facts, of all tubes and of one', async () => {
    const { say, socket } = await client(server.port);
    expect(await say('use emails')).toContain('USING');
    for (const [priority, delay] of [
      [10, 0],
      [2000, 0],
      [2000, 0],
      [2000, 60],
    ])
      await say(`put ${String(priority)} ${String(delay)} 60 2\r\nhi`);
    expect(await say('watch emails')).toContain('WATCHING 2');
    expect(await say('reserve')).toContain('RESERVED 1');
    expect(await say('bury 1 5')).toContain('BURIED');
    expect(await say('reserve')).toContain('RESERVED 2');
    const all = await probe(server.port);
    expect(all.status, JSON.stringify(all.reasons)).toBe('up');
    const jobs = { ready: 1, urgent: 0, reserved: 1, delayed: 1, buried: 1, waiting: 0 };
    expect(all.facts).toMatchObject({ ...jobs, draining: false, tubes: 2, connections: 2, workers: 1 });
    expect(all.facts['version']).toMatch(/^\d+\.\d+/);
    expect(all.facts).not.toHaveProperty('tube');
    const one = await probe(server.port, '/emails');
    expect(one.status, JSON.stringify(one.reasons)).toBe('up');
    expect(one.facts).toMatchObject({ ...jobs, tube: true, paused: false, workers: 1 });
    await say('put 10 0 60 2\r\nhi');
    expect((await probe(server.port, '/emails')).facts).toMatchObject({ ready: 2, urgent: 1 });
    expect((await probe(server.port, '/default')).facts).toMatchObject({ tube: true, ready: 0 });
    await say('pause-tube emails 60');
    expect((await probe(server.port, '/emails')).facts['paused']).toBe(true);
    socket.destroy();
  });

  test('a tube that does not exist is status, and the config can allow it', async () => {
    const result = await probe(server.port, '/nobody');
    expect(verdict(result)).toEqual(['down', 'status', 'expect', 'tube']);
    expect(result.facts['version']).toMatch(/^\d/);
    expect((await probe(server.port, '/nobody', { expect: { tube: [true, false] } })).status).toBe('up');
    expect((await probe(server.port, '/nobody', { expect: { tube: false } })).status).toBe('up');
  });

  test('draining: read_only; frozen: timeout; stopped: refused', async () => {
    const own = await startBeanstalkd();
    own.signal('SIGUSR1');
    await until('it to drain', async () => (await probe(own.port)).facts['draining'] === true);
    expect(verdict(await probe(own.port))).toEqual(['down', 'read_only', 'expect', 'draining']);
    own.signal('SIGSTOP');
    const frozen = await probe(own.port, '', { timeout_ms: 300 });
    expect(verdict(frozen)).toEqual(['down', 'timeout', 'protocol', null]);
    await own.close();
    expect(verdict(await probe(own.port))).toEqual(['down', 'refused', 'connect', null]);
  });
});

describe('a peer that answers', () => {
  const peers: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const peer of peers.splice(0)) await peer.close();
  });
  const answering = async (reply: string) => {
    const peer = await listen((socket) => void socket.once('data', () => socket.write(reply)));
    peers.push(peer);
    return probe(peer.port, '/t', { timeout_ms: 600 });
  };

  test.each([
    ['OUT_OF_MEMORY\r\n', 'overloaded'],
    ['INTERNAL_ERROR\r\n', 'status'],
    ['UNKNOWN_COMMAND\r\n', 'status'],
    ['OK\r\n', 'protocol'],
    ['OK 9999999\r\n', 'too_large'],
    ['OK 3\r\nabcdef', 'protocol'],
    ['OK 19\r\n---\nversion: "1.4"\n\r\nINTERNAL_ERROR\r\n', 'status'],
  ])('%j', async (reply, code) => {
    const result = await answering(reply);
    expect([result.status, result.reason?.code]).toEqual(['down', code]);
  });

  test('an old one, that tells less, is up', async () => {
    const result = await answering('OK 19\r\n---\nversion: "1.4"\n\r\nOK 4\r\n---\n\r\n');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ version: '1.4', tube: true, draining: null });
  });
});

test.each(['/-emails', '/two%20words', '/a%0d%0adelete%201', `/${'x'.repeat(201)}`])(
  'the tube %s is refused',
  (tube) => {
    expect(() => jobFor(beanstalkd, `beanstalkd://h${tube}`)).toThrow(/expected the name of a tube/);
  },
);
