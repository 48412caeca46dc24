import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { mumble } from '../../../../lib/probe/probers/mumble.ts';
import { datagramContract } from '../../../contract/datagram-contract.ts';
import { type DatagramPeer, answerDatagrams } from '../../../contract/datagram-peer.ts';
import { jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { MURMURD_PROGRAMS, type Murmurd, startMurmurd } from '../../../servers/murmurd.ts';

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const probe = (port: number, timeout_ms = 3000) =>
  probeTarget(mumble, `mumble://127.0.0.1:${String(port)}`, { timeout_ms });

describeWith(MURMURD_PROGRAMS, 'a real murmurd', () => {
  let server: Murmurd;
  beforeAll(async () => {
    server = await startMurmurd();
  }, 30_000);
  afterAll(async () => server.stop());

  datagramContract({
    prober: mumble,
    target: (port) => `mumble://127.0.0.1:${String(port)}`,
    healthy: () => Promise.resolve({ port: server.port, close: () => undefined }),
  });

  test('healthy: version, users, room, bandwidth', async () => {
    const result = await probe(server.port);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ users: 0, max_users: 7, free: 7, bandwidth: 64_000 });
    expect(result.facts['version']).toMatch(/^1\.\d+\.\d+$/);
  });

  test('one that ignores pings: timeout, and the text says that this may be', async () => {
    const mute = await startMurmurd(['allowping=false']);
    const result = await probe(mute.port, 300);
    await mute.stop();
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol', null]);
    expect(result.reason?.text).toContain('ignore pings');
  }, 30_000);

  test('frozen: timeout; stopped: refused', async () => {
    const own = await startMurmurd();
    own.signal('SIGSTOP');
    expect(verdict(await probe(own.port, 300))).toEqual(['down', 'timeout', 'protocol', null]);
    await own.stop();
    expect(verdict(await probe(own.port))).toEqual(['down', 'refused', 'connect', null]);
  }, 30_000);
});

const peers: DatagramPeer[] = [];
afterEach(() => {
  for (const peer of peers.splice(0)) peer.close();
});
const answerOf = (ping: Buffer, users: number) => {
  const numbers = Buffer.alloc(12);
  numbers.writeUInt32BE(users);
  numbers.writeUInt32BE(10, 4);
  numbers.writeUInt32BE(72_000, 8);
  return Buffer.concat([Buffer.from([0, 1, 5, 0]), ping.subarray(4, 12), numbers]);
};
const answering = async (answer: (ping: Buffer) => readonly Buffer[]) => {
  const peer = await answerDatagrams(answer);
  peers.push(peer);
  return peer;
};

describe('mumble: a server of ours, written from the protocol', () => {
  test('full, or fuller: degraded', async () => {
    for (const users of [10, 11]) {
      const peer = await answering((ping) => [answerOf(ping, users)]);
      const result = await probe(peer.port);
      expect([result.status, result.reason?.code, result.reason?.fact]).toEqual([
        'degraded',
        'overloaded',
        'free',
      ]);
      expect(result.facts).toMatchObject({ version: '1.5.0', users, max_users: 10, free: 0 });
    }
  });

  test('one place left: up', async () => {
    const peer = await answering((ping) => [answerOf(ping, 9)]);
    expect((await probe(peer.port)).status).toBe('up');
  });

  test('an answer to another ping is passed over, and nothing is asked twice', async () => {
    const peer = await answering((ping) => [answerOf(Buffer.alloc(12, 7), 10), answerOf(ping, 1)]);
    expect((await probe(peer.port)).facts['users']).toBe(1);
    expect(peer.received).toHaveLength(1);
  });

  test('a byte too many: protocol, at once', async () => {
    const peer = await answering((ping) => [Buffer.concat([answerOf(ping, 1), Buffer.alloc(1)])]);
    expect(verdict(await probe(peer.port))).toEqual(['down', 'protocol', 'protocol', null]);
  });

  test('a login is refused by the config', () => {
    expect(() => jobFor(mumble, 'mumble://me:secret@127.0.0.1')).toThrow('nobody logs in');
  });
});
