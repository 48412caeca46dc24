import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type TLSSocket, createServer } from 'node:tls';
import type { Peer } from '../../../contract/misbehaving-server.ts';
import type { TestCertificate } from '../../../servers/certificates.ts';
import { inMessages, startPeer } from '../../../servers/secure-peer.ts';

export interface MssqlSettings {
  readonly user?: { readonly name: string; readonly password: string };
  readonly databases?: readonly string[];
  readonly certificate?: TestCertificate;
  /** TLS from the first byte */
  readonly strict?: boolean;
  /** what PRELOGIN says; default on with a certificate, else not supported (2) */
  readonly encryption?: number;
  /** instead of taking the login */
  readonly login?: Buffer;
  /** of the database: status, updateability */
  readonly state?: readonly [status: string, updateability: string];
  /** the answer to any other query */
  readonly answer?: Buffer;
  /** largest packet of an answer */
  readonly packet?: number;
}

export const le = (bytes: number, value: number | bigint) => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  return buffer.subarray(0, bytes);
};
const utf16 = (text: string) => Buffer.from(text, 'utf16le');
/** B_VARCHAR and US_VARCHAR */
const short = (text: string) => Buffer.concat([le(1, text.length), utf16(text)]);
const long = (text: string) => Buffer.concat([le(2, text.length), utf16(text)]);
const token = (type: number, body: Buffer) => Buffer.concat([le(1, type), le(2, body.length), body]);

export const done = Buffer.concat([le(1, 0xfd), Buffer.alloc(12)]);
export const error = (number: number, text: string) =>
  token(
    0xaa,
    Buffer.concat([le(4, number), le(1, 1), le(1, 14), long(text), short('DB1'), short(''), le(4, 1)]),
  );
export const info = (text: string) =>
  token(
    0xab,
    Buffer.concat([le(4, 5701), le(1, 2), le(1, 0), long(text), short('DB1'), short(''), le(4, 1)]),
  );
export const routing = (host: string, port: number) => {
  const value = Buffer.concat([le(1, 0), le(2, port), long(host)]);
  return token(0xe3, Buffer.concat([le(1, 20), le(2, value.length), value, le(2, 0)]));
};
/** A result. A column is the bytes of its type, a cell those of its value; `nulls` makes NBCROW of them. */
export function result(types: readonly Buffer[], rows: readonly (readonly (Buffer | null)[])[]): Buffer {
  const columns = types.map((type) => Buffer.concat([le(4, 0), le(2, 9), type, short('c')]));
  const lines = rows.map((cells) => {
    const present = cells.filter((cell) => cell !== null);
    if (present.length === cells.length) return Buffer.concat([le(1, 0xd1), ...present]);
    const bits = cells.reduce((sum, cell, index) => sum + (cell === null ? 2 ** index : 0), 0);
    return Buffer.concat([le(1, 0xd2), le(Math.ceil(cells.length / 8), bits), ...present]);
  });
  return Buffer.concat([le(1, 0x81), le(2, types.length), ...columns, ...lines, done]);
}
export const NVARCHAR = Buffer.concat([le(1, 0xe7), le(2, 120), Buffer.alloc(5)]);
export const nvarchar = (text: string) => Buffer.concat([le(2, text.length * 2), utf16(text)]);

/** A server that speaks as SQL Server does: PRELOGIN, TLS within packets or before them, LOGIN7, batches. By MS-TDS. */
export async function startMssql(settings: MssqlSettings = {}): Promise<Peer> {
  if (settings.strict === true) return startPeer((socket) => serve(socket, settings), settings.certificate);
  return startPeer((socket) => serve(socket, settings));
}

const lengthOf = (sofar: Buffer) => (sofar.length < 8 ? null : sofar.readUInt16BE(2));

function serve(raw: Socket, settings: MssqlSettings): void {
  const { certificate, strict = false } = settings;
  const encryption = settings.encryption ?? (certificate === undefined || strict ? 2 : 1);
  let spoken: Duplex = raw;
  const say = (body: Buffer) => {
    const size = settings.packet ?? 4096;
    for (let at = 0; at < body.length; at += size) {
      const part = body.subarray(at, at + size);
      const head = Buffer.of(4, at + size >= body.length ? 1 : 0, 0, 0, 0, 0, 1, 0);
      head.writeUInt16BE(8 + part.length, 2);
      spoken.write(Buffer.concat([head, part]));
    }
  };
  let login = Buffer.alloc(0);
  const take = (message: Buffer) => {
    const body = message.subarray(8);
    if (message[0] === 0x12) say(prelogin(encryption));
    if (message[0] === 0x01) say(batch(body, settings));
    if (message[0] !== 0x10) return;
    login = Buffer.concat([login, body]);
    if (message[1] === 1) say(answerLogin(login, settings));
  };
  if (encryption === 2 || certificate === undefined || strict) {
    inMessages(raw, lengthOf, take);
    return;
  }
  raw.once('data', (first: Buffer) => {
    take(first);
    if (first[first.readUInt16BE(first.indexOf(1, 9 + 5) + 1) + 8] === 2) {
      inMessages(raw, lengthOf, take);
      return;
    }
    secure(raw, certificate, (socket) => {
      spoken = socket;
      inMessages(socket, lengthOf, take);
    });
  });
}

