import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Peer } from '../../../contract/misbehaving-server.ts';
import type { TestCertificate } from '../../../servers/certificates.ts';
import { type ScramServer, scramServer } from '../../../servers/scram-server.ts';
import { inMessages, startPeer } from '../../../servers/secure-peer.ts';

/** A document of a test: dates, int64 and other types by `raw`. */
export type Doc = { readonly [name: string]: unknown };

/** Bytes of a type that JavaScript has not. */
export const raw = (type: number, bytes: Buffer) => ({ raw: [type, bytes] as const });
export const date = (ms: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(ms));
  return raw(0x09, bytes);
};

export interface MongoPeer extends Peer {
  /** commands that it was given, by name */
  readonly commands: string[];
}

export interface MongoSettings {
  /** merged into the answer to isMaster */
  readonly hello?: Doc;
  readonly user?: { readonly name: string; readonly password: string; readonly source?: string };
  readonly mechanisms?: readonly string[];
  /** answers of other commands, by name */
  readonly answers?: { readonly [command: string]: Doc };
  readonly certificate?: TestCertificate;
  /** wants an empty message after SCRAM, as servers before 4.4 do */
  readonly wantsEmpty?: boolean;
  readonly scram?: { readonly rounds?: string; readonly forgetful?: boolean };
  /** sends a checksum with each OP_MSG */
  readonly checksum?: boolean;
  /** knows no OP_MSG: hangs up */
  readonly old?: boolean;
}

const OK = { ok: 1.5 - 0.5 };
const FAILED = { ok: 0, errmsg: 'Authentication failed.', code: 18, codeName: 'AuthenticationFailed' };
const UNAUTHORIZED = { ok: 0, errmsg: 'not authorized', code: 13, codeName: 'Unauthorized' };

/** A server that speaks as MongoDB does: OP_QUERY and OP_MSG, hello, SCRAM, ping. By its wire protocol’s specification. */
export async function startMongo(settings: MongoSettings = {}): Promise<MongoPeer> {
  const commands: string[] = [];
  const peer = await startPeer((socket) => serve(socket, settings, commands), settings.certificate);
  return { ...peer, commands };
}

function serve(socket: Socket, settings: MongoSettings, commands: string[]): void {
  let scram: ScramServer | null = null;
  let loggedIn = settings.user === undefined;
  const answer = (database: string, command: Doc): Doc => {
    const [name = ''] = Object.keys(command);
    commands.push(name);
    const own = settings.answers?.[name];
    if (own !== undefined) return own;
    switch (name) {
      case 'isMaster':
        return { ...helloOf(settings, command), ...settings.hello, ...OK };
      case 'saslStart': {
        const { user, mechanisms = ['SCRAM-SHA-1', 'SCRAM-SHA-256'] } = settings;
        const mechanism = String(command['mechanism']);
        if (user === undefined || !mechanisms.includes(mechanism) || database !== (user.source ?? 'admin'))
          return FAILED;
        const text = String(command['payload']);
        if (mechanism === 'PLAIN') {
          loggedIn = text === `\0${user.name}\0${user.password}`;
          return loggedIn ? { conversationId: 1, done: true, payload: Buffer.alloc(0), ...OK } : FAILED;
        }
        if (!text.includes(`n=${user.name},`)) return FAILED;
        const digest = createHash('md5').update(`${user.name}:mongo:${user.password}`).digest('hex');
        const sha256 = mechanism === 'SCRAM-SHA-256';
        scram = scramServer(sha256 ? 'sha256' : 'sha1', sha256 ? user.password : digest, settings.scram);
        return { conversationId: 1, done: false, payload: Buffer.from(scram.first(text)), ...OK };
      }
      case 'saslContinue': {
        if (loggedIn) return { conversationId: 1, done: true, payload: Buffer.alloc(0), ...OK };
        const final = scram?.final(String(command['payload'])) ?? null;
        if (final === null) return FAILED;
        loggedIn = true;
        return { conversationId: 1, done: settings.wantsEmpty !== true, payload: Buffer.from(final), ...OK };
      }
      case 'ping':
        return loggedIn ? OK : UNAUTHORIZED;
      case 'buildInfo':
        return { version: '7.0.14', ...OK };
      default:
        return loggedIn ? { ok: 0, errmsg: 'not running with --replSet', code: 76 } : UNAUTHORIZED;
    }
  };
  inMessages(
    socket,
    (sofar) => (sofar.length < 16 ? null : sofar.readUInt32LE(0)),
    (message) => {
      const [id, op] = [message.readUInt32LE(4), message.readUInt32LE(12)];
      if (op === 2004) {
        const end = message.indexOf(0, 20);
        const database = message.subarray(20, end).toString().replace('.$cmd', '');
        const body = encode(answer(database, decode(message.subarray(end + 9))));
        const head = Buffer.alloc(20);
        head.writeUInt32LE(1, 16);
        socket.write(withHead(id, 1, Buffer.concat([head, body])));
      } else if (op === 2013 && settings.old !== true) {
        const command = decode(message.subarray(21));
        const body = encode(answer(String(command['$db']), command));
        const flags = Buffer.from([settings.checksum === true ? 1 : 0, 0, 0, 0, 0]);
        const sum = settings.checksum === true ? Buffer.alloc(4) : Buffer.alloc(0);
        socket.write(withHead(id, 2013, Buffer.concat([flags, body, sum])));
      } else socket.end();
    },
  );
}

