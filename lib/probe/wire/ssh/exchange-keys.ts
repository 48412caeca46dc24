import { createHash } from 'node:crypto';
import { fail } from '../../prober.ts';
import { SPOKEN_CIPHERS, SPOKEN_MACS, hasOwnMac } from './ciphers.ts';
import { readFields, string } from './fields.ts';
import { BrokenKey, keyTypeOf, verifySignature } from './host-key.ts';
import { type Agreement, type AgreementMethod, KEY_AGREEMENTS } from './key-agreement.ts';
import { type Offer, type TheirOffer, agree, kexInit, parseKexInit } from './negotiation.ts';
import { MESSAGE, type Packets } from './packets.ts';

/** What was agreed on, with a host key that has signed it. */
export interface Exchanged {
  /** the host key as it is on the wire */
  readonly hostKey: Buffer;
  readonly hostKeyType: string;
  readonly hash: AgreementMethod['hash'];
  /** as mpint */
  readonly secret: Buffer;
  /** of the whole exchange; also the session’s id */
  readonly digest: Buffer;
  readonly agreed: {
    readonly cipherOut: string;
    readonly cipherIn: string;
    readonly macOut: string;
    readonly macIn: string;
  };
}

/** What puptime offers. It names ciphers that it does not speak itself, as long as nothing is to be encrypted. */
export function ourOffer(hostKey: readonly string[], encrypted: boolean): Offer {
  const ciphers = encrypted ? SPOKEN_CIPHERS : [...SPOKEN_CIPHERS, ...NAMED_CIPHERS];
  const macs = encrypted ? SPOKEN_MACS : [...SPOKEN_MACS, ...NAMED_MACS];
  const both = { cipherOut: ciphers, cipherIn: ciphers, macOut: macs, macIn: macs };
  // RFC 8308 §2.1: only then it says by which algorithms a key of ours may sign.
  const extensions = encrypted ? ['ext-info-c'] : [];
  return { kex: [...Object.keys(KEY_AGREEMENTS), ...extensions], hostKey, ...both };
}

const NAMED_CIPHERS = ['chacha20-poly1305@openssh.com', 'aes192-ctr', 'aes128-cbc', 'aes256-cbc', '3des-cbc'];
const NAMED_MACS = [
  'hmac-sha2-256-etm@openssh.com',
  'hmac-sha2-512-etm@openssh.com',
  'umac-128-etm@openssh.com',
  'umac-128@openssh.com',
  'hmac-sha1-etm@openssh.com',
  'hmac-sha1',
];

/** Sends our offer and reads theirs. */
export async function exchangeOffers(
  packets: Packets,
  offer: Offer,
): Promise<{ readonly theirs: TheirOffer; readonly ourInit: Buffer; readonly theirInit: Buffer }> {
  const ourInit = kexInit(offer);
  await packets.write(ourInit);
  const theirInit = await expectMessage(packets, MESSAGE.kexInit);
  const theirs = parseKexInit(theirInit, () => packets.broken('sent a KEXINIT that ends too early'));
  return { theirs, ourInit, theirInit };
}

/** Agrees on a key and has the host key sign it. `names` is what both have chosen. Source: RFC 4253 §8, 5656 §4. */
export async function agreeOnKey(
  packets: Packets,
  peer: string,
  { theirs, ourInit, theirInit }: Awaited<ReturnType<typeof exchangeOffers>>,
  lines: { readonly ours: string; readonly theirs: string },
  names: Chosen,
): Promise<Exchanged> {
  const method = KEY_AGREEMENTS[names.kex];
  if (method === undefined) throw new Error('only what puptime speaks was offered');
  const agreement = method.begin();
  await packets.write(Buffer.concat([Buffer.of(MESSAGE.kexDhInit), agreement.ours]));
  const guessedWrong = theirs.kex[0] !== names.kex || theirs.hostKey[0] !== names.hostKey;
  if (theirs.guessed && guessedWrong) await packets.read();
  const reply = await expectMessage(packets, MESSAGE.kexDhReply);
  const fields = readFields(reply.subarray(1), () =>
    packets.broken('sent a key exchange reply that ends too early'),
  );
  const [hostKey, theirHalf, signature] = [fields.string(), fields.string(), fields.string()];
  const secret = sharedSecret(agreement, theirHalf, packets);
  const digest = createHash(method.hash)
    .update(Buffer.concat([string(lines.ours), string(lines.theirs), string(ourInit), string(theirInit)]))
    .update(Buffer.concat([string(hostKey), agreement.ours, agreement.encode(theirHalf), secret]))
    .digest();
  const hostKeyType = checkSignature(hostKey, names.hostKey, digest, signature, peer);
  return { hostKey, hostKeyType, hash: method.hash, secret, digest, agreed: names };
}

/** One name of each list. */
export type Chosen = Readonly<Record<keyof Offer, string>>;

/** The list in which nothing is in common, or what was chosen. */
export function choose(ours: Offer, theirs: Offer): Chosen | { readonly missing: keyof Offer } {
  const chosen = { kex: '', hostKey: '', cipherOut: '', cipherIn: '', macOut: '', macIn: '' };
  for (const list of ['kex', 'hostKey', 'cipherOut', 'cipherIn', 'macOut', 'macIn'] as const) {
    const name = agree(ours[list], theirs[list]);
    const needless =
      (list === 'macOut' && hasOwnMac(chosen.cipherOut)) || (list === 'macIn' && hasOwnMac(chosen.cipherIn));
    if (name === undefined && !needless) return { missing: list };
    chosen[list] = name ?? '';
  }
  return chosen;
}

export async function expectMessage(packets: Packets, number: number): Promise<Buffer> {
  const payload = await packets.read();
  if (payload[0] !== number)
    packets.broken(`sent SSH message ${payload[0] ?? 'nothing'} where ${number} was expected`);
  return payload;
}

function sharedSecret(agreement: Agreement, theirHalf: Buffer, packets: Packets): Buffer {
  try {
    return agreement.secret(theirHalf);
  } catch (error) {
    if (error instanceof Error && 'code' in error) packets.broken('sent a half of the key that is not valid');
    throw error;
  }
}

function checkSignature(
  hostKey: Buffer,
  algorithm: string,
  digest: Buffer,
  signature: Buffer,
  peer: string,
): string {
  try {
    if (verifySignature(hostKey, algorithm, digest, signature)) return keyTypeOf(hostKey);
  } catch (error) {
    if (!(error instanceof BrokenKey)) throw error;
    fail('protocol', 'protocol', `${peer} sent no valid host key: ${error.message}`);
  }
  return fail(
    'protocol',
    'protocol',
    `${peer} cannot prove its host key: the signature is wrong, as of somebody in between`,
  );
}
