import { afterEach, describe, expect, it } from 'vitest';
import { consul } from '../../../../lib/probe/probers/consul.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { type HttpPeer, type Routes, startHttpPeer } from '../../../servers/http-peer.ts';

const LEADER = 'GET /v1/status/leader';
const PEERS = 'GET /v1/status/peers';
const HEALTHY: Routes = {
  [LEADER]: { body: '"10.1.10.12:8300"' },
  [PEERS]: { body: ['10.1.10.12:8300', '10.1.10.11:8300', '10.1.10.10:8300'] },
};

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function probe(
  routes: Routes,
  entry: Entry = {},
  path = '',
  user = '',
): Promise<Result & { readonly peer: HttpPeer }> {
  const peer = await startHttpPeer(routes);
  closers.push(() => peer.close());
  const target = `consul://${user}127.0.0.1:${String(peer.port)}${path}`;
  return { ...(await probeTarget(consul, target, { timeout_ms: 1500, ...entry })), peer };
}
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.fact];

proberContract({
  prober: consul,
  target: (port) => `consul://127.0.0.1:${String(port)}`,
  tlsTarget: (port) => `consul+https://127.0.0.1:${String(port)}`,
  healthy: () => startHttpPeer(HEALTHY),
  connections: 2,
  half: 12,
});

tlsContract({
  prober: consul,
  name: 'consul+https',
  target: (port) => `consul+https://localhost:${String(port)}`,
  start: (certificate) => startHttpPeer(HEALTHY, { certificate }),
});

describe('a faithful peer, by the documentation of Consul', () => {
  it('has a leader', async () => {
    const result = await probe(HEALTHY);
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({ leader: '10.1.10.12:8300', nodes: 3, status: 200 });
  });

  it.each([
    ['an empty leader', { body: '""' }],
    ['500 No cluster leader', { status: 500, body: 'No cluster leader' }],
    ['500 No known Consul servers', { status: 500, body: 'No known Consul servers' }],
  ])('%s is quorum', async (_, said) => {
    const result = await probe({ [LEADER]: said });
    expect(verdict(result)).toEqual(['down', 'quorum', 'leader']);
    expect(result.peer.asked).toHaveLength(1);
  });

  it('another failure, a refused token, and another service', async () => {
    const broken = await probe({ [LEADER]: { status: 500, body: 'rpc error: EOF' } });
    expect(broken.reason).toMatchObject({ code: 'status', text: 'it answers 500: rpc error: EOF' });
    expect((await probe({ [LEADER]: { status: 403, body: 'Permission denied' } })).reason?.code).toBe('auth');
    expect((await probe({ [LEADER]: { body: { leader: 1 } } })).reason?.code).toBe('protocol');
    expect((await probe({})).reason?.code).toBe('protocol');
  });

  it('sends the token', async () => {
    const seen: (string | undefined)[] = [];
    await probe(
      { ...HEALTHY, [LEADER]: ({ headers }) => (seen.push(headers.authorization), { body: '"a:1"' }) },
      { options: { auth: { bearer: 'tok' } } },
    );
    expect(seen).toEqual(['Bearer tok']);
  });
});
