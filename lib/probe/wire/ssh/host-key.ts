import { type JsonWebKey, type KeyObject, createHash, createPublicKey, verify } from 'node:crypto';
import { type Fields, readFields, withoutZeros } from './fields.ts';

/** Host key algorithms that can be verified, the preferred one first, by the kind of key that people name. */
export const HOST_KEY_ALGORITHMS = {
  ed25519: ['ssh-ed25519'],
  ecdsa: ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
  rsa: ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
} as const;

export type HostKeyKind = keyof typeof HOST_KEY_ALGORITHMS;

/** `SHA256:…` as ssh-keygen -l shows it. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa` … of a key blob. */
export function keyTypeOf(blob: Buffer): string {
  return readFields(blob, malformed).text();
}

/**
 * Whether the key signed the data with that algorithm. Throws BrokenKey for what is no such key or signature.
 * Sources: RFC 4253 §6.6, 5656 §3.1, 8332 §3, 8709 §4 and §6.
 */
export function verifySignature(blob: Buffer, algorithm: string, data: Buffer, signature: Buffer): boolean {
  const key = readFields(blob, malformed);
  const signed = readFields(signature, malformed);
  const type = key.text();
  if (type !== typeFor(algorithm))
    throw new BrokenKey(`a ${algorithm} host key was agreed on, but it is of another type`);
  if (signed.text() !== algorithm) throw new BrokenKey(`the signature is not by ${algorithm}`);
  const bytes = signed.string();
  switch (type) {
    case 'ssh-ed25519':
      return verify(null, data, ed25519Key(key.string()), bytes);
    case 'ssh-rsa':
      return verifyRsa(key, algorithm, data, bytes);
    default:
      return verifyEcdsa(key, algorithm, data, bytes);
  }
}

/** What the server sent is no key or signature of its kind. */
export class BrokenKey extends Error {}

function malformed(): never {
  throw new BrokenKey('the host key or its signature ends too early');
}

function typeFor(algorithm: string): string {
  return algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm;
}

function ed25519Key(raw: Buffer): KeyObject {
  const PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
  return importKey(() => createPublicKey({ key: Buffer.concat([PREFIX, raw]), format: 'der', type: 'spki' }));
}

function verifyRsa(key: Fields, algorithm: string, data: Buffer, signature: Buffer): boolean {
  const HASHES: Readonly<Record<string, string>> = { 'rsa-sha2-512': 'sha512', 'rsa-sha2-256': 'sha256' };
  const [exponent, modulus] = [key.string(), withoutZeros(key.string())];
  const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') };
  if (signature.length > modulus.length) return false;
  // Some leave out the zeros in front.
  const padded = Buffer.concat([Buffer.alloc(modulus.length - signature.length), signature]);
  return verify(HASHES[algorithm] ?? 'sha1', data, webKey(jwk), padded);
}

const CURVES: Readonly<
  Record<string, { readonly crv: string; readonly bytes: number; readonly hash: string }>
> = {
  'ecdsa-sha2-nistp256': { crv: 'P-256', bytes: 32, hash: 'sha256' },
  'ecdsa-sha2-nistp384': { crv: 'P-384', bytes: 48, hash: 'sha384' },
  'ecdsa-sha2-nistp521': { crv: 'P-521', bytes: 66, hash: 'sha512' },
};

function verifyEcdsa(key: Fields, algorithm: string, data: Buffer, signature: Buffer): boolean {
  const curve = CURVES[algorithm];
  if (curve === undefined) throw new BrokenKey('the host key is of a type that puptime cannot verify');
  key.skip(4 + 'nistpXXX'.length);
  const point = key.string();
  const { crv, bytes, hash } = curve;
  if (point.length !== 1 + 2 * bytes || point[0] !== 4)
    throw new BrokenKey('the host key is no point of its curve');
  const [x, y] = [point.subarray(1, 1 + bytes), point.subarray(1 + bytes)];
  const jwk = { kty: 'EC', crv, x: x.toString('base64url'), y: y.toString('base64url') };
  const parts = readFields(signature, malformed);
  const [r, s] = [withoutZeros(parts.string()), withoutZeros(parts.string())];
  if (r.length > bytes || s.length > bytes) return false;
  const fixed = Buffer.concat([Buffer.alloc(bytes - r.length), r, Buffer.alloc(bytes - s.length), s]);
  return verify(hash, data, { key: webKey(jwk), dsaEncoding: 'ieee-p1363' }, fixed);
}

function webKey(key: JsonWebKey): KeyObject {
  return importKey(() => createPublicKey({ key, format: 'jwk' }));
}

function importKey(make: () => KeyObject): KeyObject {
  try {
    return make();
  } catch (error) {
    throw new BrokenKey('the host key is not a valid one', { cause: error });
  }
}
