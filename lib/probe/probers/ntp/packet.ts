import { createHash, timingSafeEqual } from 'node:crypto';
import { readBytes } from '../../wire/bytes.ts';

/** What a server says. Source: RFC 5905 §7.3. */
export interface NtpPacket {
  readonly leap: number;
  readonly version: number;
  readonly mode: number;
  readonly stratum: number;
  /** a power of two, in seconds */
  readonly precision: number;
  readonly rootDelay_ms: number;
  readonly rootDispersion_ms: number;
  readonly refid: Buffer;
  /** 64 bits, as they came */
  readonly reference: bigint;
  readonly originate: bigint;
  readonly receive: bigint;
  readonly transmit: bigint;
  /** behind the 48 bytes: extensions, a signature */
  readonly rest: Buffer;
}

export interface NtpKey {
  readonly id: number;
  readonly hash: 'md5' | 'sha1' | 'sha256';
  readonly secret: Buffer;
}

const LENGTH = 48;
/** RFC 7822 §7.5.1.4: a longer signature would be taken for an extension. */
const MAX_DIGEST = 20;
const CLIENT = 3;
const VERSION = 4;
/** Seconds from 1900 to 1970. */
const EPOCH_S = 2_208_988_800;
const ERA_MS = 2 ** 32 * 1000;

/** A question that says nothing of us: the time of sending is a number that only the answer can repeat. */
export function encodeQuestion(nonce: bigint, key: NtpKey | null): Buffer {
  const packet = Buffer.alloc(LENGTH);
  packet[0] = (VERSION << 3) | CLIENT;
  packet.writeBigUInt64BE(nonce, 40);
  if (key === null) return packet;
  const id = Buffer.alloc(4);
  id.writeUInt32BE(key.id);
  return Buffer.concat([packet, id, digest(key, packet)]);
}

/** `broken` throws when it is too short. */
export function readPacket(datagram: Buffer, broken: () => never): NtpPacket {
  const bytes = readBytes(datagram, broken);
  const [first, stratum] = [bytes.u8(), bytes.u8()];
  // the polling interval
  bytes.u8();
  const precision = (bytes.u8() << 24) >> 24;
  return {
    leap: first >> 6,
    version: (first >> 3) & 7,
    mode: first & 7,
    stratum,
    precision: 2 ** precision,
    rootDelay_ms: (bytes.i32() / 65_536) * 1000,
    rootDispersion_ms: (bytes.u32() / 65_536) * 1000,
    refid: bytes.bytes(4),
    reference: bytes.u64(),
    originate: bytes.u64(),
    receive: bytes.u64(),
    transmit: bytes.u64(),
    rest: bytes.rest(),
  };
}

/** Whether the answer is signed with this key; null when the server says that it cannot check ours (a crypto-NAK). */
export function isSignedBy(key: NtpKey, datagram: Buffer): boolean | null {
  const expected = digest(key, datagram.subarray(0, LENGTH));
  const mac = datagram.subarray(LENGTH);
  if (mac.length === 4 && mac.readUInt32BE() === 0) return null;
  if (mac.length !== 4 + expected.length || mac.readUInt32BE() !== key.id) return false;
  return timingSafeEqual(mac.subarray(4), expected);
}

/** Milliseconds since 1970, in the era that is nearest to `now`: the count begins anew in 2036. */
export function unixTime(timestamp: bigint, now: number): number {
  const seconds = Number(timestamp >> 32n) - EPOCH_S;
  const ms = seconds * 1000 + (Number(timestamp & 0xffff_ffffn) / 2 ** 32) * 1000;
  return ms + Math.round((now - ms) / ERA_MS) * ERA_MS;
}

/** Source: RFC 5905 §7.3 (MD5), RFC 7822 §7.5.1.4 for how long it may be. */
function digest({ hash, secret }: NtpKey, packet: Buffer): Buffer {
  return createHash(hash).update(secret).update(packet).digest().subarray(0, MAX_DIGEST);
}
