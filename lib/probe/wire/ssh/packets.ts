import { randomBytes } from 'node:crypto';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../conversation.ts';
import { ForgedPacket } from './ciphers.ts';
import { readFields, string, uint32 } from './fields.ts';

/** Message numbers: RFC 4250 §4.1. */
export const MESSAGE = {
  disconnect: 1,
  ignore: 2,
  unimplemented: 3,
  debug: 4,
  serviceRequest: 5,
  serviceAccept: 6,
  extInfo: 7,
  kexInit: 20,
  newKeys: 21,
  kexDhInit: 30,
  kexDhReply: 31,
  userauthRequest: 50,
  userauthFailure: 51,
  userauthSuccess: 52,
  userauthBanner: 53,
  /** of the method in use: a key is taken, a password has expired, prompts are to be answered */
  userauthOfMethod: 60,
  userauthInfoResponse: 61,
  globalRequest: 80,
  requestFailure: 82,
  channelOpen: 90,
  channelOpenConfirmation: 91,
  channelOpenFailure: 92,
  channelWindowAdjust: 93,
  channelData: 94,
  channelExtendedData: 95,
  channelEof: 96,
  channelClose: 97,
  channelRequest: 98,
  channelSuccess: 99,
  channelFailure: 100,
} as const;

/** Protects packets of one direction. A packet is its length, the length of its padding, payload and padding. */
export interface Seal {
  /** padding fills up to a multiple of this; `withLength` says whether the length field counts */
  readonly blockSize: number;
  readonly withLength: boolean;
  seal(packet: Buffer, sequence: number): Buffer;
}

/** Reads one protected packet and takes the protection off; the length is checked by `check` before it is believed. */
export type Unseal = (
  conversation: Conversation,
  sequence: number,
  check: (length: number) => void,
) => Promise<Buffer>;

/** The binary packets of RFC 4253 §6, in the clear until keys are taken. */
export interface Packets {
  /** The payload of the next message that matters. Throws a Fault for a disconnect. */
  read(): Promise<Buffer>;
  write(payload: Buffer): Promise<void>;
  sealWith(seal: Seal): void;
  unsealWith(unseal: Unseal): void;
  /** throws that the other side broke the protocol */
  broken(what: string): never;
}

const CLEAR: Seal = { blockSize: 8, withLength: true, seal: (packet) => packet };
/** RFC 4253 §6.1 asks for 35000 at least. */
const LARGEST = 262_144;
/** Messages without meaning that are put up with in a row. */
const MOST_NOISE = 1000;

export function openPackets(conversation: Conversation): Packets {
  const { peer } = conversation;
  const broken = (what: string) => fail('protocol', 'protocol', `${peer} ${what}`);
  let seal = CLEAR;
  let unseal: Unseal = readClear;
  let sent = 0;
  let received = 0;
  const check = (length: number) => {
    if (length < 2 || length > LARGEST)
      broken(`sent an SSH packet of ${length} bytes, expected 2 to ${LARGEST}`);
  };

  const next = async (): Promise<Buffer> => {
    const packet = await opened(unseal(conversation, received, check), broken);
    received = (received + 1) >>> 0;
    const padding = packet.readUInt8(0);
    if (padding + 2 > packet.length) broken('sent an SSH packet that is all padding');
    return packet.subarray(1, packet.length - padding);
  };
  return {
    async read() {
      for (let count = 0; count < MOST_NOISE; count += 1) {
        const payload = await next();
        if (payload[0] === MESSAGE.disconnect) explainDisconnect(payload, peer, broken);
        const noise: readonly number[] = [MESSAGE.ignore, MESSAGE.unimplemented, MESSAGE.debug];
        if (!noise.includes(payload[0] ?? 0)) return payload;
      }
      return broken('sent nothing but messages to be ignored');
    },
    async write(payload) {
      const packet = pad(payload, seal);
      await conversation.write(seal.seal(packet, sent));
      sent = (sent + 1) >>> 0;
    },
    sealWith: (by) => void (seal = by),
    unsealWith: (by) => void (unseal = by),
    broken,
  };
}

async function opened(packet: Promise<Buffer>, broken: (what: string) => never): Promise<Buffer> {
  try {
    return await packet;
  } catch (error) {
    if (!(error instanceof ForgedPacket)) throw error;
    return broken(`sent an encrypted packet that cannot be right: ${error.message}`);
  }
}

/** Ends it as one should; nothing is waited for. */
export function disconnectMessage(): Buffer {
  const BY_APPLICATION = 11;
  return Buffer.concat([Buffer.of(MESSAGE.disconnect), uint32(BY_APPLICATION), string('probed'), string('')]);
}

async function readClear(
  conversation: Conversation,
  _sequence: number,
  check: (length: number) => void,
): Promise<Buffer> {
  const length = (await conversation.readExactly(4)).readUInt32BE();
  check(length);
  return conversation.readExactly(length);
}

function pad(payload: Buffer, { blockSize, withLength }: Seal): Buffer {
  const unpadded = payload.length + 1 + (withLength ? 4 : 0);
  const short = (blockSize - (unpadded % blockSize)) % blockSize;
  const padding = short < 4 ? short + blockSize : short;
  return Buffer.concat([
    uint32(1 + payload.length + padding),
    Buffer.of(padding),
    payload,
    randomBytes(padding),
  ]);
}

/** Reason codes: RFC 4253 §11.1. */
function explainDisconnect(payload: Buffer, peer: string, broken: (what: string) => never): never {
  const fields = readFields(payload.subarray(1), () => broken('disconnected in a broken message'));
  const reason = fields.uint32();
  const said = safeLine(fields.text(), 100);
  const text = `${peer} ended the connection: ${said === '' ? `reason ${reason}` : said}`;
  const TOO_MANY_CONNECTIONS = 12;
  // Cancelled, no more methods, illegal user name; OpenSSH says 2 (protocol error) of too many tries.
  const OF_A_LOGIN = [13, 14, 15];
  if (OF_A_LOGIN.includes(reason) || /too many authentication failures/i.test(said))
    return fail('auth', 'auth', text);
  return fail(reason === TOO_MANY_CONNECTIONS ? 'overloaded' : 'status', 'protocol', text);
}