function helloOf(
  { old, user, mechanisms = ['SCRAM-SHA-1', 'SCRAM-SHA-256'] }: MongoSettings,
  command: Doc,
): Doc {
  const asked = command['saslSupportedMechs'];
  const known = old !== true && user !== undefined && asked === `${user.source ?? 'admin'}.${user.name}`;
  return {
    ismaster: true,
    helloOk: true,
    topologyVersion: { processId: raw(0x07, Buffer.alloc(12)), counter: raw(0x12, Buffer.alloc(8)) },
    maxBsonObjectSize: 16_777_216,
    localTime: date(Date.now()),
    minWireVersion: 0,
    maxWireVersion: 21,
    readOnly: false,
    ...(known ? { saslSupportedMechs: mechanisms } : {}),
  };
}

function withHead(id: number, op: number, body: Buffer): Buffer {
  const head = Buffer.alloc(16);
  [16 + body.length, 7, id, op].forEach((value, index) => head.writeUInt32LE(value, index * 4));
  return Buffer.concat([head, body]);
}

export function encode(document: Doc): Buffer {
  const elements = Object.entries(document).map(([name, value]) => {
    const [type, bytes] = encodeValue(value);
    return Buffer.concat([Buffer.of(type), Buffer.from(`${name}\0`), bytes]);
  });
  const body = Buffer.concat([...elements, Buffer.alloc(1)]);
  return Buffer.concat([le32(body.length + 4), body]);
}

function encodeValue(value: unknown): readonly [number, Buffer] {
  if (typeof value === 'boolean') return [0x08, Buffer.of(value ? 1 : 0)];
  if (typeof value === 'number') {
    if (Number.isInteger(value) && value !== 1) return [0x10, le32(value)];
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return [0x01, bytes];
  }
  if (typeof value === 'string')
    return [0x02, Buffer.concat([le32(Buffer.byteLength(value) + 1), Buffer.from(`${value}\0`)])];
  if (Buffer.isBuffer(value)) return [0x05, Buffer.concat([le32(value.length), Buffer.of(0), value])];
  if (Array.isArray(value))
    return [0x04, encode(Object.fromEntries(value.map((one, index) => [String(index), one as unknown])))];
  const given = value as Doc & { readonly raw?: readonly [number, Buffer] };
  return given.raw ?? [0x03, encode(given)];
}

function decode(bytes: Buffer): Doc {
  const document: { [name: string]: unknown } = {};
  let at = 4;
  for (;;) {
    const type = bytes[at];
    if (type === undefined || type === 0) return document;
    const end = bytes.indexOf(0, at + 1);
    const name = bytes.subarray(at + 1, end).toString();
    at = end + 1;
    const length = type === 0x08 ? 0 : bytes.readInt32LE(at);
    if (type === 0x08) document[name] = bytes[at++] === 1;
    else if (type === 0x10) {
      document[name] = length;
      at += 4;
    } else if (type === 0x02) {
      document[name] = bytes.subarray(at + 4, at + 3 + length).toString();
      at += 4 + length;
    } else if (type === 0x05) {
      document[name] = bytes.subarray(at + 5, at + 5 + length);
      at += 5 + length;
    } else {
      document[name] = decode(bytes.subarray(at, at + length));
      at += length;
    }
  }
}

function le32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
