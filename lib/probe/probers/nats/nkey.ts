import { createPrivateKey, createPublicKey, sign } from 'node:crypto';

/** A key pair of NATS. Source: docs.nats.io, NKeys; github.com/nats-io/nkeys, strkey.go. */
export interface NKey {
  /** `U…`: base32 of its kind, its public key and a checksum */
  readonly publicKey: string;
  /** base64url of the signature of this nonce */
  sign(nonce: string): string;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** What PKCS #8 puts in front of a raw Ed25519 seed. Source: RFC 8410 §7. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED = 18 << 3;

/** `seed` is `SU…` (user), `SA…` (account) or `SO…` (operator). Null when it is none. */
export function readSeed(seed: string): NKey | null {
  const bytes = fromBase32(seed.trim());
  if (bytes?.length !== 36 || crc16(bytes.subarray(0, 34)) !== bytes.readUInt16LE(34)) return null;
  const [first = 0, second = 0] = bytes;
  if ((first & 0xf8) !== SEED) return null;
  const kind = ((first & 7) << 5) | (second >> 3);
  const der = Buffer.concat([PKCS8, bytes.subarray(2, 34)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicBytes = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  return {
    publicKey: withChecksum(Buffer.concat([Buffer.from([kind]), publicBytes])),
    sign: (nonce) => sign(null, Buffer.from(nonce, 'utf8'), key).toString('base64url'),
  };
}

function withChecksum(bytes: Buffer): string {
  const checksum = Buffer.alloc(2);
  checksum.writeUInt16LE(crc16(bytes));
  return toBase32(Buffer.concat([bytes, checksum]));
}

/** RFC 4648 §6, without padding. */
function toBase32(bytes: Buffer): string {
  let [bits, held, text] = [0, 0, ''];
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET.charAt((held >> (bits - 5)) & 31);
  }
  return bits === 0 ? text : text + ALPHABET.charAt((held << (5 - bits)) & 31);
}

function fromBase32(text: string): Buffer | null {
  if (text.length > 200) return null;
  const bytes: number[] = [];
  let [bits, held] = [0, 0];
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value === -1) return null;
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 0xff);
  }
  return Buffer.from(bytes);
}

/** CRC-16/XMODEM. */
function crc16(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}
