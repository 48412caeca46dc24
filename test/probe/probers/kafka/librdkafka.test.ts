import { afterAll, beforeAll, expect, test } from 'vitest';
import { kafka } from '../../../../lib/probe/probers/kafka.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { type Daemon, describeWith, startDaemon } from '../../../servers/daemon.ts';

/**
 * The mock cluster of librdkafka, three brokers within one kcat, which reads from it: written by those who write
 * clients, and so the nearest to a real Kafka that Debian has.
 */
const CLUSTER = [
  'kcat',
  '-C',
  '-t',
  'orders',
  '-b',
  '127.0.0.1:9',
  '-X',
  'test.mock.num.brokers=3',
  '-d',
  'mock',
] as const;

describeWith(['kcat'], 'the mock cluster of librdkafka, by kcat', () => {
  let cluster: Daemon;
  let port = 0;
  beforeAll(async () => {
    cluster = await startDaemon({
      argv: CLUSTER,
      ready: (printed) => printed.includes('Created topic "orders"'),
    });
    port = Number(/bootstrap\.servers=127\.0\.0\.1:(\d+)/.exec(cluster.output())?.[1]);
  });
  afterAll(() => cluster.stop());

  const probe = (entry: Entry = {}) => probeTarget(kafka, `kafka://127.0.0.1:${String(port)}`, entry);

  test('it is up, with its facts', async () => {
    const { status, reasons, facts } = await probe();
    expect(status, JSON.stringify(reasons)).toBe('up');
    expect(facts).toMatchObject({ brokers: 3, topics: 1, under_replicated: 0, offline: 0 });
    expect(facts).toMatchObject({ partitions: 4 });
    expect(facts['cluster_id']).toMatch(/^mockCluster/);
  });

  test('a topic that is there, and one that is not, and is not made by asking', async () => {
    expect((await probe({ options: { topic: 'orders' } })).status).toBe('up');
    for (let turn = 0; turn < 2; turn += 1) {
      const { status, reason } = await probe({ options: { topic: 'nothing' } });
      expect([status, reason?.code]).toEqual(['down', 'status']);
    }
    expect((await probe()).facts['topics']).toBe(1);
  });

  test('frozen: timeout in the protocol', async () => {
    cluster.signal('SIGSTOP');
    const { status, reason } = await probe({ timeout_ms: 300 });
    expect([status, reason?.code, reason?.phase]).toEqual(['down', 'timeout', 'protocol']);
    cluster.signal('SIGCONT');
  });
});
