import { safeLine } from '../../../words/safe-text.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { expectStart, startsAs } from '../../wire/opening.ts';
import { unexpected } from './refusal.ts';

/** Digests of a login that puptime knows, the strongest first. */
const DIGESTS = ['sha512', 'sha256', 'sha1', 'md5', 'md4'] as const;
export type Digest = (typeof DIGESTS)[number];

export interface Greeting {
  /** `31.0` */
  readonly version: string;
  readonly digest: Digest;
}

const START = '@RSYNCD: ';
export const OUR_GREETING = `${START}31.0 ${DIGESTS.join(' ')}\n`;

/**
 * `@RSYNCD: 31.0 sha512 sha256 sha1 md5 md4`; the digests are named since rsync 3.2.7. Before, it was MD5, and MD4 before
 * protocol 30. Source: rsync’s clientserver.c, exchange_protocols.
 */
export async function readGreeting(conversation: Conversation): Promise<Greeting> {
  await expectStart(conversation, 'rsync', START.length, startsAs(START));
  const line = await conversation.readLine({ max: 1024 });
  const [version = '', ...offered] = line.slice(START.length).trim().split(' ');
  const [, major] = /^(\d{1,3})(?:\.\d{1,3})?$/.exec(version) ?? [];
  if (major === undefined) return unexpected(conversation, safeLine(line, 60));
  const named = DIGESTS.find((digest) => offered.includes(digest));
  return { version, digest: named ?? (Number(major) < 30 ? 'md4' : 'md5') };
}
