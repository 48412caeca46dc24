import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** What a SCRAM login says, step by step. Source: RFC 5802, RFC 7677; no channel binding. */
export interface Scram {
  /** the client’s first message */
  readonly first: string;
  /** The client’s final message, for the server’s first. Throws ScramBroken when the server does not keep to the protocol. */
  final(serverFirst: string): Promise<string>;
  /** Whether the server’s final message proves that it knows the password too. Throws ScramBroken when it is none. */
  proves(serverFinal: string): boolean;
}

/** The server’s part of the exchange is none, or asks for more than is reasonable. `message` says what, in puptime’s words. */
export class ScramBroken extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ScramBroken';
  }
}

export type ScramHash = 'sha1' | 'sha256' | 'sha512';

export interface ScramLogin {
  readonly hash: ScramHash;
  readonly username: string;
  readonly password: string;
  /** instead of a random one, for tests */
  readonly nonce?: string;
}

/** Servers ask for 4,096 to 600,000 rounds; each costs processor time of ours. */
const MOST_ROUNDS = 1_000_000;
/** `n,,`: no channel binding, no other identity */
const GS2 = 'n,,';

const derive = promisify(pbkdf2);

export function scramLogin({ hash, username, password, nonce }: ScramLogin): Scram {
  const ours = nonce ?? randomBytes(18).toString('base64');
  const bare = `n=${username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${ours}`;
  let signature: Buffer | null = null;
  return {
    first: `${GS2}${bare}`,
    async final(serverFirst) {
      const fields = fieldsOf(serverFirst);
      const theirs = fields.get('r') ?? '';
      const salt = Buffer.from(fields.get('s') ?? '', 'base64');
      const rounds = Number(fields.get('i'));
      if (!theirs.startsWith(ours) || theirs.length === ours.length)
        throw new ScramBroken('the nonce is not the one that was sent, with more behind it');
      if (salt.length === 0) throw new ScramBroken('there is no salt');
      if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS)
        throw new ScramBroken(`expected 1 to ${String(MOST_ROUNDS)} rounds`);
      const salted = await derive(password.normalize('NFKC'), salt, rounds, digestLength(hash), hash);
      const withoutProof = `c=${Buffer.from(GS2).toString('base64')},r=${theirs}`;
      const authMessage = `${bare},${serverFirst},${withoutProof}`;
      const clientKey = hmac(hash, salted, 'Client Key');
      const stored = createHash(hash).update(clientKey).digest();
      const clientSignature = hmac(hash, stored, authMessage);
      const proof = clientKey.map((byte, index) => byte ^ (clientSignature[index] ?? 0));
      signature = hmac(hash, hmac(hash, salted, 'Server Key'), authMessage);
      return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`;
    },
    proves(serverFinal) {
      const theirs = Buffer.from(fieldsOf(serverFinal).get('v') ?? '', 'base64');
      return signature !== null && theirs.length === signature.length && timingSafeEqual(theirs, signature);
    },
  };
}

/** `r=…,s=…,i=…` */
function fieldsOf(message: string): ReadonlyMap<string, string> {
  const fields = message.split(',').map((field) => [field.slice(0, 1), field.slice(2)] as const);
  if (message.split(',').some((field) => field[1] !== '=')) throw new ScramBroken('it is no SCRAM message');
  return new Map(fields);
}

function hmac(hash: ScramHash, key: Buffer, text: string): Buffer {
  return createHmac(hash, key).update(text).digest();
}

function digestLength(hash: ScramHash): number {
  return { sha1: 20, sha256: 32, sha512: 64 }[hash];
}
