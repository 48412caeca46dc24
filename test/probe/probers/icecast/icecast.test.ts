import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { icecast } from '../../../../lib/probe/probers/icecast.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { describeWith, until } from '../../../servers/daemon.ts';
import { startHttpPeer } from '../../../servers/http-peer.ts';
import { type WebDaemon, startIcecast } from '../../../servers/web-daemons.ts';

const at = (port: number, path = '') => `icecast://127.0.0.1:${String(port)}${path}`;
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.fact];

describeWith(['icecast2', 'curl'], 'a real Icecast', () => {
  let server: WebDaemon;
  beforeAll(async () => {
    server = await startIcecast();
  });
  afterAll(() => server.stop());

  proberContract({
    prober: icecast,
    target: at,
    tlsTarget: (port) => `icecast+https://127.0.0.1:${String(port)}`,
    healthy: () => Promise.resolve({ port: server.port, close: () => undefined }),
    half: 12,
  });

  it('is up without sources; a mount is down until somebody sends to it', async () => {
    const plain = await probeTarget(icecast, at(server.port));
    expect(plain.reasons).toEqual([]);
    expect(plain.facts).toMatchObject({ sources: 0, listeners: 0 });
    expect(plain.facts['version']).toMatch(/^Icecast 2/);
    const mount = () => probeTarget(icecast, at(server.port, '/live.mp3'));
    expect(verdict(await mount())).toEqual(['down', 'status', 'on_air']);

    const url = `http://source:secret@127.0.0.1:${String(server.port)}/live.mp3`;
    const source = spawn('curl', ['-sT', '-', '-H', 'Content-Type: audio/mpeg', url], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    source.stdin.on('error', () => undefined);
    source.stdin.write(Buffer.alloc(4096));
    await until('the mount to be on air', async () => (await mount()).status === 'up');
    expect((await mount()).facts).toMatchObject({ on_air: true, sources: 1, listeners: 0 });
    expect(verdict(await probeTarget(icecast, at(server.port, '/other.mp3')))).toEqual([
      'down',
      'status',
      'on_air',
    ]);
    source.kill();
  });

  it('frozen is timeout', async () => {
    server.signal('SIGSTOP');
    expect((await probeTarget(icecast, at(server.port), { timeout_ms: 300 })).reason?.code).toBe('timeout');
    server.signal('SIGCONT');
  });
});

const SOURCES = [
  { listenurl: 'http://radio.example.org:8000/live.ogg', listeners: 12, title: 'A song' },
  { listenurl: 'http://radio.example.org:8000/caf%C3%A9.ogg', listeners: '3' },
  { listenurl: 'no url' },
];
const ROUTES = { '/status-json.xsl': { body: { icestats: { server_id: 'Icecast 2.5', source: SOURCES } } } };

tlsContract({
  prober: icecast,
  name: 'icecast+https (a faithful peer)',
  target: (port) => `icecast+https://localhost:${String(port)}`,
  start: (certificate) => startHttpPeer(ROUTES, { certificate }),
});

describe('a faithful peer', () => {
  it('several mounts, and another service', async () => {
    const peer = await startHttpPeer(ROUTES);
    const result = await probeTarget(icecast, at(peer.port, '/live.ogg'));
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({ sources: 3, listeners: 12, title: 'A song', on_air: true });
    expect((await probeTarget(icecast, at(peer.port))).facts['listeners']).toBe(15);
    expect((await probeTarget(icecast, at(peer.port, '/caf%C3%A9.ogg'))).facts['listeners']).toBe(3);
    peer.close();
    // As it says it right after a start, and with a title that is a dash.
    const body = '{"icestats":"x":"y","source":{"listenurl":"http://localhost:8000/live.ogg","title": - }}';
    const odd = await startHttpPeer({ '/status-json.xsl': { body } });
    expect((await probeTarget(icecast, at(odd.port, '/live.ogg'))).status).toBe('up');
    expect((await probeTarget(icecast, at(odd.port, '/a.ogg'))).facts['on_air']).toBe(false);
    odd.close();
    const other = await startHttpPeer({ '/status-json.xsl': { body: { ok: true } } });
    expect((await probeTarget(icecast, at(other.port))).reason?.code).toBe('protocol');
    other.close();
  });
});
