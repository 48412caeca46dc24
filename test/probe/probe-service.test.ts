import { describe, expect, test } from 'vitest';
import { tcp } from '../../lib/probe/probers/tcp.ts';
import type { ResolvedName } from '../../lib/probe/wire/resolver.ts';
import { closedPort, listen } from '../contract/misbehaving-server.ts';
import { probeTarget } from '../contract/probe-target.ts';
import { DEFAULT_POLICY } from '../../lib/words/policy.ts';

const target = (port: number) => `tcp://name.test:${port}`;
/** A resolver that knows one name. */
const names = (...addresses: ResolvedName[]) => ({
  resolver: { resolve: () => Promise.resolve(addresses), cancel: () => undefined },
});
const v4 = (ip: string): ResolvedName => ({ ip, family: 4 });
const v6 = (ip: string): ResolvedName => ({ ip, family: 6 });

describe('attempts', () => {
  test('only a down result is tried again, and all attempts are kept', async () => {
    let connections = 0;
    const peer = await listen((socket) => {
      connections += 1;
      if (connections < 3) socket.resetAndDestroy();
      else socket.write('ready\n');
    });
    const entry = { expect: { banner: 'ready' }, service: { retries: 5, retry_delay_ms: 1 } };
    const result = await probeTarget(tcp, `tcp://127.0.0.1:${peer.port}`, entry);
    await peer.close();
    expect(result.status).toBe('up');
    expect(result.attempts.map(({ status, reason }) => [status, reason?.code])).toEqual([
      ['down', 'reset'],
      ['down', 'reset'],
      ['up', undefined],
    ]);
    expect(result.started).toBe(result.attempts[0]?.time);
    expect(result.time).toBe(result.attempts[2]?.time);
  });

  test('without retries there is one attempt', async () => {
    const result = await probeTarget(tcp, `tcp://127.0.0.1:${await closedPort()}`);
    expect([result.status, result.attempts.length]).toEqual(['down', 1]);
  });

  test('what the end of the run cuts off is unknown, and not tried again', async () => {
    const peer = await listen(() => undefined);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    const entry = { expect: { banner: 'x' }, service: { retries: 5 }, timeout_ms: 5000 };
    const result = await probeTarget(tcp, `tcp://127.0.0.1:${peer.port}`, entry, {
      signal: controller.signal,
    });
    await peer.close();
    expect([result.status, result.reason?.code, result.attempts.length]).toEqual(['unknown', 'resources', 1]);
  });
});

describe('addresses', () => {
  test('any: an address that refuses is passed over, and listed', async () => {
    const peer = await listen(() => undefined);
    const result = await probeTarget(tcp, target(peer.port), {}, names(v4('127.0.0.9'), v4('127.0.0.1')));
    await peer.close();
    expect([result.status, result.address]).toEqual(['up', '127.0.0.1']);
    expect(result.addresses.map(({ address, status, reason }) => [address, status, reason?.code])).toEqual([
      ['127.0.0.9', 'down', 'refused'],
      ['127.0.0.1', 'up', undefined],
    ]);
  });

  test('any: one that was reached is not passed over, whatever it says', async () => {
    const peer = await listen((socket) => socket.write('broken\n'));
    const entry = { expect: { banner: 'fine' } };
    const result = await probeTarget(tcp, target(peer.port), entry, names(v4('127.0.0.1'), v4('127.0.0.9')));
    await peer.close();
    expect([result.status, result.addresses.length]).toEqual(['down', 1]);
  });

  test('all: every address is probed, and the reason says which one fails', async () => {
    const peer = await listen(() => undefined);
    const entry = { service: { ip: 'all' as const } };
    const result = await probeTarget(tcp, target(peer.port), entry, names(v4('127.0.0.1'), v4('127.0.0.9')));
    await peer.close();
    expect([result.status, result.reason?.code, result.address]).toEqual(['down', 'refused', '127.0.0.9']);
    expect(result.reason?.text).toMatch(/^127\.0\.0\.9: /);
    expect(result.addresses.map(({ status }) => status)).toEqual(['up', 'down']);
  });

  test('both: one of each family is needed', async () => {
    const entry = { service: { ip: 'both' as const } };
    const result = await probeTarget(tcp, target(9), entry, names(v4('127.0.0.1')));
    expect([result.status, result.reason?.code]).toEqual(['down', 'resolve_failed']);
  });

  test('4 and 6 choose the family', async () => {
    const peer = await listen(() => undefined);
    const addresses = names(v6('::1'), v4('127.0.0.1'));
    const four = await probeTarget(tcp, target(peer.port), { service: { ip: '4' } }, addresses);
    const six = await probeTarget(tcp, target(peer.port), { service: { ip: '6' } }, addresses);
    await peer.close();
    expect([four.status, four.family]).toEqual(['up', 4]);
    expect(six.family).toBe(6);
    expect(six.status).not.toBe('up');
  });
});

describe('what a result says', () => {
  test('slow is degraded, with the limit and the time', async () => {
    const peer = await listen((socket) => setTimeout(() => socket.write('ready\n'), 60));
    const policy = { ...DEFAULT_POLICY, slow: { total: 20 } };
    const entry = { expect: { banner: 'ready' }, service: { policy } };
    const result = await probeTarget(tcp, `tcp://127.0.0.1:${peer.port}`, entry);
    await peer.close();
    expect([result.status, result.reason?.code, result.reason?.expected]).toEqual(['degraded', 'slow', 20]);
  });

  test('text from outside is made safe and bounded', async () => {
    const peer = await listen((socket) => socket.write(`\u001b[31mevil\u0000${'x'.repeat(5000)}\n`));
    const result = await probeTarget(tcp, `tcp://127.0.0.1:${peer.port}`, { expect: { banner: 'evil' } });
    await peer.close();
    const banner = result.facts['banner'] as string;
    expect(result.status).toBe('up');
    // eslint-disable-next-line no-control-regex -- that is what must not be there
    expect(banner).not.toMatch(/[\u0000-\u0008\u001b]/);
    expect(banner.length).toBeLessThanOrEqual(2048);
    expect(result.truncated).toBe(true);
  });
});
