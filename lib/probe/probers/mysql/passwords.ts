import { constants, createHash, publicEncrypt } from 'node:crypto';
import { fail } from '../../prober.ts';
import { u8 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { signByPassword } from './ed25519.ts';

/** What a plugin answers with first; null: puptime does not speak it. `challenge` may be longer than the plugin reads. */
export function answerFor(plugin: string, password: string, challenge: Buffer): Buffer | null {
  switch (plugin) {
    // Empty passwords are answered with nothing.
    case 'mysql_native_password':
      return password === '' ? Buffer.alloc(0) : nativeAnswer(password, challenge.subarray(0, 20));
    case 'caching_sha2_password':
      return password === '' ? Buffer.alloc(0) : sha2Answer(password, challenge.subarray(0, 20));
    case 'client_ed25519':
      return signByPassword(password, challenge.subarray(0, 32));
    default:
      return null;
  }
}

/** The plugins that want the password itself, at once or when their cache does not know the user. */
export const BARE_PLUGINS: readonly string[] = ['mysql_clear_password', 'sha256_password'];

export function barePassword(password: string): Buffer {
  return Buffer.concat([Buffer.from(password, 'utf8'), u8(0)]);
}

/** SHA1(password) XOR SHA1(challenge, SHA1(SHA1(password))). Source: dev.mysql.com, “Native Authentication”. */
function nativeAnswer(password: string, challenge: Buffer): Buffer {
  const once = digest('sha1', Buffer.from(password, 'utf8'));
  return xor(once, digest('sha1', challenge, digest('sha1', once)));
}

/** SHA256(password) XOR SHA256(SHA256(SHA256(password)), challenge). Source: dev.mysql.com, “Caching_sha2_password information”. */
function sha2Answer(password: string, challenge: Buffer): Buffer {
  const once = digest('sha256', Buffer.from(password, 'utf8'));
  return xor(once, digest('sha256', digest('sha256', once), challenge));
}

/** The password, mixed with the challenge, for the server’s key alone. `pem` is what it sent. */
export function encryptedPassword(
  { peer }: Conversation,
  password: string,
  challenge: Buffer,
  pem: Buffer,
): Buffer {
  const bare = barePassword(password);
  const salt = challenge.subarray(0, 20);
  const mixed = bare.map((byte, index) => byte ^ (salt[index % salt.length] ?? 0));
  try {
    return publicEncrypt({ key: pem, padding: constants.RSA_PKCS1_OAEP_PADDING }, mixed);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return fail('protocol', 'auth', `${peer} sent a public key that is none`);
  }
}

function digest(algorithm: 'sha1' | 'sha256', ...parts: readonly Buffer[]): Buffer {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));
}
