import { type JsonWebKey, type KeyObject, createPrivateKey, sign } from 'node:crypto';
import { mpint, readFields, string, withoutZeros } from './fields.ts';

/** A key to log in with. */
export interface PrivateKey {
  /** the public half as it is on the wire (RFC 4253 §6.6) */
  readonly blob: Buffer;
  /** by which it can sign, the preferred one first */
  readonly algorithms: readonly string[];
  /** A signature in the form of the wire. */
  sign(algorithm: string, data: Buffer): Buffer;
}

/** The text is no key that puptime can use. `message` says why, without any of it. */
export class UnusableKey extends Error {}

/**
 * Takes the file of ssh-keygen (`BEGIN OPENSSH PRIVATE KEY`) or PEM (PKCS#8, PKCS#1, SEC 1): ed25519, rsa or ecdsa, without
 * passphrase. Throws UnusableKey. Sources: openssh PROTOCOL.key; RFC 8709, 8332, 5656.
 */
export function parsePrivateKey(text: string): PrivateKey {
  const [, armoured] =
    /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(text.slice(0, 100_000)) ?? [];
  return usable(armoured === undefined ? readPem(text) : readOpenSsh(Buffer.from(armoured, 'base64')));
}

function usable(key: KeyObject): PrivateKey {
  const { kty, crv, x, y, e, n } = key.export({ format: 'jwk' });
  const bytes = (text: string | undefined) => Buffer.from(text ?? '', 'base64url');
  if (kty === 'OKP' && crv === 'Ed25519') {
    const blob = Buffer.concat([string('ssh-ed25519'), string(bytes(x))]);
    return signing(blob, ['ssh-ed25519'], (_, data) => sign(null, data, key));
  }
  if (kty === 'RSA') {
    const blob = Buffer.concat([string('ssh-rsa'), mpint(bytes(e)), mpint(bytes(n))]);
    return signing(blob, Object.keys(RSA_HASHES), (algorithm, data) =>
      sign(RSA_HASHES[algorithm] ?? 'sha1', data, key),
    );
  }
  const curve = Object.entries(CURVES).find(([, known]) => known.crv === crv);
  if (kty !== 'EC' || curve === undefined)
    throw new UnusableKey('it is of another kind than ed25519, rsa and ecdsa (nistp256, 384, 521)');
  const [name, { hash }] = curve;
  const point = Buffer.concat([Buffer.of(4), bytes(x), bytes(y)]);
  const blob = Buffer.concat([string(`ecdsa-sha2-${name}`), string(name), string(point)]);
  return signing(blob, [`ecdsa-sha2-${name}`], (_, data) => {
    const fixed = sign(hash, data, { key, dsaEncoding: 'ieee-p1363' });
    return Buffer.concat([
      mpint(fixed.subarray(0, fixed.length / 2)),
      mpint(fixed.subarray(fixed.length / 2)),
    ]);
  });
}

const RSA_HASHES: Readonly<Record<string, string>> = {
  'rsa-sha2-512': 'sha512',
  'rsa-sha2-256': 'sha256',
  'ssh-rsa': 'sha1',
};

const CURVES: Readonly<
  Record<string, { readonly crv: string; readonly hash: string; readonly bytes: number }>
> = {
  nistp256: { crv: 'P-256', hash: 'sha256', bytes: 32 },
  nistp384: { crv: 'P-384', hash: 'sha384', bytes: 48 },
  nistp521: { crv: 'P-521', hash: 'sha512', bytes: 66 },
};

function signing(
  blob: Buffer,
  algorithms: readonly string[],
  signature: (algorithm: string, data: Buffer) => Buffer,
): PrivateKey {
  return {
    blob,
    algorithms,
    sign: (algorithm, data) => Buffer.concat([string(algorithm), string(signature(algorithm, data))]),
  };
}

const ENCRYPTED = 'it is encrypted with a passphrase; give puptime a key of its own that has none';

function readPem(text: string): KeyObject {
  if (/ENCRYPTED/.test(text.slice(0, 500))) throw new UnusableKey(ENCRYPTED);
  try {
    return createPrivateKey(text);
  } catch (error) {
    throw new UnusableKey('it is no private key, expected what ssh-keygen writes, or PEM', { cause: error });
  }
}

function readOpenSsh(bytes: Buffer): KeyObject {
  const MAGIC = 'openssh-key-v1\0';
  const malformed = () => {
    throw new UnusableKey('it is broken off, or no key of OpenSSH');
  };
  if (bytes.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) malformed();
  const file = readFields(bytes.subarray(MAGIC.length), malformed);
  if (file.text() !== 'none') throw new UnusableKey(ENCRYPTED);
  file.skip(file.uint32());
  file.skip(file.uint32());
  file.uint32();
  file.skip(file.uint32());
  const key = readFields(file.string(), malformed);
  if (key.uint32() !== key.uint32()) malformed();
  const type = key.text();
  const text = () => withoutZeros(key.string());
  return importKey(webKey(type, text, () => key.string()));
}

/** The private part of each type, in the order of its file. */
function webKey(type: string, number: () => Buffer, raw: () => Buffer): JsonWebKey {
  const url = (bytes: Buffer) => bytes.toString('base64url');
  if (type === 'ssh-ed25519') {
    const [x, both] = [raw(), raw()];
    return { kty: 'OKP', crv: 'Ed25519', x: url(x), d: url(both.subarray(0, 32)) };
  }
  if (type === 'ssh-rsa') {
    const [n, e, d, qi, p, q] = [number(), number(), number(), number(), number(), number()];
    const [dp, dq] = [remainder(d, p), remainder(d, q)];
    return {
      kty: 'RSA',
      n: url(n),
      e: url(e),
      d: url(d),
      qi: url(qi),
      p: url(p),
      q: url(q),
      dp: url(dp),
      dq: url(dq),
    };
  }
  const [, name = ''] = /^ecdsa-sha2-(nistp\d{3})$/.exec(type) ?? [];
  const curve = CURVES[name];
  if (curve === undefined) throw new UnusableKey('it is of a type that puptime cannot sign with');
  raw();
  const [point, d] = [raw(), number()];
  const padded = Buffer.concat([Buffer.alloc(Math.max(0, curve.bytes - d.length)), d]);
  const [x, y] = [point.subarray(1, 1 + curve.bytes), point.subarray(1 + curve.bytes)];
  return { kty: 'EC', crv: curve.crv, x: url(x), y: url(y), d: url(padded) };
}

/** `d mod (prime - 1)`: the file of OpenSSH leaves it out. */
function remainder(d: Buffer, prime: Buffer): Buffer {
  const big = (bytes: Buffer) => BigInt(`0x0${bytes.toString('hex')}`);
  if (big(prime) < 3n) throw new UnusableKey('it is broken');
  const hex = (big(d) % (big(prime) - 1n)).toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

function importKey(key: JsonWebKey): KeyObject {
  try {
    return createPrivateKey({ key, format: 'jwk' });
  } catch (error) {
    throw new UnusableKey('it is broken', { cause: error });
  }
}
