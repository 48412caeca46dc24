import {
  createECDH,
  createDiffieHellmanGroup,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
} from 'node:crypto';
import { mpint, string } from './fields.ts';

/** Our half of a key agreement. */
export interface Agreement {
  /** for the message and, in the same form, for the hash that is signed */
  readonly ours: Buffer;
  /** their half, as they sent it, in the form that is hashed */
  encode(theirs: Buffer): Buffer;
  /** The shared secret as mpint. Throws when their half is no valid one. */
  secret(theirs: Buffer): Buffer;
}

export interface AgreementMethod {
  readonly hash: 'sha1' | 'sha256' | 'sha512' | 'sha384';
  begin(): Agreement;
}

const X25519: AgreementMethod = {
  hash: 'sha256',
  begin() {
    const { publicKey, privateKey } = generateKeyPairSync('x25519');
    const PREFIX = Buffer.from('302a300506032b656e032100', 'hex');
    const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(PREFIX.length);
    return {
      ours: string(raw),
      encode: string,
      secret(theirs) {
        const key = createPublicKey({ key: Buffer.concat([PREFIX, theirs]), format: 'der', type: 'spki' });
        return mpint(diffieHellman({ privateKey, publicKey: key }));
      },
    };
  },
};

/** The key exchanges that puptime speaks, the preferred one first: RFC 8731, 5656, 8268, 4253. */
export const KEY_AGREEMENTS: Readonly<Record<string, AgreementMethod>> = {
  'curve25519-sha256': X25519,
  'curve25519-sha256@libssh.org': X25519,
  'ecdh-sha2-nistp256': ellipticCurve('prime256v1', 'sha256'),
  'ecdh-sha2-nistp384': ellipticCurve('secp384r1', 'sha384'),
  'ecdh-sha2-nistp521': ellipticCurve('secp521r1', 'sha512'),
  'diffie-hellman-group16-sha512': modularGroup('modp16', 'sha512'),
  'diffie-hellman-group14-sha256': modularGroup('modp14', 'sha256'),
  'diffie-hellman-group14-sha1': modularGroup('modp14', 'sha1'),
};

function ellipticCurve(curve: string, hash: AgreementMethod['hash']): AgreementMethod {
  return {
    hash,
    begin() {
      const ecdh = createECDH(curve);
      return {
        ours: string(ecdh.generateKeys()),
        encode: string,
        secret: (theirs) => mpint(ecdh.computeSecret(theirs)),
      };
    },
  };
}

function modularGroup(group: string, hash: AgreementMethod['hash']): AgreementMethod {
  return {
    hash,
    begin() {
      const dh = createDiffieHellmanGroup(group);
      return {
        ours: mpint(dh.generateKeys()),
        encode: mpint,
        secret: (theirs) => mpint(dh.computeSecret(theirs)),
      };
    },
  };
}
