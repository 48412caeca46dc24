import { randomBytes } from 'node:crypto';
import { safeLine } from '../../../words/safe-text.ts';
import { readFields, string, uint32 } from './fields.ts';
import { MESSAGE } from './packets.ts';

/** The lists of a KEXINIT message (RFC 4253 §7.1), in the order of the wire. */
export interface Offer {
  readonly kex: readonly string[];
  readonly hostKey: readonly string[];
  readonly cipherOut: readonly string[];
  readonly cipherIn: readonly string[];
  readonly macOut: readonly string[];
  readonly macIn: readonly string[];
}

/** What the other side offered. */
export interface TheirOffer extends Offer {
  /** it has already sent a guess at the key exchange, which counts only if its first choices are ours */
  readonly guessed: boolean;
}

const COMPRESSION = 'none';

export function kexInit(offer: Offer): Buffer {
  const lists = [offer.kex, offer.hostKey, offer.cipherOut, offer.cipherIn, offer.macOut, offer.macIn];
  return Buffer.concat([
    Buffer.of(MESSAGE.kexInit),
    randomBytes(16),
    ...lists.map((names) => string(names.join(','))),
    ...[COMPRESSION, COMPRESSION, '', ''].map((text) => string(text)),
    Buffer.of(0),
    uint32(0),
  ]);
}

/** Names are made safe: they are shown and compared, nothing else. */
export function parseKexInit(payload: Buffer, broken: () => never): TheirOffer {
  const fields = readFields(payload, broken);
  fields.skip(17);
  const names = () =>
    fields
      .names()
      .slice(0, 500)
      .map((name) => safeLine(name, 100));
  const kex = names();
  const hostKey = names();
  // Their lists are named from the client’s side, as ours are.
  const [cipherOut, cipherIn, macOut, macIn] = [names(), names(), names(), names()];
  for (let list = 0; list < 4; list += 1) fields.string();
  return { kex, hostKey, cipherOut, cipherIn, macOut, macIn, guessed: fields.byte() !== 0 };
}

/** The first of ours that they have; undefined when there is none. */
export function agree(ours: readonly string[], theirs: readonly string[]): string | undefined {
  return ours.find((name) => theirs.includes(name));
}
