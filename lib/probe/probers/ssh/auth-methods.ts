import { createHash } from 'node:crypto';
import { safeLine } from '../../../words/safe-text.ts';
import { ForgedPacket, protect } from './ciphers.ts';
import { type Exchanged, expectMessage } from './exchange-keys.ts';
import { readFields, string } from './fields.ts';
import { MESSAGE, type Packets } from './packets.ts';

/** Switches to the agreed keys and asks how this user may log in: by trying without anything (RFC 4252 §5.2). */
export async function askAuthMethods(
  packets: Packets,
  exchanged: Exchanged,
  user: string,
): Promise<string[]> {
  try {
    await takeKeys(packets, exchanged);
    await packets.write(Buffer.concat([Buffer.of(MESSAGE.serviceRequest), string('ssh-userauth')]));
    await expectService(packets);
    const words = [Buffer.from(user, 'utf8'), 'ssh-connection', 'none'].map(string);
    await packets.write(Buffer.concat([Buffer.of(MESSAGE.userauthRequest), ...words]));
    return await readMethods(packets);
  } catch (error) {
    if (!(error instanceof ForgedPacket)) throw error;
    return packets.broken(`sent an encrypted packet that cannot be right: ${error.message}`);
  }
}

async function takeKeys(packets: Packets, { agreed, hash, secret, digest }: Exchanged): Promise<void> {
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

async function expectService(packets: Packets): Promise<void> {
  const first = await packets.read();
  if (first[0] === MESSAGE.extInfo) await expectMessage(packets, MESSAGE.serviceAccept);
  else if (first[0] !== MESSAGE.serviceAccept) packets.broken('did not take the request to log in');
}

/** Banners that come before the answer, in a row. */
const MOST_BANNERS = 20;

async function readMethods(packets: Packets): Promise<string[]> {
  for (let count = 0; count < MOST_BANNERS; count += 1) {
    const answer = await packets.read();
    if (answer[0] === MESSAGE.userauthBanner) continue;
    if (answer[0] === MESSAGE.userauthSuccess) return ['none'];
    if (answer[0] !== MESSAGE.userauthFailure) break;
    const fields = readFields(answer.subarray(1), () => packets.broken('sent a refusal that ends too early'));
    return fields
      .names()
      .slice(0, 50)
      .map((name) => safeLine(name, 100));
  }
  return packets.broken('did not say how one may log in');
}
