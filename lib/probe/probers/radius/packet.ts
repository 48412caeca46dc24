import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { readBytes, u16, u8 } from '../../wire/bytes.ts';

/** A packet of RADIUS. Source: RFC 2865 §3 and §5. */
export interface RadiusPacket {
  readonly code: number;
  readonly id: number;
  readonly authenticator: Buffer;
  readonly attributes: readonly Attribute[];
  /** without what may be behind its length */
  readonly bytes: Buffer;
}

export interface Attribute {
  readonly type: number;
  readonly value: Buffer;
}

export const CODE = { request: 1, accept: 2, reject: 3, challenge: 11, status: 12 } as const;
export const TYPE = {
  userName: 1,
  userPassword: 2,
  chapPassword: 3,
  nasIdentifier: 32,
  chapChallenge: 60,
  messageAuthenticator: 80,
} as const;

const HEADER = 20;
const MAX_LENGTH = 4096;
const MD5 = 16;

/** A request whose first attribute signs it: Message-Authenticator (RFC 3579 §3.2). */
export function encodeRequest(
  { code, id, authenticator }: { readonly code: number; readonly id: number; readonly authenticator: Buffer },
  attributes: readonly Attribute[],
  secret: string,
): Buffer {
  const signed = (signature: Buffer) =>
    Buffer.concat(
      [{ type: TYPE.messageAuthenticator, value: signature }, ...attributes].map(({ type, value }) =>
        Buffer.concat([u8(type), u8(value.length + 2), value]),
      ),
    );
  const whole = (signature: Buffer) => {
    const rest = signed(signature);
    return Buffer.concat([u8(code), u8(id), u16(HEADER + rest.length), authenticator, rest]);
  };
  return whole(hmac(secret, whole(Buffer.alloc(MD5))));
}

/** `broken` throws when it is none. */
export function readPacket(datagram: Buffer, broken: () => never): RadiusPacket {
  const head = readBytes(datagram, broken);
  const [code, id, length] = [head.u8(), head.u8(), head.u16()];
  if (length < HEADER || length > Math.min(datagram.length, MAX_LENGTH)) return broken();
  const bytes = datagram.subarray(0, length);
  const rest = readBytes(bytes.subarray(4), broken);
  const authenticator = rest.bytes(MD5);
  const attributes: Attribute[] = [];
  while (rest.left() > 0) {
    const [type, size] = [rest.u8(), rest.u8()];
    attributes.push({ type, value: rest.bytes(size - 2) });
  }
  return { code, id, authenticator, attributes, bytes };
}

/** Whether the answer was made by somebody who knows the secret and the request. Source: RFC 2865 §3. */
export function isAuthentic({ bytes, authenticator }: RadiusPacket, asked: Buffer, secret: string): boolean {
  const expected = createHash('md5')
    .update(bytes.subarray(0, 4))
    .update(asked)
    .update(bytes.subarray(HEADER))
    .update(secret)
    .digest();
  return timingSafeEqual(expected, authenticator);
}

/** Whether its Message-Authenticator is right; null when it has none. `asked`: the authenticator of the request. */
export function isSigned({ bytes, attributes }: RadiusPacket, asked: Buffer, secret: string): boolean | null {
  const signature = attributes.find(({ type }) => type === TYPE.messageAuthenticator)?.value;
  if (signature === undefined) return null;
  if (signature.length !== MD5) return false;
  const at = signature.byteOffset - bytes.byteOffset;
  const unsigned = Buffer.concat([
    bytes.subarray(0, 4),
    asked,
    bytes.subarray(HEADER, at),
    Buffer.alloc(MD5),
    bytes.subarray(at + MD5),
  ]);
  return timingSafeEqual(hmac(secret, unsigned), signature);
}

/** User-Password. Source: RFC 2865 §5.2. */
export function hidePassword(password: string, authenticator: Buffer, secret: string): Buffer {
  const plain = Buffer.from(password, 'utf8');
  const padded = Buffer.concat([
    plain,
    Buffer.alloc(plain.length === 0 ? MD5 : (MD5 - (plain.length % MD5)) % MD5),
  ]);
  const hidden: Buffer[] = [];
  let before = authenticator;
  for (let at = 0; at < padded.length; at += MD5) {
    const mask = createHash('md5').update(secret).update(before).digest();
    before = Buffer.from(mask.map((byte, index) => byte ^ (padded[at + index] ?? 0)));
    hidden.push(before);
  }
  return Buffer.concat(hidden);
}

/** CHAP-Password. Source: RFC 2865 §5.3. */
export function chapPassword(id: number, password: string, challenge: Buffer): Buffer {
  const answer = createHash('md5').update(u8(id)).update(password, 'utf8').update(challenge).digest();
  return Buffer.concat([u8(id), answer]);
}

function hmac(secret: string, packet: Buffer): Buffer {
  return createHmac('md5', secret).update(packet).digest();
}
