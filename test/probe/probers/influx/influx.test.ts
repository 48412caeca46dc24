import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { influx } from '../../../../lib/probe/probers/influx.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { startHttpPeer } from '../../../servers/http-peer.ts';
import { type WebDaemon, startInflux } from '../../../servers/web-daemons.ts';

const at = (port: number, user = '', path = '') => `influx://${user}127.0.0.1:${String(port)}${path}`;
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.fact];

async function ask(port: number, query: string, login = ''): Promise<void> {
  const url = `http://127.0.0.1:${String(port)}/query?${login}q=${encodeURIComponent(query)}`;
  const response = await fetch(url, { method: 'POST' });
  if (!response.ok) throw new Error(await response.text());
}

describeWith(['influxd'], 'a real InfluxDB 1', () => {
  let open: WebDaemon;
  let locked: WebDaemon;
  beforeAll(async () => {
    [open, locked] = [await startInflux(), await startInflux({ login: true })];
    await ask(open.port, 'CREATE DATABASE telegraf');
    await ask(locked.port, `CREATE USER "probe" WITH PASSWORD 'secret' WITH ALL PRIVILEGES`);
  });
  afterAll(async () => {
    await open.stop();
    await locked.stop();
  });

  proberContract({
    prober: influx,
    target: at,
    tlsTarget: (port) => `influx+https://127.0.0.1:${String(port)}`,
    healthy: () => Promise.resolve({ port: open.port, close: () => undefined }),
    connections: 2,
    half: 12,
  });

  tlsContract({
    prober: influx,
    name: 'influx+https',
    target: (port) => `influx+https://localhost:${String(port)}`,
    start: (certificate) => startInflux({ certificate }),
  });

  it('is up, with and without a database', async () => {
    const plain = await probeTarget(influx, at(open.port));
    expect(plain.reasons).toEqual([]);
    expect(plain.facts['version']).toMatch(/^1\./);
    expect(plain.facts).not.toHaveProperty('database');
    const found = await probeTarget(influx, at(open.port, '', '/telegraf'));
    expect([found.reasons, found.facts['database']]).toEqual([[], true]);
    expect(verdict(await probeTarget(influx, at(open.port, '', '/other')))).toEqual([
      'down',
      'status',
      'database',
    ]);
  });

  it('a login: right, wrong, missing', async () => {
    expect((await probeTarget(influx, at(locked.port, 'probe:secret@'))).reasons).toEqual([]);
    expect((await probeTarget(influx, at(locked.port, 'probe:no@'))).reason?.code).toBe('auth');
    expect((await probeTarget(influx, at(locked.port, '', '/telegraf'))).reason?.code).toBe('auth');
  });

  it('frozen is timeout', async () => {
    locked.signal('SIGSTOP');
    expect((await probeTarget(influx, at(locked.port), { timeout_ms: 300 })).reason?.code).toBe('timeout');
    locked.signal('SIGCONT');
  });
});

describe('a faithful peer of version 2', () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });
  const probe = async (health: object, status = 200) => {
    const peer = await startHttpPeer({
      '/ping': { status: 204, headers: { 'X-Influxdb-Version': 'v2.7.1' } },
      '/health': { status, body: { name: 'influxdb', version: 'v2.7.1', checks: [], ...health } },
    });
    closers.push(() => peer.close());
    return probeTarget(influx, at(peer.port));
  };

  it('pass is up, fail is down with its message', async () => {
    const result = await probe({ status: 'pass', message: 'ready for queries and writes' });
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({
      health: 'pass',
      version: 'v2.7.1',
      message: 'ready for queries and writes',
    });
    const broken = await probe({ status: 'fail', message: 'no disk' }, 503);
    expect(verdict(broken)).toEqual(['down', 'status', 'health']);
    expect(broken.facts['message']).toBe('no disk');
  });

  it('a path of several parts is a mistake of the config', () => {
    expect(() => jobFor(influx, 'influx://127.0.0.1:8086/a/b')).toThrow('several parts');
  });
});
