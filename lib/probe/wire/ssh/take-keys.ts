import { createHash } from 'node:crypto';
import { protect } from './ciphers.ts';
import { type Exchanged, expectMessage } from './exchange-keys.ts';
import { MESSAGE, type Packets } from './packets.ts';

/** Switches both directions to the keys that were agreed on. Source: RFC 4253 §7.2, §7.3. */
export async function takeKeys(packets: Packets, { agreed, hash, secret, digest }: Exchanged): Promise<void> {
  const { seal, unseal } = protect(agreed, (letter, bytes) => {
    let key = createHash(hash).update(secret).update(digest).update(letter).update(digest).digest();
    while (key.length < bytes)
      key = Buffer.concat([key, createHash(hash).update(secret).update(digest).update(key).digest()]);
    return key.subarray(0, bytes);
  });
  await packets.write(Buffer.of(MESSAGE.newKeys));
  packets.sealWith(seal);
  await expectMessage(packets, MESSAGE.newKeys);
  packets.unsealWith(unseal);
}
