import { u16LE, u32LE, u8 } from '../../wire/bytes.ts';

export interface MssqlLogin {
  readonly username: string;
  readonly password: string;
  /** empty: the user’s own */
  readonly database: string;
  /** as the target says it */
  readonly host: string;
}

const [TDS_7_4, TDS_8] = [0x7400_0004, 0x0800_0000];
const PACKET_SIZE = 4096;
/** To change the database must not fail silently. */
const FLAGS = [0xe0, 0x03, 0, 0] as const;
const FIXED = 94;

/** LOGIN7 with a login of SQL Server’s own. `strict`: within TLS from the first byte. Source: MS-TDS §2.2.6.4. */
export function loginMessage(login: MssqlLogin, strict: boolean): Buffer {
  const utf16 = (text: string) => Buffer.from(text, 'utf16le');
  const data: Buffer[] = [];
  let offset = FIXED;
  const place = (bytes: Buffer): Buffer => {
    data.push(bytes);
    offset += bytes.length;
    return Buffer.concat([u16LE(offset - bytes.length), u16LE(bytes.length / 2)]);
  };
  const places = [
    place(utf16('puptime')),
    place(utf16(login.username)),
    place(hidden(utf16(login.password))),
    place(utf16('puptime')),
    place(utf16(login.host)),
    place(Buffer.alloc(0)),
    place(utf16('puptime')),
    place(Buffer.alloc(0)),
    place(utf16(login.database)),
    Buffer.alloc(6),
    place(Buffer.alloc(0)),
    place(Buffer.alloc(0)),
    place(Buffer.alloc(0)),
    u32LE(0),
  ];
  return Buffer.concat([
    ...[u32LE(offset), u32LE(strict ? TDS_8 : TDS_7_4), u32LE(PACKET_SIZE), u32LE(0), u32LE(0), u32LE(0)],
    ...FLAGS.map(u8),
    ...[u32LE(0), u32LE(0x409)],
    ...places,
    ...data,
  ]);
}

/** Not a protection, but the form that the protocol wants. */
function hidden(password: Buffer): Buffer {
  return Buffer.from(password.map((byte) => ((byte << 4) | (byte >> 4)) ^ 0xa5));
}

/** A query with the headers that it must have outside of a transaction (§2.2.6.7, §2.2.5.3). */
export function batchMessage(sql: string): Buffer {
  const TRANSACTION = 2;
  const header = [u32LE(22), u32LE(18), u16LE(TRANSACTION), Buffer.alloc(8), u32LE(1)];
  return Buffer.concat([...header, Buffer.from(sql, 'utf16le')]);
}
