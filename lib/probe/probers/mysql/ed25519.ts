import { createHash } from 'node:crypto';

/** A point in extended coordinates: x = X/Z, y = Y/Z, T = XY/Z. */
interface Point {
  readonly X: bigint;
  readonly Y: bigint;
  readonly Z: bigint;
  readonly T: bigint;
}

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const BASE = pointAt(
  15112221349535400772501151409588531511454012693041857206046113283949847762202n,
  46316835694926478169428394003475163141307993866256225615783033603165251855960n,
);

/**
 * Signs a challenge by Ed25519 as MariaDB does: with the hash of a password of any length in place of that of a secret key
 * of 32 bytes, which is why Node’s own Ed25519 cannot. 64 bytes. Source: RFC 8032 §5.1.6; MariaDB, plugin/auth_ed25519.
 */
export function signByPassword(password: string, challenge: Buffer): Buffer {
  const hashed = sha512(Buffer.from(password, 'utf8'));
  const secret = clamp(hashed.subarray(0, 32));
  const nonce = numberIn(sha512(hashed.subarray(32), challenge)) % ORDER;
  const commitment = encode(multiply(BASE, nonce));
  const asked = numberIn(sha512(commitment, encode(multiply(BASE, secret)), challenge));
  const proof = (nonce + asked * secret) % ORDER;
  return Buffer.concat([commitment, bytesOf(proof)]);
}

function clamp(bytes: Buffer): bigint {
  const low = numberIn(bytes) & (2n ** 254n - 8n);
  return low | (2n ** 254n);
}

function multiply(point: Point, by: bigint): Point {
  let sum = pointAt(0n, 1n);
  let doubled = point;
  for (let left = by; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) sum = add(sum, doubled);
    doubled = add(doubled, doubled);
  }
  return sum;
}

/** RFC 8032 §5.1.4; it doubles as well. */
function add(one: Point, other: Point): Point {
  const a = modulo((one.Y - one.X) * (other.Y - other.X));
  const b = modulo((one.Y + one.X) * (other.Y + other.X));
  const c = modulo(2n * D * one.T * other.T);
  const d = modulo(2n * one.Z * other.Z);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return { X: modulo(e * f), Y: modulo(g * h), Z: modulo(f * g), T: modulo(e * h) };
}

/** RFC 8032 §5.1.2 */
function encode({ X, Y, Z }: Point): Buffer {
  const inverse = power(Z, P - 2n);
  const [x, y] = [modulo(X * inverse), modulo(Y * inverse)];
  return bytesOf(y | ((x & 1n) << 255n));
}

function pointAt(x: bigint, y: bigint): Point {
  return { X: x, Y: y, Z: 1n, T: modulo(x * y) };
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = modulo(base);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = modulo(result * square);
    square = modulo(square * square);
  }
  return result;
}

function modulo(value: bigint): bigint {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

/** little-endian */
function numberIn(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

/** 32 bytes, little-endian */
function bytesOf(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

function sha512(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
