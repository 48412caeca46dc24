import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { docker } from '../../../../lib/probe/probers/docker.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { temporaryDirectory } from '../../../servers/daemon.ts';
import { type Routes, startHttpPeer } from '../../../servers/http-peer.ts';

const INFO = {
  ServerVersion: '27.3.1',
  Containers: 7,
  ContainersRunning: 5,
  Swarm: { LocalNodeState: 'inactive' },
};
const container = (state: object): Routes => ({
  'GET /containers/web/json': { body: { State: state, RestartCount: 2 } },
});
const HEALTHY: Routes = {
  'GET /_ping': { body: 'OK', headers: { 'Api-Version': '1.47' } },
  'GET /info': { body: INFO },
  ...container({ Status: 'running', Health: { Status: 'healthy' } }),
};

proberContract({
  prober: docker,
  target: (port) => `docker://127.0.0.1:${String(port)}`,
  tlsTarget: (port) => `docker+https://127.0.0.1:${String(port)}`,
  healthy: () => startHttpPeer(HEALTHY),
  connections: 2,
  half: 12,
});

tlsContract({
  prober: docker,
  name: 'docker+https',
  target: (port) => `docker+https://localhost:${String(port)}`,
  start: (certificate) => startHttpPeer(HEALTHY, { certificate }),
});

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

/** Over a Unix socket, as usual. */
async function probe(routes: Routes, entry: Entry = {}): Promise<Result> {
  const directory = temporaryDirectory('docker');
  closers.push(() => directory.remove());
  const socket = path.join(directory.path, 'docker.sock');
  const peer = await startHttpPeer(routes, { path: socket });
  closers.push(() => peer.close());
  return probeTarget(docker, `docker://${socket}`, { timeout_ms: 1500, ...entry });
}
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.fact];

describe('a faithful peer, by the documentation of the Docker Engine API', () => {
  it('is up over its socket, with its facts', async () => {
    const result = await probe(HEALTHY);
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({ version: '27.3.1', containers: 7, running: 5, swarm: 'inactive' });
    expect(result.address).toBeNull();
  });

  const WEB = { options: { container: 'web' } };
  it('a container that runs, healthy or without a health check', async () => {
    const result = await probe(HEALTHY, WEB);
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({ container: 'running', container_health: 'healthy', restarts: 2 });
    expect((await probe({ ...HEALTHY, ...container({ Status: 'running' }) }, WEB)).reasons).toEqual([]);
  });

  it.each([
    ['exited', { Status: 'exited' }, 'status', 'container'],
    ['restarting', { Status: 'restarting' }, 'loading', 'container'],
    ['unhealthy', { Status: 'running', Health: { Status: 'unhealthy' } }, 'status', 'container_health'],
    ['starting', { Status: 'running', Health: { Status: 'starting' } }, 'loading', 'container_health'],
  ])('a container that is %s', async (_, state, code, fact) => {
    expect(verdict(await probe({ ...HEALTHY, ...container(state) }, WEB))).toEqual(['down', code, fact]);
  });

  it('a container that is missing', async () => {
    const result = await probe(HEALTHY, { options: { container: 'other' } });
    expect(verdict(result)).toEqual(['down', 'status', 'container']);
    expect(result.facts['container']).toBe('missing');
  });

  it('a swarm that is locked', async () => {
    const result = await probe({
      ...HEALTHY,
      'GET /info': { body: { ...INFO, Swarm: { LocalNodeState: 'locked' } } },
    });
    expect(verdict(result)).toEqual(['down', 'quorum', 'swarm']);
  });

  it('no socket, and another service behind it', async () => {
    expect((await probeTarget(docker, 'docker:///nowhere/docker.sock')).reason?.code).toBe('refused');
    expect((await probe({})).reason?.code).toBe('protocol');
    expect((await probe({ ...HEALTHY, 'GET /_ping': { body: '<html>OK' } })).reason?.code).toBe('protocol');
  });

  it('a target without host and socket is a mistake of the config', () => {
    expect(() => jobFor(docker, 'docker:///')).toThrow('neither host nor socket');
    expect(() => jobFor(docker, 'docker+https:///var/run/docker.sock')).toThrow('neither host nor socket');
  });
});
