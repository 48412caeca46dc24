import { safeLine } from '../../../words/safe-text.ts';
import { Fault, fail } from '../../prober.ts';
import { type Bytes, i32, u8 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { LEADER_NOT_AVAILABLE, UNKNOWN_TOPIC, findingOf } from './errors.ts';
import { API, ask, broken, encodeText, readCount, readText } from './request.ts';

/** What a broker knows of its cluster. */
export interface Metadata {
  readonly brokers: number;
  /** null: there is none */
  readonly controller: number | null;
  readonly cluster_id: string | null;
  readonly topics: number;
  readonly partitions: number;
  readonly under_replicated: number;
  readonly offline: number;
  /** `orders-3` for each of those two, at most 50 */
  readonly affected: readonly string[];
}

const { metadata: METADATA } = API;
/** 1 tells the controller; from 9 on everything is written in another way. */
const [FIRST, LAST] = [1, 7] as const;
/** From here on a request can say that no topic is to be made by asking for it. */
const NONE_IS_MADE = 4;
const MOST_AFFECTED = 50;
const NOBODY = -1;

/** Which requests a broker takes: its range of versions by key. Throws: protocol when it is no Kafka broker. */
export async function askVersions(
  conversation: Conversation,
): Promise<ReadonlyMap<number, readonly [least: number, most: number]>> {
  const api = API.apiVersions;
  const { peer } = conversation;
  const bytes = await ask(conversation, { api, version: 0, body: Buffer.alloc(0) });
  const error = bytes.i16();
  const versions = new Map<number, readonly [number, number]>();
  let left = readCount(bytes, 6, () => broken(peer, api));
  for (; left > 0; left -= 1) versions.set(bytes.i16(), [bytes.i16(), bytes.i16()]);
  if (error !== 0) throw new Fault(findingOf(error, peer, 'refuses ApiVersions'));
  return versions;
}

/** Asks for one topic, or for all. Makes none: a topic that is missing stays so. */
export async function askMetadata(
  conversation: Conversation,
  versions: ReadonlyMap<number, readonly [number, number]>,
  topic: string | null,
): Promise<Metadata> {
  const { peer } = conversation;
  const [least, most] = versions.get(METADATA.key) ?? [0, 0];
  const version = Math.min(most, LAST);
  if (version < Math.max(least, FIRST)) {
    const got = `${String(least)} to ${String(most)}`;
    const expected = `one of ${String(FIRST)} to ${String(LAST)}`;
    fail(
      'protocol',
      'protocol',
      `${peer} speaks Metadata ${got}, expected ${expected} (Kafka 0.10 or later)`,
      { expected, got },
    );
  }
  const all = topic === null || version < NONE_IS_MADE;
  const body = [
    all ? i32(-1) : Buffer.concat([i32(1), encodeText(topic)]),
    version < NONE_IS_MADE ? Buffer.alloc(0) : u8(0),
  ];
  const bytes = await ask(conversation, { api: METADATA, version, body: Buffer.concat(body) });
  return readMetadata(bytes, version, topic, peer);
}

/** Source: kafka.apache.org/protocol, Metadata response. */
function readMetadata(bytes: Bytes, version: number, only: string | null, peer: string): Metadata {
  const none = () => broken(peer, METADATA);
  if (version >= 3) bytes.i32();
  const brokers = readCount(bytes, 12, none);
  for (let left = brokers; left > 0; left -= 1) skipBroker(bytes);
  const cluster_id = version >= 2 ? readText(bytes) : null;
  const controller = bytes.i32();
  const seen: Seen = { topics: 0, partitions: 0, under_replicated: 0, offline: 0, affected: [] };
  for (let left = readCount(bytes, 9, none); left > 0; left -= 1) {
    const topic = readTopic(bytes, version, none);
    if (only === null || topic.name === only) count(topic, seen, only !== null, peer);
  }
  if (only !== null && seen.topics === 0) refuse(UNKNOWN_TOPIC, only, peer);
  return {
    brokers,
    controller: controller === NOBODY ? null : controller,
    cluster_id: cluster_id === null ? null : safeLine(cluster_id, 80),
    ...seen,
  };
}

interface Seen {
  topics: number;
  partitions: number;
  under_replicated: number;
  offline: number;
  readonly affected: string[];
}

interface Topic {
  readonly error: number;
  readonly name: string;
  readonly partitions: readonly Partition[];
}

interface Partition {
  readonly index: number;
  readonly leader: number;
  readonly replicas: number;
  readonly in_sync: number;
}

/** Node, host, port, rack. */
function skipBroker(bytes: Bytes): void {
  bytes.i32();
  readText(bytes);
  bytes.i32();
  readText(bytes);
}

function readTopic(bytes: Bytes, version: number, none: () => never): Topic {
  const error = bytes.i16();
  const name = readText(bytes) ?? '';
  bytes.u8();
  const least = version >= 7 ? 26 : 18;
  const partitions = Array.from({ length: readCount(bytes, least, none) }, () =>
    readPartition(bytes, version, none),
  );
  return { error, name, partitions };
}

function readPartition(bytes: Bytes, version: number, none: () => never): Partition {
  bytes.i16();
  const index = bytes.i32();
  const leader = bytes.i32();
  if (version >= 7) bytes.i32();
  const skipNodes = () => {
    const nodes = readCount(bytes, 4, none);
    bytes.bytes(4 * nodes);
    return nodes;
  };
  const replicas = skipNodes();
  const in_sync = skipNodes();
  if (version >= 5) skipNodes();
  return { index, leader, replicas, in_sync };
}

/** What is wrong with a topic that was asked for is a fault; of all others it is what the user may not see. */
function count({ error, name, partitions }: Topic, seen: Seen, asked: boolean, peer: string): void {
  if (asked && error !== 0 && error !== LEADER_NOT_AVAILABLE) refuse(error, name, peer);
  seen.topics += 1;
  seen.partitions += partitions.length;
  // A topic without partitions that has no leader is being made, or cannot be.
  if (error === LEADER_NOT_AVAILABLE && partitions.length === 0) seen.offline += 1;
  for (const { index, leader, replicas, in_sync } of partitions) {
    const isOffline = leader === NOBODY;
    const isUnder = in_sync < replicas;
    if (isOffline) seen.offline += 1;
    if (isUnder) seen.under_replicated += 1;
    if ((isOffline || isUnder) && seen.affected.length < MOST_AFFECTED)
      seen.affected.push(safeLine(`${name}-${String(index)}`, 260));
  }
}

function refuse(error: number, topic: string, peer: string): never {
  throw new Fault(findingOf(error, peer, `refuses the topic "${safeLine(topic, 80)}"`));
}
