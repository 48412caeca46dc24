import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { type Bytes, readBytes, u8 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';

/** Packets over a conversation, numbered. Source: dev.mysql.com, “MySQL Packets”. */
export interface Packets {
  readonly conversation: Conversation;
  /** Throws: too_large beyond a megabyte, and what a conversation throws. */
  read(): Promise<Buffer>;
  /** `shown` is for a transcript, where the payload holds a secret. */
  write(payload: Buffer, shown?: string): Promise<void>;
  /** The first packet of a command: numbers begin anew. */
  command(code: number, text?: string): Promise<void>;
}

/** Larger than any answer that is asked for here. */
const MAX_PAYLOAD = 2 ** 20;
const MAX_GREETING = 4096;

export function openPackets(conversation: Conversation): Packets {
  let number = 0;
  const write = async (payload: Buffer, shown?: string) => {
    const head = Buffer.alloc(4);
    head.writeUIntLE(payload.length, 0, 3);
    head.writeUInt8(number, 3);
    number = (number + 1) & 0xff;
    await conversation.write(Buffer.concat([head, payload]), shown);
  };
  return {
    conversation,
    async read() {
      const head = await conversation.readExactly(4);
      const length = head.readUIntLE(0, 3);
      if (length > MAX_PAYLOAD) {
        const text = `${conversation.peer} sent a packet of ${String(length)} bytes, more than puptime reads`;
        fail('too_large', 'protocol', text);
      }
      number = (head.readUInt8(3) + 1) & 0xff;
      return conversation.readExactly(length);
    },
    write,
    async command(code, text = '') {
      number = 0;
      await write(Buffer.concat([u8(code), Buffer.from(text, 'utf8')]));
    },
  };
}

/** The first packet, which tells MySQL from other protocols. Throws: protocol, at once. */
export async function readFirst({ conversation, read }: Packets): Promise<Buffer> {
  const head = await conversation.readExactly(5);
  conversation.unread(head);
  const length = head.readUIntLE(0, 3);
  const isGreeting =
    head[3] === 0 && length > 0 && length <= MAX_GREETING && [9, 10, 0xff].includes(head[4] ?? 0);
  return isGreeting ? read() : notMysql(conversation);
}

async function notMysql(conversation: Conversation): Promise<never> {
  const heard = (await conversation.read()) ?? Buffer.alloc(0);
  const got = safeLine(heard.subarray(0, 200).toString('latin1'), 60);
  return fail('protocol', 'protocol', `${conversation.peer} does not speak MySQL: it said "${got}"`, {
    expected: 'a greeting of MySQL',
    got,
  });
}

/** Reads a payload; too little of it is a fault of the protocol. */
export function readPayload(payload: Buffer, peer: string): Bytes {
  return readBytes(payload, () => fail('protocol', 'protocol', `${peer} sent a packet that ends too early`));
}

/** A number of one to nine bytes; null for NULL. Source: dev.mysql.com, “Protocol::LengthEncodedInteger”. */
export function lengthEncoded(reader: Bytes): number | null {
  const first = reader.u8();
  switch (first) {
    case 0xfb:
      return null;
    case 0xfc:
      return reader.u16LE();
    case 0xfd:
      return reader.u24LE();
    case 0xfe:
      return Number(reader.u64LE());
    default:
      return first;
  }
}

/** A text with its length before it; null for NULL. */
export function lengthEncodedText(reader: Bytes): string | null {
  const length = lengthEncoded(reader);
  return length === null ? null : reader.text(length);
}
