import { type BinaryLike, createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { uint32 } from './fields.ts';
import type { Seal, Unseal } from './packets.ts';

/** Makes so many bytes of the key that this letter stands for (RFC 4253 §7.2). */
export type DeriveKey = (letter: 'A' | 'B' | 'C' | 'D' | 'E' | 'F', bytes: number) => Buffer;

/** Both directions of an encrypted connection, ours first. */
export interface Protection {
  readonly seal: Seal;
  readonly unseal: Unseal;
}

/** Ciphers that puptime speaks. Those with `gcm` need no MAC (RFC 5647, in OpenSSH’s form). */
export const SPOKEN_CIPHERS = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'aes128-ctr',
  'aes256-ctr',
];
export const SPOKEN_MACS = ['hmac-sha2-256', 'hmac-sha2-512'];

export function protect(
  agreed: {
    readonly cipherOut: string;
    readonly cipherIn: string;
    readonly macOut: string;
    readonly macIn: string;
  },
  key: DeriveKey,
): Protection {
  const seal = isGcm(agreed.cipherOut)
    ? sealGcm(agreed.cipherOut, key('C', keySize(agreed.cipherOut)), key('A', 12))
    : sealCtr(
        agreed.cipherOut,
        key('C', keySize(agreed.cipherOut)),
        key('A', 16),
        macOf(agreed.macOut, 'E', key),
      );
  const unseal = isGcm(agreed.cipherIn)
    ? unsealGcm(agreed.cipherIn, key('D', keySize(agreed.cipherIn)), key('B', 12))
    : unsealCtr(
        agreed.cipherIn,
        key('D', keySize(agreed.cipherIn)),
        key('B', 16),
        macOf(agreed.macIn, 'F', key),
      );
  return { seal, unseal };
}

/** A packet that does not bear the keys that were agreed on. */
export class ForgedPacket extends Error {}

/** It needs no MAC besides. */
export function hasOwnMac(cipher: string): boolean {
  return isGcm(cipher) || cipher.startsWith('chacha20-poly1305');
}

function isGcm(cipher: string): boolean {
  return cipher.includes('-gcm@');
}

function keySize(cipher: string): 16 | 32 {
  return cipher.startsWith('aes256') ? 32 : 16;
}

const GCM_TAG = 16;

function gcmName(cipher: string): 'aes-256-gcm' | 'aes-128-gcm' {
  return keySize(cipher) === 32 ? 'aes-256-gcm' : 'aes-128-gcm';
}

function sealGcm(cipher: string, key: Buffer, iv: Buffer): Seal {
  const nonce = Buffer.from(iv);
  return {
    blockSize: 16,
    withLength: false,
    seal(packet) {
      const sealing = createCipheriv(gcmName(cipher), key, nonce);
      sealing.setAAD(packet.subarray(0, 4));
      const body = Buffer.concat([sealing.update(packet.subarray(4)), sealing.final()]);
      countUp(nonce);
      return Buffer.concat([packet.subarray(0, 4), body, sealing.getAuthTag()]);
    },
  };
}

function unsealGcm(cipher: string, key: Buffer, iv: Buffer): Unseal {
  const nonce = Buffer.from(iv);
  return async (conversation, _sequence, check) => {
    const head = await conversation.readExactly(4);
    const length = head.readUInt32BE();
    check(length);
    const sealed = await conversation.readExactly(length + GCM_TAG);
    const opening = createDecipheriv(gcmName(cipher), key, nonce);
    opening.setAAD(head);
    opening.setAuthTag(sealed.subarray(length));
    const packet = opening.update(sealed.subarray(0, length));
    try {
      opening.final();
    } catch (error) {
      throw new ForgedPacket('its tag is wrong', { cause: error });
    }
    countUp(nonce);
    return packet;
  };
}

/** The last eight bytes are a counter. */
function countUp(nonce: Buffer): void {
  nonce.writeBigUInt64BE(BigInt.asUintN(64, nonce.readBigUInt64BE(4) + 1n), 4);
}

type Mac = (sequence: number, packet: BinaryLike) => Buffer;

function macOf(name: string, letter: 'E' | 'F', derive: DeriveKey): Mac {
  const hash = name === 'hmac-sha2-512' ? 'sha512' : 'sha256';
  const key = derive(letter, hash === 'sha512' ? 64 : 32);
  return (sequence, packet) => createHmac(hash, key).update(uint32(sequence)).update(packet).digest();
}

const BLOCK = 16;

function ctrName(cipher: string): 'aes-256-ctr' | 'aes-128-ctr' {
  return keySize(cipher) === 32 ? 'aes-256-ctr' : 'aes-128-ctr';
}

function sealCtr(cipher: string, key: Buffer, iv: Buffer, mac: Mac): Seal {
  const stream = createCipheriv(ctrName(cipher), key, iv);
  return {
    blockSize: BLOCK,
    withLength: true,
    seal: (packet, sequence) => Buffer.concat([stream.update(packet), mac(sequence, packet)]),
  };
}

function unsealCtr(cipher: string, key: Buffer, iv: Buffer, mac: Mac): Unseal {
  const stream = createDecipheriv(ctrName(cipher), key, iv);
  const macSize = mac(0, '').length;
  return async (conversation, sequence, check) => {
    const first = stream.update(await conversation.readExactly(BLOCK));
    const length = first.readUInt32BE();
    check(length);
    if (length < BLOCK - 4) throw new ForgedPacket('it is shorter than a block');
    const rest = stream.update(await conversation.readExactly(length + 4 - BLOCK));
    const packet = Buffer.concat([first, rest]);
    if (!timingSafeEqual(await conversation.readExactly(macSize), mac(sequence, packet)))
      throw new ForgedPacket('its MAC is wrong');
    return packet.subarray(4);
  };
}
