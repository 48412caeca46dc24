import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { gopher } from '../../../../lib/probe/probers/gopher.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { describeWith, temporaryDirectory, until } from '../../../servers/daemon.ts';
import { type ActivatedServer, startActivated } from '../../../servers/socket-activation.ts';

const probe = (port: number, where = '', entry: Entry = {}) =>
  probeTarget(gopher, `gopher://127.0.0.1:${String(port)}${where}`, entry);
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

describeWith(['gophernicus', 'systemd-socket-activate', 'setpriv'], 'a real gophernicus', () => {
  const files = temporaryDirectory('gopher');
  const start = () =>
    startActivated('gophernicus', '-nf', '-nx', '-r', files.path, '-h', 'localhost', '-p', 'PORT');
  let server: ActivatedServer;
  beforeAll(async () => {
    chmodSync(files.path, 0o755);
    mkdirSync(path.join(files.path, 'docs'));
    const write = (name: string, text: string | Buffer) =>
      writeFileSync(path.join(files.path, name), text, { mode: 0o644 });
    write('gophermap', 'Welcome.\n\n0About\t/about.txt\n1Docs\t/docs\n');
    write('about.txt', 'Hello there.\n');
    write('docs/file.bin', Buffer.alloc(3000, 7));
    server = await start();
  });
  afterAll(async () => {
    await server.stop();
    files.remove();
  });

  proberContract({
    prober: gopher,
    target: (port) => `gopher://127.0.0.1:${String(port)}`,
    healthy: () => Promise.resolve({ port: server.port, close: () => undefined }),
    half: 30,
  });

  test('its menu: what it shows, and where it leads', async () => {
    const result = await probe(server.port);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ found: true, entries: 2, items: ['/about.txt', '/docs'] });
    expect(result.facts['text']).toContain('Welcome.');
  });

  test('a directory, a text, a file', async () => {
    expect((await probe(server.port, '/1/docs')).facts).toMatchObject({
      found: true,
      entries: 2,
    });
    const text = await probe(server.port, '/0/about.txt', { expect: { text: 'Hello there' } });
    expect(text.status, JSON.stringify(text.reasons)).toBe('up');
    expect((await probe(server.port, '/9/docs/file.bin')).facts).toMatchObject({ found: true, size: 3000 });
  });

  test.each(['/0/gone.txt', '/1/gone', '/9/gone.bin'])('%s is not there: status', async (where) => {
    const result = await probe(server.port, where);
    expect(verdict(result)).toEqual(['down', 'status', 'expect', 'found']);
    expect((await probe(server.port, where, { expect: { found: false } })).status).toBe('up');
  });

  test('frozen: timeout; stopped: refused', async () => {
    const own = await start();
    own.signal('SIGSTOP');
    expect(verdict(await probe(own.port, '', { timeout_ms: 300 }))).toEqual([
      'down',
      'timeout',
      'protocol',
      null,
    ]);
    await own.stop();
    // Whoever was started for the connection that waited holds the port, too, for an instant.
    await until('the port to be free', async () => (await probe(own.port)).reason?.code === 'refused');
    expect(verdict(await probe(own.port))).toEqual(['down', 'refused', 'connect', null]);
  });
});

describe('gopher against a little peer, from RFC 1436', () => {
  const peers: Peer[] = [];
  afterEach(async () => {
    for (const peer of peers.splice(0)) await peer.close();
  });
  const answered = async (answer: string, where = '') => {
    let heard = '';
    const peer = await listen((socket) =>
      socket.on('data', (data) => {
        heard += data.toString();
        socket.end(answer);
      }),
    );
    peers.push(peer);
    return { result: await probe(peer.port, where, { timeout_ms: 2000 }), heard };
  };

  test.each([
    ['ended by a dot', '1a\t/a\th\t70\r\n.\r\n'],
    ['not ended by a dot', '1a\t/a\th\t70\r\n'],
    ['without carriage returns, with an empty line', '1a\t/a\th\t70\n\niinfo\t\n.\n'],
    ['an empty menu', '.\r\n'],
    ['with Gopher+', '1a\t/a\th\t70\t+\r\n.\r\n'],
  ])('legal: a menu %s', async (_what, answer) => {
    const { result } = await answered(answer);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test.each([
    ['a page', '<html>\n<body>\n</body></html>', 'protocol'],
    ['half a line', '1a\t/a\th\t70\r\n1b\t/', 'truncated'],
    ['an endless line', `1${'x'.repeat(10_000)}`, 'too_large'],
    ['nothing', '', 'closed'],
  ])('broken: %s', async (_what, answer, code) => {
    expect((await answered(answer)).result.reason?.code).toBe(code);
  });

  test.each([
    ['/1/x', '3Not found\t\terror.host\t1\r\n.\r\n'],
    ['/0/x', '3Not found\t\terror.host\t1\r\n.\r\n'],
    ['/9/x', '3Not found\t\terror.host\t1\r\n'],
    ['/1/x', 'Error: File or directory not found!\r\n'],
  ])('an error instead of %s: %j', async (where, answer) => {
    expect(verdict((await answered(answer, where)).result)).toEqual(['down', 'status', 'expect', 'found']);
  });

  test('a search, and what is sent', async () => {
    expect((await answered('.\r\n', '/7/find?two%20words')).heard).toBe('/find\ttwo words\r\n');
    expect((await answered('.\r\n', '')).heard).toBe('\r\n');
    expect((await answered('x', '/0about')).heard).toBe('about\r\n');
  });

  test('another protocol, where a text is asked for', async () => {
    expect((await answered('HTTP/1.1 400 Bad Request\r\n\r\n', '/0/x')).result.reason?.code).toBe('protocol');
  });

  test('a line end in a selector is a mistake', () => {
    expect(() => jobFor(gopher, 'gopher://h/0/a%0Ab')).toThrow('line end');
  });
});
