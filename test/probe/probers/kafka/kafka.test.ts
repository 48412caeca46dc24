import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { kafka } from '../../../../lib/probe/probers/kafka.ts';
import { type Entry, type TestWorld, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith, until } from '../../../servers/daemon.ts';
import {
  type KafkaPartition,
  type KafkaPeer,
  type KafkaPeerStart,
  i16,
  i32,
  startKafkaPeer,
  text,
} from '../../../servers/kafka-peer.ts';

const peers: KafkaPeer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});

const WHOLE: KafkaPartition = { leader: 1, replicas: [1, 2, 3], in_sync: [1, 2, 3] };
const LATE: KafkaPartition = { ...WHOLE, in_sync: [1, 2] };
const LEADERLESS: KafkaPartition = { leader: -1, replicas: [3], in_sync: [3] };
const TOPICS = { orders: { partitions: [WHOLE, WHOLE] }, events: { partitions: [WHOLE] } };
const USERS = { probe: 'se cret%' };
const LOGIN = 'probe:se%20cret%25@';

async function probe(start: KafkaPeerStart, entry: Entry = {}, userinfo = '', world: TestWorld = {}) {
  const peer = await startKafkaPeer(start);
  peers.push(peer);
  const target = `kafka://${userinfo}127.0.0.1:${String(peer.port)}`;
  const result = await probeTarget(kafka, target, { timeout_ms: 1000, ...entry }, world);
  await until('the connection to be closed', () => peer.open() === 0);
  expect(peer.connections()).toBe(1);
  return { result, asked: peer.asked, lastMetadata: peer.lastMetadata() };
}
const verdict = ({ status, reason }: Result) => [
  status,
  reason?.code ?? null,
  reason?.phase ?? null,
  reason?.fact ?? null,
];
const UP = ['up', null, null, null];

describe('a peer of the Kafka protocol under the contract', () => {
  proberContract({
    prober: kafka,
    target: (port) => `kafka://${LOGIN}127.0.0.1:${String(port)}`,
    tlsTarget: (port) => `kafkas://${LOGIN}127.0.0.1:${String(port)}`,
    healthy: () => startKafkaPeer({ topics: TOPICS, users: USERS }),
  });
});

describeWith(['openssl'], 'a peer of the Kafka protocol over TLS', () => {
  tlsContract({
    prober: kafka,
    name: 'kafkas',
    target: (port) => `kafkas://${LOGIN}localhost:${String(port)}`,
    start: (certificate) => startKafkaPeer({ topics: TOPICS, users: USERS, certificate }),
  });

  test('the password is said only once the certificate was judged', async () => {
    const peer = await startKafkaPeer({ users: USERS, certificate: testCertificates().untrusted });
    peers.push(peer);
    const target = `kafkas://${LOGIN}localhost:${String(peer.port)}`;
    expect((await probeTarget(kafka, target, { service: { ip: '4' } })).reason?.code).toBe('tls_untrusted');
    expect(peer.asked).toEqual([]);
  });
});

