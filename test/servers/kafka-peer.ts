import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { TLSSocket, createSecureContext } from 'node:tls';
import { type Peer, listen } from '../contract/misbehaving-server.ts';
import type { TestCertificate } from './certificates.ts';

/** A partition as Metadata tells it: its leader (-1: none), replicas, and those in sync. */
export interface KafkaPartition {
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly in_sync: readonly number[];
}

export interface KafkaTopic {
  readonly error?: number;
  readonly partitions: readonly KafkaPartition[];
}

export interface KafkaPeerStart {
  readonly brokers?: readonly number[];
  readonly controller?: number;
  readonly cluster_id?: string | null;
  readonly topics?: { readonly [name: string]: KafkaTopic };
  /** the versions of Metadata that it says it takes */
  readonly metadata?: readonly [least: number, most: number];
  /** user → password; with any, Metadata without a login is hung up on */
  readonly users?: { readonly [name: string]: string };
  readonly mechanisms?: readonly string[];
  /** what SCRAM asks for */
  readonly rounds?: number;
  /** a proof at the end of SCRAM that is none */
  readonly impostor?: boolean;
  readonly certificate?: TestCertificate;
  /** answers to a request by its key instead of the healthy ones, without size and number; null: it hangs up */
  readonly answers?: { readonly [key: number]: Buffer | null };
}

export interface KafkaPeer extends Peer {
  /** key and version of each request: `3.7` */
  readonly asked: readonly string[];
  /** the last request for Metadata, without its header */
  lastMetadata(): Buffer;
}

/**
 * A Kafka broker as far as a probe sees it, written from kafka.apache.org/protocol: ApiVersions 0, SaslHandshake 1,
 * SaslAuthenticate 0, Metadata 1 to 7. Debian has no Kafka.
 */
export async function startKafkaPeer(start: KafkaPeerStart = {}): Promise<KafkaPeer> {
  const asked: string[] = [];
  let lastMetadata = Buffer.alloc(0);
  const serve = (socket: Socket) => {
    const session = createSession(start);
    let unread = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      unread = Buffer.concat([unread, chunk]);
      while (unread.length >= 4 && unread.length >= 4 + unread.readInt32BE(0)) {
        const request = unread.subarray(4, 4 + unread.readInt32BE(0));
        unread = unread.subarray(4 + request.length);
        const [key, version] = [request.readInt16BE(0), request.readInt16BE(2)];
        const body = request.subarray(10 + request.readInt16BE(8));
        asked.push(`${String(key)}.${String(version)}`);
        if (key === 3) lastMetadata = Buffer.from(body);
        const given = start.answers?.[key];
        const answer = given === undefined ? session(key, version, body) : given;
        if (answer === null) {
          socket.end();
          return;
        }
        socket.write(Buffer.concat([i32(answer.length + 4), request.subarray(4, 8), answer]));
      }
    });
  };
  const peer = await listen((socket) =>
    serve(start.certificate === undefined ? socket : secured(socket, start.certificate)),
  );
  return { ...peer, asked, lastMetadata: () => lastMetadata };
}

export const i16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};
export const i32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
export const text = (value: string | null): Buffer =>
  value === null ? i16(-1) : Buffer.concat([i16(Buffer.byteLength(value)), Buffer.from(value)]);

type Session = (key: number, version: number, body: Buffer) => Buffer | null;

function createSession(start: KafkaPeerStart): Session {
  const { users, mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] } = start;
  let login: ((message: string) => { readonly error: number; readonly answer: string }) | null = null;
  let hasLoggedIn = users === undefined;
  return (key, version, body) => {
    if (key === 18) return versionsAnswer(start.metadata ?? [0, 12]);
    if (key === 17) {
      const mechanism = body.toString('utf8', 2);
      const known = mechanisms.includes(mechanism);
      if (known) login = mechanism === 'PLAIN' ? plainLogin(users ?? {}) : scramLogin(mechanism, start);
      return Buffer.concat([i16(known ? 0 : 33), array(mechanisms.map(text))]);
    }
    if (key === 36 && login !== null) {
      const { error, answer } = login(body.toString('utf8', 4));
      if (error === 0) hasLoggedIn = true;
      const said = error === 0 ? null : 'Authentication failed: Invalid username or password';
      return Buffer.concat([i16(error), text(said), i32(answer.length), Buffer.from(answer)]);
    }
    return key === 3 && hasLoggedIn ? metadataAnswer(version, body, start) : null;
  };
}

