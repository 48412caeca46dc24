import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { type Socket, createServer } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../lib/words/result.ts';
import { unix } from '../../../lib/probe/probers/unix.ts';
import { MISBEHAVIOURS, type Misbehaviour } from '../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../contract/probe-target.ts';
import { startDaemon, temporaryDirectory } from '../../servers/daemon.ts';

const directory = temporaryDirectory('unix');
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(() => directory.remove());

let made = 0;
async function listenAt(handle: (socket: Socket) => void): Promise<string> {
  const file = path.join(directory.path, `${String((made += 1))}.sock`);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    handle(socket);
  });
  server.listen(file);
  await once(server, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return file;
}

const probe = (file: string, entry: Entry = {}) =>
  probeTarget(unix, `unix://${file}`, { timeout_ms: 500, ...entry });
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];
const DIALOGUE = {
  options: { dialogue: [{ expect: '+OK ' }, { send: 'hello\r\n' }, { expect: 'HELLO\r\n' }] },
};

function greet(socket: Socket): void {
  socket.write('+OK ready\r\n');
  socket.on('data', (data: Buffer) => socket.write(data.toString().toUpperCase()));
}

describe('unix', () => {
  test('a socket that accepts is up, without an address', async () => {
    const result = await probe(await listenAt(greet));
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect([result.address, result.family, result.timings.resolve_ms !== undefined]).toEqual([
      null,
      null,
      true,
    ]);
    expect(result.timings.connect_ms).not.toBeNull();
  });

  test('a dialogue, a banner, a reply', async () => {
    const file = await listenAt(greet);
    expect((await probe(file, DIALOGUE)).status).toBe('up');
    const result = await probe(file, {
      options: { send: 'x\n' },
      expect: { banner: '+OK', reply: 'X' },
      timeout_ms: 2000,
    });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test.each([
    ['silent', ['timeout'], 'protocol'],
    ['closing', ['closed'], 'protocol'],
    ['dripping', ['timeout', 'protocol', 'too_large'], 'protocol'],
    ['flooding', ['too_large', 'protocol', 'timeout'], 'protocol'],
    ['garbage', ['protocol'], 'protocol'],
  ] as const)('a %s server is down', async (misbehaviour: Misbehaviour, codes, phase) => {
    const result = await probe(await listenAt(MISBEHAVIOURS[misbehaviour]), DIALOGUE);
    expect([result.status, result.reason?.phase]).toEqual(['down', phase]);
    expect(codes).toContain(result.reason?.code);
  });

  test('no such file, a file that is no socket, a socket that nobody listens on: refused, at once', async () => {
    const plain = path.join(directory.path, 'plain');
    writeFileSync(plain, '');
    const stale = path.join(directory.path, 'stale.sock');
    execFileSync('python3', [
      '-c',
      'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])',
      stale,
    ]);
    for (const file of [path.join(directory.path, 'missing.sock'), `${plain}/below.sock`, plain, stale])
      expect(verdict(await probe(file)), file).toEqual(['down', 'refused', 'connect']);
  });

  test('a socket for datagrams is another protocol', async () => {
    const file = path.join(directory.path, 'datagrams.sock');
    const script = `import socket,sys,time; s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM); s.bind(sys.argv[1]); print("ready",flush=True); time.sleep(60)`;
    const daemon = await startDaemon({
      argv: ['python3', '-c', script, file],
      ready: (output) => output.includes('ready'),
    });
    const result = await probe(file);
    await daemon.stop();
    expect(verdict(result)).toEqual(['down', 'protocol', 'connect']);
  });

  test('a server whose queue is full is overloaded', async () => {
    const file = path.join(directory.path, 'full.sock');
    const script = `import socket,sys,time; s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(0)
c=[socket.socket(socket.AF_UNIX) for _ in range(3)]
for x in c:
  x.setblocking(False)
  try: x.connect(sys.argv[1])
  except BlockingIOError: pass
print("ready",flush=True); time.sleep(60)`;
    const daemon = await startDaemon({
      argv: ['python3', '-c', script, file],
      ready: (output) => output.includes('ready'),
    });
    const result = await probe(file);
    await daemon.stop();
    expect(verdict(result)).toEqual(['down', 'overloaded', 'connect']);
  });

  test('a socket that we may not use is unknown (permission)', async () => {
    const file = await listenAt(greet);
    chmodSync(file, 0o000);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    const result = await probe(file).finally(() => {
      if (isRoot) process.seteuid?.(0);
    });
    expect([result.status, result.reason?.code]).toEqual(['unknown', 'permission']);
  });

  test.each([
    ['unix://run/x.sock', 'three slashes: unix:///run/x.sock'],
    ['unix:///', 'it names no socket'],
    [`unix:///${'x'.repeat(120)}`, 'expected at most 107'],
  ])('a mistake: %s', (target, text) => {
    expect(() => jobFor(unix, target)).toThrow(text);
  });
});
