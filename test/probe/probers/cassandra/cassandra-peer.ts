import type { Socket } from 'node:net';
import type { Peer } from '../../../contract/misbehaving-server.ts';
import type { TestCertificate } from '../../../servers/certificates.ts';
import { inMessages, startPeer } from '../../../servers/secure-peer.ts';

/** An error: its number, its words, and bytes behind it. */
export type CassandraError = readonly [number: number, text: string, more?: Buffer];

export interface CassandraSettings {
  readonly user?: { readonly name: string; readonly password: string };
  /** default PasswordAuthenticator, where there is a user */
  readonly authenticator?: string;
  /** answers by the beginning of a query; the rest is answered as a healthy node does */
  readonly answers?: { readonly [query: string]: Buffer | CassandraError };
  /** the answer to STARTUP */
  readonly startup?: CassandraError;
  /** adds warnings, a tracing id and a payload to its results */
  readonly talkative?: boolean;
  readonly certificate?: TestCertificate;
}

export const be = (bytes: number, value: number | bigint) => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)));
  return buffer.subarray(8 - bytes);
};
export const TEXT = be(2, 0x0d);
export const short = (value: string) => Buffer.concat([be(2, Buffer.byteLength(value)), Buffer.from(value)]);
export const long = (value: Buffer) => Buffer.concat([be(4, value.length), value]);

/** A result with rows. A type is its bytes. */
export function rows(
  columns: readonly (readonly [name: string, type: Buffer])[],
  cells: readonly (readonly (Buffer | null)[])[],
): Buffer {
  return Buffer.concat([
    ...[be(4, 2), be(4, 1), be(4, columns.length), short('system'), short('local')],
    ...columns.flatMap(([name, type]) => [short(name), type]),
    be(4, cells.length),
    ...cells.flat().map((cell) => (cell === null ? be(4, 0xffffffff) : long(cell))),
  ]);
}

/** A node that speaks as Cassandra does: OPTIONS, STARTUP, PLAIN, QUERY. By the specification of its native protocol, version 4. */
export async function startCassandra(settings: CassandraSettings = {}): Promise<Peer> {
  return startPeer((socket) => serve(socket, settings), settings.certificate);
}

function serve(socket: Socket, settings: CassandraSettings): void {
  const { user, authenticator = 'org.apache.cassandra.auth.PasswordAuthenticator' } = settings;
  let named = !authenticator.endsWith('DseAuthenticator');
  let ready = user === undefined;
  const say = (opcode: number, body: Buffer = Buffer.alloc(0), flags = 0) =>
    void socket.write(Buffer.concat([Buffer.of(0x84, flags, 0, 0, opcode), be(4, body.length), body]));
  const refuse = ([number, words, more = Buffer.alloc(0)]: CassandraError) =>
    say(0x00, Buffer.concat([be(4, number), short(words), more]));
  const query = (cql: string) => {
    if (!ready) throw new Error('a query before the login');
    const known = Object.keys(settings.answers ?? {}).find((start) => cql.startsWith(start));
    const answer = known === undefined ? healthy(cql) : settings.answers?.[known];
    if (answer === undefined) {
      refuse([0x2200, 'unconfigured table']);
      return;
    }
    if (!Buffer.isBuffer(answer)) {
      refuse(answer);
      return;
    }
    if (settings.talkative !== true) {
      say(0x08, answer);
      return;
    }
    const extras = [Buffer.alloc(16), be(2, 1), short('Aggregation query used without partition key')];
    say(0x08, Buffer.concat([...extras, be(2, 1), short('key'), long(Buffer.from('value')), answer]), 0x0e);
  };
  inMessages(
    socket,
    (sofar) => (sofar.length < 9 ? null : 9 + sofar.readUInt32BE(5)),
    (message) => {
      const body = message.subarray(9);
      switch (message[4]) {
        case 0x05:
          return say(
            0x06,
            Buffer.concat([
              be(2, 2),
              short('CQL_VERSION'),
              be(2, 1),
              short('3.4.6'),
              short('COMPRESSION'),
              be(2, 0),
            ]),
          );
        case 0x01:
          if (settings.startup !== undefined) return refuse(settings.startup);
          return ready ? say(0x02) : say(0x03, short(authenticator));
        case 0x0f: {
          const token = body.subarray(4).toString();
          if (!named && token === 'PLAIN') {
            named = true;
            return say(0x0e, long(Buffer.from('PLAIN-START')));
          }
          ready = named && token === `\0${user?.name ?? ''}\0${user?.password ?? ''}`;
          if (ready) return say(0x10, be(4, 0xffffffff));
          return refuse([0x0100, 'Provided username probe and/or password are incorrect']);
        }
        case 0x07:
          return query(body.subarray(4, 4 + body.readUInt32BE(0)).toString());
        default:
          return refuse([0x0a, 'Unknown opcode']);
      }
    },
  );
}

function healthy(cql: string): Buffer | undefined {
  if (cql.startsWith('USE "shop"')) return Buffer.concat([be(4, 3), short('shop')]);
  if (cql.startsWith('SELECT peer')) {
    const INET = be(2, 0x10);
    return rows([['peer', INET]], [[Buffer.of(192, 0, 2, 1)], [Buffer.of(192, 0, 2, 2)]]);
  }
  if (!cql.startsWith('SELECT release_version')) return undefined;
  const columns = ['release_version', 'cluster_name', 'data_center', 'rack'].map(
    (name) => [name, TEXT] as const,
  );
  return rows(columns, [['4.1.3', 'Test Cluster', 'dc1', 'r1'].map((value) => Buffer.from(value))]);
}