/** TLS whose handshake goes in packets of the type PRELOGIN. */
function secure(raw: Socket, certificate: TestCertificate, begin: (socket: TLSSocket) => void): void {
  let framed = true;
  const carrier = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, next) {
      const head = Buffer.of(0x12, 1, 0, 0, 0, 0, 1, 0);
      head.writeUInt16BE(8 + chunk.length, 2);
      raw.write(framed ? Buffer.concat([head, chunk]) : chunk, () => next());
    },
    final: (next) => void raw.end(next),
  });
  let held = Buffer.alloc(0);
  raw.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 8 && held[0] === 0x12 && held.length >= held.readUInt16BE(2)) {
      const length = held.readUInt16BE(2);
      carrier.push(held.subarray(8, length));
      held = held.subarray(length);
    }
    // Application data is a record of its own.
    if (held[0] === 0x17 || held[0] === 0x15) {
      framed = false;
      carrier.push(held);
      held = Buffer.alloc(0);
    }
  });
  raw.on('close', () => carrier.destroy());
  const options = {
    cert: readFileSync(certificate.cert),
    key: readFileSync(certificate.key),
    maxVersion: 'TLSv1.2',
  } as const;
  const server = createServer(options, (socket) => {
    socket.on('error', () => raw.destroy());
    begin(socket);
  });
  server.on('tlsClientError', () => raw.destroy());
  server.emit('connection', carrier);
}

function prelogin(encryption: number): Buffer {
  const version = Buffer.of(16, 0, 0x10, 0x27, 0, 0);
  const table = Buffer.of(0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff);
  return Buffer.concat([table, version, Buffer.of(encryption)]);
}

function answerLogin(body: Buffer, settings: MssqlSettings): Buffer {
  if (settings.login !== undefined) return Buffer.concat([settings.login, done]);
  const field = (index: number) => {
    const at = 36 + index * 4 + (index > 8 ? 6 : 0);
    const from = body.readUInt16LE(at);
    return body.subarray(from, from + body.readUInt16LE(at + 2) * 2);
  };
  if (body.readUInt32LE(0) !== body.length)
    return Buffer.concat([error(4002, 'The incoming TDS stream is incorrect'), done]);
  const password = Buffer.from(field(2).map((byte) => ((byte ^ 0xa5) << 4) | ((byte ^ 0xa5) >> 4))).toString(
    'utf16le',
  );
  const [name, database] = [field(1).toString('utf16le'), field(8).toString('utf16le')];
  if (name !== settings.user?.name || password !== settings.user.password)
    return Buffer.concat([error(18456, `Login failed for user '${name}'.`), done]);
  if (database !== '' && !(settings.databases ?? []).includes(database)) {
    const words = `Cannot open database "${database}" requested by the login. The login failed.`;
    return Buffer.concat([error(4060, words), error(18456, `Login failed for user '${name}'.`), done]);
  }
  const ack = Buffer.concat([
    le(1, 1),
    Buffer.of(0x74, 0, 0, 4),
    short('Microsoft SQL Server'),
    Buffer.of(16, 0, 16, 39),
  ]);
  const changed = token(0xe3, Buffer.concat([le(1, 1), short('master'), short('')]));
  const features = Buffer.concat([le(1, 0xae), le(1, 0x0a), le(4, 1), le(1, 1), le(1, 0xff)]);
  return Buffer.concat([
    changed,
    info("Changed database context to 'master'."),
    token(0xad, ack),
    features,
    done,
  ]);
}

function batch(body: Buffer, settings: MssqlSettings): Buffer {
  const sql = body.subarray(body.readUInt32LE(0)).toString('utf16le');
  const [status, updateability] = settings.state ?? ['ONLINE', 'READ_WRITE'];
  if (!sql.startsWith('SELECT DB_NAME()'))
    return settings.answer ?? Buffer.concat([error(208, 'Invalid object name'), done]);
  return result(
    [NVARCHAR, NVARCHAR, NVARCHAR],
    [[nvarchar('shop'), nvarchar(status), nvarchar(updateability)]],
  );
}
