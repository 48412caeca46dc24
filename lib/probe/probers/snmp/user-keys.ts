import { createCipheriv, createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';

export const AUTH_PROTOCOLS = ['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
export type AuthProtocol = (typeof AUTH_PROTOCOLS)[number];

export const PRIV_PROTOCOLS = ['des', 'aes', 'aes192', 'aes256'] as const;
export type PrivProtocol = (typeof PRIV_PROTOCOLS)[number];

/** Node’s name of the hash, and how many bytes of it sign. Source: RFC 3414 §6 and §7, RFC 7860 §4. */
const HASHES: Readonly<Record<AuthProtocol, readonly [hash: string, length: number]>> = {
  md5: ['md5', 12],
  sha: ['sha1', 12],
  sha224: ['sha224', 16],
  sha256: ['sha256', 24],
  sha384: ['sha384', 32],
  sha512: ['sha512', 48],
};

const KEY_LENGTHS = { des: 16, aes: 16, aes192: 24, aes256: 32 } as const;

export interface AuthKey {
  readonly protocol: AuthProtocol;
  readonly key: Buffer;
}

export interface PrivKey {
  readonly protocol: PrivProtocol;
  readonly key: Buffer;
}

/** A password made a key of this engine’s alone. Source: RFC 3414 §2.6 and §A.2. */
export function authKey(protocol: AuthProtocol, password: string, engineId: Buffer): AuthKey {
  return { protocol, key: localized(protocol, password, engineId) };
}

/** Too short a hash is lengthened by the hash of it (draft-blumenthal-aes-usm-04 §3.1.2.1), as net-snmp does. */
export function privKey(
  { priv, auth }: { readonly priv: PrivProtocol; readonly auth: AuthProtocol },
  password: string,
  engineId: Buffer,
): PrivKey {
  let key = localized(auth, password, engineId);
  while (key.length < KEY_LENGTHS[priv]) key = Buffer.concat([key, hashOf(auth, key)]);
  return { protocol: priv, key: key.subarray(0, KEY_LENGTHS[priv]) };
}

export function digestLength(protocol: AuthProtocol): number {
  return HASHES[protocol][1];
}

export function sign({ protocol, key }: AuthKey, message: Buffer): Buffer {
  const [hash, length] = HASHES[protocol];
  return createHmac(hash, key).update(message).digest().subarray(0, length);
}

export function isSigned(key: AuthKey, message: Buffer, digest: Buffer): boolean {
  const expected = sign(key, message);
  return expected.length === digest.length && timingSafeEqual(expected, digest);
}

/** How far the engine has counted: part of every vector. */
export interface EngineClock {
  readonly boots: number;
  readonly time: number;
}

export function encrypt(key: PrivKey, plain: Buffer, salt: Buffer, clock: EngineClock): Buffer {
  const padded =
    key.protocol === 'des' ? Buffer.concat([plain, Buffer.alloc((8 - (plain.length % 8)) % 8)]) : plain;
  const { name, secret, vector } = cipherOf(key, salt, clock);
  const cipher = createCipheriv(name, secret, vector).setAutoPadding(false);
  return Buffer.concat([cipher.update(padded), cipher.final()]);
}

/** Null when it cannot have been encrypted so. With a wrong key the result is noise. */
export function decrypt(key: PrivKey, encrypted: Buffer, salt: Buffer, clock: EngineClock): Buffer | null {
  if (salt.length !== 8 || (key.protocol === 'des' && encrypted.length % 8 !== 0)) return null;
  const { name, secret, vector } = cipherOf(key, salt, clock);
  const cipher = createDecipheriv(name, secret, vector).setAutoPadding(false);
  return Buffer.concat([cipher.update(encrypted), cipher.final()]);
}

function localized(protocol: AuthProtocol, password: string, engineId: Buffer): Buffer {
  const key = hashOf(protocol, Buffer.alloc(2 ** 20, password, 'utf8'));
  return hashOf(protocol, Buffer.concat([key, engineId, key]));
}

function hashOf(protocol: AuthProtocol, data: Buffer): Buffer {
  return createHash(HASHES[protocol][0]).update(data).digest();
}

/** Source: RFC 3414 §8.1.1 (DES-CBC), RFC 3826 §3.1.2 (AES-CFB). */
function cipherOf({ protocol, key }: PrivKey, salt: Buffer, { boots, time }: EngineClock) {
  if (protocol === 'des') {
    const des = key.subarray(0, 8);
    const vector = salt.map((byte, index) => byte ^ (key[8 + index] ?? 0));
    // OpenSSL has put single DES away; thrice with one key is the same.
    return { name: 'des-ede3-cbc', secret: Buffer.concat([des, des, des]), vector };
  }
  const vector = Buffer.alloc(16);
  vector.writeUInt32BE(boots, 0);
  vector.writeUInt32BE(time, 4);
  salt.copy(vector, 8);
  return { name: `aes-${String(key.length * 8)}-cfb`, secret: key, vector };
}
