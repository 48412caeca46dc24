import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { PACKET, packets, readMessage } from './packets.ts';

/** What a server says of encryption. Source: MS-TDS §2.2.6.5. */
export const ENCRYPTION = ['off', 'on', 'not_supported', 'required'] as const;
export type Encryption = (typeof ENCRYPTION)[number];

export interface Prelogin {
  /** 16.0.4135 */
  readonly version: string;
  readonly encryption: Encryption;
}

const [VERSION, ENCRYPT, END] = [0, 1, 0xff];

/** The first exchange: versions, and whether to encrypt. */
export async function exchangePrelogin(conversation: Conversation, wish: Encryption): Promise<Prelogin> {
  await conversation.write(packets(PACKET.prelogin, encode(wish)));
  const answer = await readMessage(conversation);
  const broken = () => fail('protocol', 'protocol', `${conversation.peer} sent a PRELOGIN that is malformed`);
  const options = new Map<number, Buffer>();
  for (let at = 0; answer[at] !== END; at += 5) {
    if (at + 5 > answer.length) return broken();
    const [offset, length] = [answer.readUInt16BE(at + 1), answer.readUInt16BE(at + 3)];
    if (offset + length > answer.length) return broken();
    options.set(answer.readUInt8(at), answer.subarray(offset, offset + length));
  }
  const version = options.get(VERSION);
  const encryption = ENCRYPTION[options.get(ENCRYPT)?.[0] ?? 2];
  if (version === undefined || version.length < 4 || encryption === undefined) return broken();
  const [major, minor] = version;
  return { version: `${String(major)}.${String(minor)}.${String(version.readUInt16BE(2))}`, encryption };
}

/** Options are a table of places, then what is there. */
function encode(wish: Encryption): Buffer {
  const values: readonly (readonly [token: number, value: Buffer])[] = [
    [VERSION, Buffer.alloc(6)],
    [ENCRYPT, Buffer.of(ENCRYPTION.indexOf(wish))],
    [2, Buffer.of(0)],
    [3, Buffer.alloc(4)],
    [4, Buffer.of(0)],
  ];
  let offset = values.length * 5 + 1;
  const table = values.map(([token, value]) => {
    const entry = Buffer.of(token, 0, 0, 0, 0);
    entry.writeUInt16BE(offset, 1);
    entry.writeUInt16BE(value.length, 3);
    offset += value.length;
    return entry;
  });
  return Buffer.concat([...table, Buffer.of(END), ...values.map(([, value]) => value)]);
}
