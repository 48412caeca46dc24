import { createPrivateKey, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { signByPassword } from '../../../../lib/probe/probers/mysql/ed25519.ts';

// A password of 32 bytes is a secret key like any other: then it is the Ed25519 of everybody else.
test.each(['0123456789abcdef0123456789abcdef', 'a password of exactly 32 letters', 'ü'.repeat(16)])(
  'with the password "%s" the signature is that of Node',
  (password) => {
    const header = Buffer.from('302e020100300506032b657004220420', 'hex');
    const der = Buffer.concat([header, Buffer.from(password)]);
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    for (const text of ['', 'x'.repeat(32), 'another challenge']) {
      const challenge = Buffer.from(text);
      expect(signByPassword(password, challenge).toString('hex')).toBe(
        sign(null, challenge, key).toString('hex'),
      );
    }
  },
);
