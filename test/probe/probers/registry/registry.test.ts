import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { registry } from '../../../../lib/probe/probers/registry.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { startHttpPeer } from '../../../servers/http-peer.ts';
import { type WebDaemon, startRegistry } from '../../../servers/web-daemons.ts';

const at = (port: number, user = '', path = '') => `registry://${user}127.0.0.1:${String(port)}${path}`;
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.fact];

describeWith(['docker-registry'], 'a real registry', () => {
  let open: WebDaemon;
  let locked: WebDaemon;
  beforeAll(async () => {
    [open, locked] = [await startRegistry(), await startRegistry({ login: true })];
  });
  afterAll(async () => {
    await open.stop();
    await locked.stop();
  });

  proberContract({
    prober: registry,
    target: at,
    tlsTarget: (port) => `registry+https://127.0.0.1:${String(port)}`,
    healthy: () => Promise.resolve({ port: open.port, close: () => undefined }),
    half: 12,
  });

  tlsContract({
    prober: registry,
    name: 'registry+https',
    target: (port) => `registry+https://localhost:${String(port)}`,
    start: (certificate) => startRegistry({ certificate }),
  });

  it('is up, open or asking for a login', async () => {
    const plain = await probeTarget(registry, at(open.port));
    expect([plain.reasons, plain.facts['login'], plain.facts['status']]).toEqual([[], 'none', 200]);
    const asking = await probeTarget(registry, at(locked.port));
    expect([asking.reasons, asking.facts['login'], asking.facts['status']]).toEqual([[], 'basic', 401]);
  });

  it('a login: right, wrong', async () => {
    const right = await probeTarget(registry, at(locked.port, 'user:secret@'));
    expect([right.reasons, right.facts['login']]).toEqual([[], 'none']);
    expect((await probeTarget(registry, at(locked.port, 'user:no@'))).reason?.code).toBe('auth');
  });

  it('a repository that is missing', async () => {
    const result = await probeTarget(registry, at(open.port, '', '/shop/web'));
    expect(verdict(result)).toEqual(['down', 'status', 'repository']);
    expect(result.reasons).toHaveLength(1);
  });

  it('frozen is timeout', async () => {
    locked.signal('SIGSTOP');
    expect((await probeTarget(registry, at(locked.port), { timeout_ms: 300 })).reason?.code).toBe('timeout');
    locked.signal('SIGCONT');
  });
});

describe('a faithful peer', () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });
  const probe = async (routes: Parameters<typeof startHttpPeer>[0], path = '') => {
    const peer = await startHttpPeer(routes);
    closers.push(() => peer.close());
    return probeTarget(registry, at(peer.port, '', path));
  };

  it('a repository with tags; one that asks for a token; a failure; another service', async () => {
    const base = { '/v2/': { headers: { 'Docker-Distribution-Api-Version': 'registry/2.0' } } };
    const found = await probe(
      { ...base, '/v2/shop/web/tags/list': { body: { name: 'shop/web', tags: ['1', '2'] } } },
      '/shop/web',
    );
    expect([found.reasons, found.facts['repository'], found.facts['tags']]).toEqual([[], true, 2]);
    const errors = { errors: [{ code: 'UNAUTHORIZED' }] };
    const headers = { 'WWW-Authenticate': 'Bearer realm="https://auth.example.org/token"' };
    const token = await probe({ '/v2/': { status: 401, headers, body: errors } });
    expect([token.status, token.facts['login']]).toEqual(['up', 'bearer']);
    const failing = await probe({ '/v2/': { status: 503, body: errors } });
    expect(verdict(failing)).toEqual(['down', 'status', 'status']);
    expect((await probe({ '/v2/': { body: '<html>' } })).reason?.code).toBe('protocol');
    expect((await probe({})).reason?.code).toBe('protocol');
  });

  it('a name that no repository has is a mistake of the config', () => {
    expect(() => jobFor(registry, 'registry://127.0.0.1:5000/Shop')).toThrow('no name of a repository');
  });
});
