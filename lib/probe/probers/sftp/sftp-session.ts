import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { type Bytes, readBytes, u32, u8 } from '../../wire/bytes.ts';
import type { Channel } from '../../wire/ssh/channel.ts';

/** What is known of a file: bytes, and seconds since 1970 of its last change; null where the server does not say. */
export interface Attributes {
  readonly kind: 'file' | 'directory' | 'other';
  readonly size: number | null;
  readonly changed_s: number | null;
}

export interface Entry extends Attributes {
  readonly name: string;
}

/** A refusal: `missing`, `forbidden`, or another one in the server’s words. */
export interface Refusal {
  readonly refused: 'missing' | 'forbidden' | 'other';
  readonly text: string;
}

/** SFTP version 3 over a channel. Source: draft-ietf-secsh-filexfer-02. */
export interface SftpSession {
  stat(path: string): Promise<Attributes | Refusal>;
  /** Everything in it but . and .. */
  list(path: string): Promise<readonly Entry[] | Refusal>;
}

const TYPE = {
  init: 1,
  version: 2,
  close: 4,
  opendir: 11,
  readdir: 12,
  stat: 17,
  status: 101,
  handle: 102,
  name: 104,
  attrs: 105,
} as const;
const STATUS = { eof: 1, missing: 2, forbidden: 3 } as const;
const LONGEST_PACKET = 262_144;
const MOST_ENTRIES = 50_000;

/** Begins it: versions are agreed on. */
export async function openSftp(channel: Channel, peer: string): Promise<SftpSession> {
  const read = packetReader(channel, peer);
  const broken = (what: string) => fail('protocol', 'protocol', `${peer} ${what}`);
  await channel.send(packet(TYPE.init, u32(3)));
  const greeting = await read();
  if (greeting[0] !== TYPE.version) broken('did not answer the opening of SFTP with its version');
  let id = 0;
  const ask = async (type: number, text: Buffer): Promise<{ type: number; fields: Bytes }> => {
    id += 1;
    await channel.send(packet(type, u32(id), u32(text.length), text));
    const fields = readBytes(await read(), () => broken('sent an SFTP answer that ends too early'));
    const answered = fields.u8();
    if (fields.u32() !== id) broken('answered another SFTP request than the one asked');
    return { type: answered, fields };
  };
  return {
    async stat(path) {
      const { type, fields } = await ask(TYPE.stat, Buffer.from(path, 'utf8'));
      if (type === TYPE.status) return readRefusal(fields);
      return type === TYPE.attrs ? readAttributes(fields) : broken(`answered STAT with SFTP message ${type}`);
    },
    async list(path) {
      const opened = await ask(TYPE.opendir, Buffer.from(path, 'utf8'));
      if (opened.type === TYPE.status) return readRefusal(opened.fields);
      if (opened.type !== TYPE.handle) broken(`answered OPENDIR with SFTP message ${opened.type}`);
      const handle = opened.fields.bytes(opened.fields.u32());
      const entries: Entry[] = [];
      for (;;) {
        const { type, fields } = await ask(TYPE.readdir, handle);
        if (type === TYPE.status) {
          const refusal = readRefusal(fields);
          await ask(TYPE.close, handle);
          return refusal === AT_END ? entries : refusal;
        }
        if (type !== TYPE.name) broken(`answered READDIR with SFTP message ${type}`);
        entries.push(...readEntries(fields));
        if (entries.length > MOST_ENTRIES)
          fail('too_large', 'protocol', `${peer} lists more than ${String(MOST_ENTRIES)} names`);
      }
    },
  };
}

function packet(type: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat([u8(type), ...parts]);
  return Buffer.concat([u32(body.length), body]);
}

/** Puts packets together from what the channel gives, however it is cut. */
function packetReader(channel: Channel, peer: string): () => Promise<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  let said = '';
  const take = async (length: number): Promise<Buffer> => {
    const parts = [held];
    let size = held.length;
    while (size < length) {
      const event = await channel.next();
      if (event.kind === 'stderr') said ||= safeLine(event.bytes.toString('utf8'), 100);
      if (event.kind === 'eof' || event.kind === 'close') {
        const why = said === '' ? '' : `: ${said}`;
        fail('closed', 'protocol', `${peer} ended SFTP before it had answered${why}`);
      }
      if (event.kind !== 'data') continue;
      parts.push(event.bytes);
      size += event.bytes.length;
    }
    const whole = Buffer.concat(parts);
    held = whole.subarray(length);
    return whole.subarray(0, length);
  };
  return async () => {
    const head = await take(4);
    const length = head.readUInt32BE();
    if (length >= 1 && length <= LONGEST_PACKET) return take(length);
    const got = safeLine(Buffer.concat([head, held.subarray(0, 60)]).toString('utf8'), 60);
    return fail(
      'protocol',
      'protocol',
      `${peer} does not speak SFTP: it said "${got}" (a start-up file that prints?)`,
      {
        got,
      },
    );
  };
}

const AT_END: Refusal = { refused: 'other', text: 'end of file' };

function readRefusal(fields: Bytes): Refusal {
  const code = fields.u32();
  if (code === STATUS.eof) return AT_END;
  // The text came with version 3; some leave it out.
  const said = fields.left() >= 4 ? safeLine(fields.text(fields.u32()), 100) : '';
  const text = said === '' ? `SFTP status ${String(code)}` : said;
  const refused = code === STATUS.missing ? 'missing' : code === STATUS.forbidden ? 'forbidden' : 'other';
  return { refused, text };
}

function readEntries(fields: Bytes): Entry[] {
  const entries: Entry[] = [];
  for (let left = Math.min(fields.u32(), MOST_ENTRIES); left > 0; left -= 1) {
    const name = fields.text(fields.u32());
    fields.bytes(fields.u32());
    const attributes = readAttributes(fields);
    if (name !== '.' && name !== '..') entries.push({ name, ...attributes });
  }
  return entries;
}

/** §5: what is there is said by flags. */
function readAttributes(fields: Bytes): Attributes {
  const [SIZE, OWNER, MODE, TIMES, EXTENDED] = [1, 2, 4, 8, 0x8000_0000];
  const flags = fields.u32();
  const has = (flag: number | undefined) => (flags & (flag ?? 0)) !== 0;
  const size = has(SIZE) ? Number(fields.u64()) : null;
  if (has(OWNER)) fields.bytes(8);
  const mode = has(MODE) ? fields.u32() : 0o100_000;
  if (has(TIMES)) fields.u32();
  const changed_s = has(TIMES) ? fields.u32() : null;
  if (has(EXTENDED)) for (let left = 2 * fields.u32(); left > 0; left -= 1) fields.bytes(fields.u32());
  const kinds: Readonly<Record<number, Attributes['kind']>> = { 0o100_000: 'file', 0o040_000: 'directory' };
  return { kind: kinds[mode & 0o170_000] ?? 'other', size, changed_s };
}
