import { BER, type Elements, ber, berInteger, berText, readElements } from '../../wire/ber.ts';
import { type Pdu, readPdu } from './pdu.ts';
import {
  type AuthKey,
  type EngineClock,
  type PrivKey,
  decrypt,
  digestLength,
  encrypt,
  isSigned,
  sign,
} from './user-keys.ts';

/** Whose message, and how it is protected. Source: RFC 3412 §6, RFC 3414 §2.4. */
export interface Security {
  readonly engineId: Buffer;
  readonly clock: EngineClock;
  readonly user: string;
  readonly auth: AuthKey | null;
  readonly priv: PrivKey | null;
}

const AUTH = 1;
const PRIV = 2;
const REPORTABLE = 4;
const MAX_SIZE = 65_507;
const USER_MODEL = 3;

/** `salt`: eight bytes that are never used twice with one key. */
export function encodeSecured(
  ids: { readonly message: number; readonly context: string },
  pdu: Buffer,
  security: Security,
  salt: Buffer,
): Buffer {
  const { auth, priv, engineId, clock } = security;
  const flags = REPORTABLE | (auth === null ? 0 : AUTH) | (priv === null ? 0 : PRIV);
  const scoped = ber(BER.sequence, ber(BER.octets, engineId), berText(ids.context), pdu);
  const data = priv === null ? scoped : ber(BER.octets, encrypt(priv, scoped, salt, clock));
  const whole = (digest: Buffer) =>
    ber(
      BER.sequence,
      berInteger(3),
      ber(
        BER.sequence,
        berInteger(ids.message),
        berInteger(MAX_SIZE),
        ber(BER.octets, Buffer.from([flags])),
        berInteger(USER_MODEL),
      ),
      ber(
        BER.octets,
        ber(
          BER.sequence,
          ber(BER.octets, engineId),
          berInteger(clock.boots),
          berInteger(clock.time),
          berText(security.user),
          ber(BER.octets, digest),
          ber(BER.octets, priv === null ? Buffer.alloc(0) : salt),
        ),
      ),
      data,
    );
  if (auth === null) return whole(Buffer.alloc(0));
  return whole(sign(auth, whole(Buffer.alloc(digestLength(auth.protocol)))));
}

export interface Received {
  readonly messageId: number;
  readonly engineId: Buffer;
  readonly clock: EngineClock;
  /** whether its signature was looked at, and is right */
  readonly signed: boolean;
  readonly encrypted: boolean;
  /** null: the signature is wrong, or what was decrypted is noise */
  readonly pdu: Pdu | null;
}

/** Reads a message of the user-based security model; `broken` throws when it is none. */
export function readSecured(
  datagram: Buffer,
  { auth, priv }: Pick<Security, 'auth' | 'priv'>,
  broken: () => never,
): Received {
  const message = readElements(datagram, broken).inside(BER.sequence);
  if (message.integer() !== 3) return broken();
  const header = message.inside(BER.sequence);
  const messageId = header.integer();
  header.integer();
  const flags = header.content(BER.octets)[0] ?? 0;
  if (header.integer() !== USER_MODEL) return broken();
  const model = readElements(message.content(BER.octets), broken).inside(BER.sequence);
  const engineId = model.content(BER.octets);
  const clock = { boots: model.integer(), time: model.integer() };
  model.content(BER.octets);
  const [digest, salt] = [model.content(BER.octets), model.content(BER.octets)];
  const wantsSignature = (flags & AUTH) !== 0;
  const encrypted = (flags & PRIV) !== 0;
  const signed = wantsSignature && auth !== null && isSigned(auth, withoutDigest(datagram, digest), digest);
  const received = { messageId, engineId, clock, signed, encrypted };
  if ((wantsSignature && !signed) || clock.boots < 0 || clock.time < 0) return { ...received, pdu: null };
  if (!encrypted) return { ...received, pdu: scopedPdu(message, broken) };
  return { ...received, pdu: decryptedPdu(message.content(BER.octets), priv, salt, clock) };
}

/** The message as it was signed: with zeros in place of the signature. */
function withoutDigest(datagram: Buffer, digest: Buffer): Buffer {
  const from = digest.byteOffset - datagram.byteOffset;
  return Buffer.concat([
    datagram.subarray(0, from),
    Buffer.alloc(digest.length),
    datagram.subarray(from + digest.length),
  ]);
}

function scopedPdu(elements: Elements, broken: () => never): Pdu {
  const scoped = elements.inside(BER.sequence);
  scoped.content(BER.octets);
  scoped.content(BER.octets);
  return readPdu(scoped, broken);
}

class Noise extends Error {}

function decryptedPdu(encrypted: Buffer, priv: PrivKey | null, salt: Buffer, clock: EngineClock): Pdu | null {
  const plain = priv === null ? null : decrypt(priv, encrypted, salt, clock);
  if (plain === null) return null;
  const noise = (): never => {
    throw new Noise();
  };
  try {
    return scopedPdu(readElements(plain, noise), noise);
  } catch (error) {
    if (error instanceof Noise) return null;
    throw error;
  }
}