describe('a cluster, told by a peer of the Kafka protocol', () => {
  test('healthy: its facts', async () => {
    const { result, asked, lastMetadata } = await probe({ topics: TOPICS });
    expect(verdict(result), JSON.stringify(result.reasons)).toEqual(UP);
    expect(result.facts).toMatchObject({
      brokers: 3,
      controller: 1,
      cluster_id: 'peer-cluster',
      topics: 2,
      partitions: 3,
      under_replicated: 0,
      offline: 0,
      affected: [],
    });
    expect(asked).toEqual(['18.0', '3.7']);
    // all topics, and none is made
    expect(lastMetadata.toString('hex')).toBe('ffffffff00');
  });

  test.each([1, 2, 3, 4, 5, 6, 7])('one that speaks Metadata %d at most', async (most) => {
    const { result, asked } = await probe({ topics: { a: { partitions: [LATE] } }, metadata: [0, most] });
    expect(result.facts).toMatchObject({ brokers: 3, partitions: 1, under_replicated: 1, affected: ['a-0'] });
    expect(asked).toEqual(['18.0', `3.${String(most)}`]);
  });

  test.each([
    [[0, 0], '0 to 0'],
    [[9, 13], '9 to 13'],
  ] as const)('one that speaks Metadata %j: protocol', async (metadata, words) => {
    const { result } = await probe({ metadata });
    expect(verdict(result)).toEqual(['down', 'protocol', 'protocol', null]);
    expect(result.reason?.text).toContain(`speaks Metadata ${words}, expected one of 1 to 7`);
  });

  test('without topics, without an id, with broker 0 as its controller: up', async () => {
    const { result } = await probe({ brokers: [0], controller: 0, cluster_id: null });
    expect(verdict(result)).toEqual(UP);
    expect(result.facts).toMatchObject({ brokers: 1, controller: 0, topics: 0 });
    expect(result.facts['cluster_id']).toBeNull();
  });

  test('without a controller: quorum', async () => {
    const { result } = await probe({ topics: TOPICS, controller: -1 });
    expect(verdict(result)).toEqual(['down', 'quorum', 'expect', 'controller']);
    expect(result.facts).toMatchObject({ brokers: 3 });
  });

  test('a partition without a leader: quorum, by name; and it can be allowed', async () => {
    const topics = { ...TOPICS, lost: { partitions: [WHOLE, LEADERLESS] } };
    const { result } = await probe({ topics });
    expect(verdict(result)).toEqual(['down', 'quorum', 'expect', 'offline']);
    expect(result.facts).toMatchObject({ offline: 1, under_replicated: 0, affected: ['lost-1'] });
    expect(result.output).toContain('lost-1');
    expect((await probe({ topics }, { expect: { offline: '<= 1' } })).result.status).toBe('up');
  });

  test('replicas that are not in sync: degraded, replication', async () => {
    const { result } = await probe({ topics: { ...TOPICS, slow: { partitions: [LATE, WHOLE, LATE] } } });
    expect(verdict(result)).toEqual(['degraded', 'replication', 'expect', 'under_replicated']);
    expect(result.facts).toMatchObject({ under_replicated: 2, affected: ['slow-0', 'slow-2'] });
  });

  test('fewer brokers than expected: quorum', async () => {
    const { result } = await probe({ brokers: [1, 2] }, { expect: { brokers: '>= 3' } });
    expect(verdict(result)).toEqual(['down', 'quorum', 'expect', 'brokers']);
  });

  test('a topic: its own partitions, and nothing of the others', async () => {
    const topics = { ...TOPICS, lost: { partitions: [LEADERLESS] } };
    const { result, lastMetadata } = await probe({ topics }, { options: { topic: 'orders' } });
    expect(verdict(result)).toEqual(UP);
    expect(result.facts).toMatchObject({ topics: 1, partitions: 2, offline: 0 });
    expect(lastMetadata.subarray(-1)[0]).toBe(0);
  });

  test('a topic is not asked for by name where that would make it', async () => {
    const start = { topics: TOPICS, metadata: [0, 3] } as const;
    const { result, lastMetadata } = await probe(start, { options: { topic: 'events' } });
    expect(verdict(result)).toEqual(UP);
    expect(result.facts).toMatchObject({ topics: 1, partitions: 1 });
    expect(lastMetadata.toString('hex')).toBe('ffffffff');
    const missing = await probe(start, { options: { topic: 'x' } });
    expect(verdict(missing.result)).toEqual(['down', 'status', 'protocol', null]);
    expect(missing.result.reason?.text).toContain('refuses the topic "x": UNKNOWN_TOPIC_OR_PARTITION');
  });

  test.each([
    [3, 'status', 'UNKNOWN_TOPIC_OR_PARTITION'],
    [17, 'status', 'INVALID_TOPIC_EXCEPTION'],
    [29, 'auth', 'TOPIC_AUTHORIZATION_FAILED'],
    [99, 'status', 'error 99'],
  ])('a topic with the error %d: %s', async (error, code, words) => {
    const { result } = await probe({ topics: { x: { error, partitions: [] } } }, { options: { topic: 'x' } });
    expect(verdict(result)).toEqual(['down', code, code === 'auth' ? 'auth' : 'protocol', null]);
    expect(result.reason?.text).toContain(`refuses the topic "x": ${words}`);
  });

  test('a topic that has no leader at all', async () => {
    const topics = { x: { error: 5, partitions: [] } };
    const { result } = await probe({ topics }, { options: { topic: 'x' } });
    expect(verdict(result)).toEqual(['down', 'quorum', 'expect', 'offline']);
  });

  test('a large cluster', async () => {
    const partitions = Array.from({ length: 50_000 }, () => WHOLE);
    const { result } = await probe({ topics: { large: { partitions } } }, { timeout_ms: 8000 });
    expect(verdict(result)).toEqual(UP);
    expect(result.facts).toMatchObject({ partitions: 50_000 });
  });
});

