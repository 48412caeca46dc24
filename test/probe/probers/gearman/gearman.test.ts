import { spawn } from 'node:child_process';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { gearman } from '../../../../lib/probe/probers/gearman.ts';
import { listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import {
  type Daemon,
  describeWith,
  findProgram,
  freePort,
  startDaemon,
  temporaryDirectory,
  until,
} from '../../../servers/daemon.ts';
import { startTlsFront } from '../../../servers/tls-front.ts';

type Server = Daemon & { readonly port: number; close(): Promise<void> };

async function startGearmand(): Promise<Server> {
  const port = await freePort();
  const temporary = temporaryDirectory('gearmand');
  const user = process.getuid?.() === 0 ? ['-u', 'root'] : [];
  const at = (name: string) => path.join(temporary.path, name);
  const daemon = await startDaemon({
    argv: ['gearmand', '-L', '127.0.0.1', '-p', String(port), '-l', at('log'), '-P', at('pid'), ...user],
    ready: port,
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}

const probe = (port: number, name = '', entry: Entry = {}) =>
  probeTarget(gearman, `gearman://127.0.0.1:${String(port)}${name}`, entry);
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

/** Starts Debian’s client or worker; ends when the function that is given back is called. */
function tool(port: number, ...argv: readonly string[]): () => void {
  const program = findProgram('gearman') ?? 'gearman';
  const child = spawn(program, ['-h', '127.0.0.1', '-p', String(port), ...argv], { stdio: 'ignore' });
  return () => void child.kill('SIGKILL');
}

describeWith(['gearmand', 'gearman', 'openssl'], 'a real gearmand', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startGearmand();
  });
  afterAll(() => server.close());

  proberContract({
    prober: gearman,
    target: (port) => `gearman://127.0.0.1:${String(port)}`,
    tlsTarget: (port) => `gearmans://127.0.0.1:${String(port)}`,
    healthy: () => startGearmand(),
  });

  // Debian’s build has no TLS, so a proxy stands before it.
  tlsContract({
    prober: gearman,
    name: 'gearmans (TLS by a proxy)',
    target: (port) => `gearmans://localhost:${String(port)}`,
    start: (certificate) => startTlsFront(server.port, certificate),
  });

  test('without any function it is up, and a function that nobody has registered is status', async () => {
    const result = await probe(server.port);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ functions: 0, queued: 0, running: 0, workers: null, stuck: [] });
    expect(result.facts['version']).toMatch(/^\d+\.\d+/);
    const none = await probe(server.port, '/nobody');
    expect(verdict(none)).toEqual(['down', 'status', 'expect', 'workers']);
    expect((await probe(server.port, '/nobody', { expect: { workers: 0 } })).status).toBe('up');
  });

  test('jobs that wait without a worker, then with one that is at work', async () => {
    const clients = [1, 2].map(() => tool(server.port, '-f', 'resize image', '-s'));
    await until('the jobs', async () => (await probe(server.port)).facts['queued'] === 2);
    const waiting = await probe(server.port, '/resize%20image');
    expect(verdict(waiting)).toEqual(['down', 'status', 'expect', 'workers']);
    expect(waiting.facts).toMatchObject({
      queued: 2,
      running: 0,
      workers: 0,
      stuck: ['resize image'],
      functions: 1,
    });
    const endWorker = tool(server.port, '-w', '-f', 'resize image', 'sleep', '30');
    await until(
      'the worker',
      async () => (await probe(server.port, '/resize%20image')).facts['running'] === 1,
    );
    const working = await probe(server.port, '/resize%20image');
    expect(working.status, JSON.stringify(working.reasons)).toBe('up');
    expect(working.facts).toMatchObject({ queued: 1, running: 1, workers: 1, stuck: [] });
    const crowded = await probe(server.port, '', { expect: { queued: 0 } });
    expect(verdict(crowded)).toEqual(['down', 'overloaded', 'expect', 'queued']);
    for (const end of [endWorker, ...clients]) end();
  });

  test('frozen: timeout; stopped: refused', async () => {
    const own = await startGearmand();
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
  const answering = async (reply: string, name = '') => {
    const peer = await listen((socket) => void socket.once('data', () => socket.write(reply)));
    peers.push(peer);
    return probe(peer.port, name, { timeout_ms: 600 });
  };

  test.each([
    ['the server in Perl', '1.130.2\n.\n'],
    ['CRLF', 'OK 1.1\r\nf\t0\t0\t1\r\n.\r\n'],
    ['one that knows no version', 'ERR unknown_command Unknown+server+command\r\nf\t1\t1\t0\n.\n'],
  ])('%s is up', async (_, reply) => {
    const result = await answering(reply);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test.each([
    ['OK\n', 'protocol'],
    ['OK 1.1\nERR no+memory out\n', 'status'],
    ['OK 1.1\nf\t1\t2\n.\n', 'protocol'],
    ['OK 1.1\nf\t1\t2\t-3\n.\n', 'protocol'],
    [`OK 1.1\n${'x'.repeat(5000)}\t1\t1\t1\n`, 'too_large'],
    [`OK 1.1\n${'f\t1\t1\t1\n'.repeat(20_001)}.\n`, 'too_large'],
  ])('%.20j …', async (reply, code) => {
    const result = await answering(reply);
    expect([result.status, result.reason?.code]).toEqual(['down', code]);
  });
});

test('a function with a tab in its name is refused', () => {
  expect(() => jobFor(gearman, 'gearman://h/a%09b')).toThrow(/expected the name of a function/);
});