function versionsAnswer([least, most]: readonly [number, number]): Buffer {
  const apis = [
    [0, 0, 9],
    [3, least, most],
    [17, 0, 1],
    [18, 0, 3],
    [36, 0, 2],
  ];
  return Buffer.concat([i16(0), array(apis.map((api) => Buffer.concat(api.map(i16))))]);
}

function metadataAnswer(version: number, body: Buffer, start: KafkaPeerStart): Buffer {
  const { brokers = [1, 2, 3], controller = 1, cluster_id = 'peer-cluster', topics = {} } = start;
  const wanted =
    body.readInt32BE(0) < 0
      ? Object.keys(topics)
      : [body.toString('utf8', 6, version >= 4 ? body.length - 1 : body.length)];
  const nodes = (ids: readonly number[]) => array(ids.map(i32));
  const partition = ({ leader, replicas, in_sync }: KafkaPartition, index: number) =>
    Buffer.concat([
      i16(leader < 0 ? 5 : 0),
      i32(index),
      i32(leader),
      ...(version >= 7 ? [i32(3)] : []),
      nodes(replicas),
      nodes(in_sync),
      ...(version >= 5 ? [nodes([])] : []),
    ]);
  const topic = (name: string) => {
    const { error = 0, partitions } = topics[name] ?? { error: 3, partitions: [] };
    return Buffer.concat([i16(error), text(name), Buffer.from([0]), array(partitions.map(partition))]);
  };
  return Buffer.concat([
    ...(version >= 3 ? [i32(0)] : []),
    array(brokers.map((id) => Buffer.concat([i32(id), text(`b${String(id)}`), i32(9092), text(null)]))),
    ...(version >= 2 ? [text(cluster_id)] : []),
    i32(controller),
    array(wanted.map(topic)),
  ]);
}

function array(items: readonly Buffer[]): Buffer {
  return Buffer.concat([i32(items.length), ...items]);
}

function plainLogin(users: { readonly [name: string]: string }) {
  return (message: string) => {
    const [, user = '', password] = message.split('\0');
    return { error: users[user] === password ? 0 : 58, answer: '' };
  };
}

/** Source: RFC 5802 §3. */
function scramLogin(mechanism: string, { users = {}, rounds = 4096, impostor = false }: KafkaPeerStart) {
  const [hash, length] = mechanism === 'SCRAM-SHA-256' ? ['sha256', 32] : ['sha512', 64];
  const hmac = (key: Buffer, words: string) => createHmac(hash, key).update(words).digest();
  const salt = Buffer.from('salt of this peer');
  let first = '';
  let challenge = '';
  return (message: string) => {
    if (first === '') {
      first = message.slice(3);
      const nonce = /r=([^,]*)/.exec(first)?.[1] ?? '';
      challenge = `r=${nonce}peer,s=${salt.toString('base64')},i=${String(rounds)}`;
      return { error: 0, answer: challenge };
    }
    const user = /n=([^,]*)/.exec(first)?.[1] ?? '';
    const [, withoutProof = '', proof = ''] = /^(.*),p=(.*)$/.exec(message) ?? [];
    const salted = pbkdf2Sync(users[user] ?? '?', salt, rounds, length, hash);
    const words = `${first},${challenge},${withoutProof}`;
    const stored = createHash(hash).update(hmac(salted, 'Client Key')).digest();
    const signature = hmac(stored, words);
    const key = Buffer.from(
      Buffer.from(proof, 'base64').map((byte, index) => byte ^ (signature[index] ?? 0)),
    );
    if (!createHash(hash).update(key).digest().equals(stored)) return { error: 58, answer: '' };
    const server = hmac(hmac(salted, 'Server Key'), impostor ? 'x' : words);
    return { error: 0, answer: `v=${server.toString('base64')}` };
  };
}

function secured(socket: Socket, { cert, key }: TestCertificate): TLSSocket {
  const secureContext = createSecureContext({ cert: readFileSync(cert), key: readFileSync(key) });
  return new TLSSocket(socket, { isServer: true, secureContext });
}
