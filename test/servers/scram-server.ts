import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** The server’s part of one SCRAM login (RFC 5802 §3), for a peer of a test’s own. */
export interface ScramServer {
  /** answers the client’s first message */
  first(clientFirst: string): string;
  /** answers its final message; null: the password is wrong */
  final(clientFinal: string): string | null;
}

export function scramServer(
  hash: 'sha1' | 'sha256',
  password: string,
  more: { readonly rounds?: string; readonly forgetful?: boolean } = {},
): ScramServer {
  const salt = randomBytes(16);
  const rounds = more.rounds ?? '4096';
  let bare = '';
  let challenge = '';
  const hmac = (key: Buffer, text: string) => createHmac(hash, key).update(text).digest();
  return {
    first(clientFirst) {
      bare = clientFirst.replace(/^n,,/, '');
      const nonce = `${/r=([^,]+)/.exec(bare)?.[1] ?? ''}${randomBytes(9).toString('base64')}`;
      challenge = `r=${nonce},s=${salt.toString('base64')},i=${rounds}`;
      return challenge;
    },
    final(clientFinal) {
      const size = hash === 'sha1' ? 20 : 32;
      const salted = pbkdf2Sync(password, salt, Number(rounds), size, hash);
      const [without = '', proof = ''] = clientFinal.split(',p=');
      const message = `${bare},${challenge},${without}`;
      const key = hmac(salted, 'Client Key');
      const signature = hmac(createHash(hash).update(key).digest(), message);
      const wanted = Buffer.from(key.map((byte, index) => byte ^ (signature[index] ?? 0))).toString('base64');
      if (proof !== wanted) return null;
      const ours = hmac(hmac(salted, more.forgetful === true ? 'Another Key' : 'Server Key'), message);
      return `v=${ours.toString('base64')}`;
    },
  };
}