describe('a login to a peer of the Kafka protocol', () => {
  test.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])('%s: right and wrong', async (mechanism) => {
    const start = { topics: TOPICS, users: USERS };
    const right = await probe(start, { options: { mechanism } }, LOGIN);
    expect(verdict(right.result), JSON.stringify(right.result.reasons)).toEqual(UP);
    expect(right.asked).toEqual(
      mechanism === 'PLAIN' ? ['18.0', '17.1', '36.0', '3.7'] : ['18.0', '17.1', '36.0', '36.0', '3.7'],
    );
    for (const userinfo of ['probe:wrong@', 'nobody:pw@']) {
      const { result } = await probe(start, { options: { mechanism } }, userinfo);
      expect(verdict(result)).toEqual(['down', 'auth', 'auth', null]);
      expect(result.reason?.text).toContain(
        `refuses the login (${mechanism}): SASL_AUTHENTICATION_FAILED (Authentication failed`,
      );
    }
  });

  test('without TLS the password is not shown; nor is it in a transcript', async () => {
    const said: string[] = [];
    const trace: TestWorld['trace'] = (event) => {
      if (event.kind === 'sent') said.push(Buffer.from(event.bytes).toString());
    };
    await probe({ users: USERS }, {}, LOGIN, { trace });
    expect(said.join('\n')).toContain('SCRAM-SHA-512');
    await probe({ users: USERS }, { options: { mechanism: 'PLAIN' } }, LOGIN, { trace });
    expect(said.join('\n')).toContain('***');
    expect(said.join('\n')).not.toContain('cret%');
  });

  test('a mechanism that it does not have: auth, with those that it has', async () => {
    const { result } = await probe({ users: USERS, mechanisms: ['GSSAPI', 'SCRAM-SHA-256'] }, {}, LOGIN);
    expect(verdict(result)).toEqual(['down', 'auth', 'auth', null]);
    expect(result.reason?.text).toContain(
      'has no login by SCRAM-SHA-512: UNSUPPORTED_SASL_MECHANISM; it offers GSSAPI, SCRAM-SHA-256: set `mechanism`',
    );
  });

  test('a listener that wants a login hangs up: closed, and the text says why that may be', async () => {
    const { result } = await probe({ users: USERS });
    expect(verdict(result)).toEqual(['down', 'closed', 'protocol', null]);
    expect(result.reason?.text).toContain('a listener with SASL does so to those who do not log in');
  });

  test('one that cannot prove that it knows the password: auth', async () => {
    const { result } = await probe({ users: USERS, impostor: true }, {}, LOGIN);
    expect(verdict(result)).toEqual(['down', 'auth', 'auth', null]);
    expect(result.reason?.text).toContain('does not prove that it knows the password');
  });

  test('one that asks for ten million rounds of SCRAM costs none', async () => {
    const { result } = await probe({ users: USERS, rounds: 10_000_000 }, {}, LOGIN);
    expect(verdict(result)).toEqual(['down', 'protocol', 'auth', null]);
  });

  test.each([
    [i16(34), 'auth', 'auth'],
    [Buffer.concat([i16(-1), text('down for repairs')]), 'status', 'protocol'],
  ])('SaslAuthenticate with another error', async (answer, code, phase) => {
    const padded = Buffer.concat([answer, ...(answer.length === 2 ? [text(null)] : []), i32(0)]);
    const { result } = await probe({ users: USERS, answers: { 36: padded } }, {}, LOGIN);
    expect(verdict(result)).toEqual(['down', code, phase, null]);
  });
});

describe('answers that are none', () => {
  test.each([
    ['ApiVersions with a count that is too large', { 18: Buffer.concat([i16(0), i32(2 ** 30)]) }],
    ['ApiVersions cut short', { 18: i16(0) }],
    ['Metadata with a count of brokers that is too large', { 3: Buffer.concat([i32(0), i32(2 ** 30)]) }],
    ['Metadata cut short', { 3: Buffer.concat([i32(0), i32(0), text('x')]) }],
    ['an empty Metadata', { 3: Buffer.alloc(0) }],
  ])('%s: protocol, at once', async (_what, answers) => {
    const { result } = await probe({ answers });
    expect(verdict(result)).toEqual(['down', 'protocol', 'protocol', null]);
    expect(result.duration_ms).toBeLessThan(900);
  });

  test('ApiVersions refused', async () => {
    const { result } = await probe({ answers: { 18: Buffer.concat([i16(35), i32(0)]) } });
    expect(verdict(result)).toEqual(['down', 'protocol', 'protocol', null]);
    expect(result.reason?.text).toContain('UNSUPPORTED_VERSION');
  });

  test('a broker that hangs up on ApiVersions: closed', async () => {
    expect(verdict((await probe({ answers: { 18: null } })).result)).toEqual([
      'down',
      'closed',
      'protocol',
      null,
    ]);
  });

  test('a user without a password is refused', async () => {
    await expect(probeTarget(kafka, 'kafka://u@h')).rejects.toThrow('a login needs both');
  });
});
