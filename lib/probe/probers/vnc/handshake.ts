import { createCipheriv } from 'node:crypto';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { readBytes } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { expectStart } from '../../wire/opening.ts';

/** 3.3 lets the server choose, 3.8 says why it refuses. Source: RFC 6143 §7.1.1. */
export type Spoken = '3.3' | '3.7' | '3.8';

export const SECURITY = { none: 1, vnc: 2 } as const;

const VERSION_LENGTH = 12;
const MAX_TEXT = 65_536;
const TOO_MANY = 2;

/** What the server speaks, and what we speak with it. Source: RFC 6143 §7.1.1, Appendix A. */
export async function agreeOnVersion(
  conversation: Conversation,
): Promise<{ readonly version: string; readonly spoken: Spoken }> {
  const form = 'RFB 000.000\n';
  await expectStart(conversation, 'RFB (VNC)', VERSION_LENGTH, (sofar) =>
    Array.from(sofar).every((one, at) => (form[at] === '0' ? one >= '0' && one <= '9' : one === form[at])),
  );
  const said = (await conversation.readExactly(VERSION_LENGTH)).toString('latin1');
  const [major, minor] = [Number(said.slice(4, 7)), Number(said.slice(8, 11))];
  const spoken = major > 3 || minor >= 8 ? '3.8' : minor === 7 ? '3.7' : '3.3';
  if (major < 3)
    fail('protocol', 'protocol', `${conversation.peer} speaks RFB ${String(major)}.${String(minor)}`, {
      expected: '3.3 or later',
    });
  await conversation.write(`RFB 003.00${spoken.slice(2)}\n`);
  return { version: `${String(major)}.${String(minor)}`, spoken };
}

/** Numbers of the security types that it offers; with 3.3 the one that it has chosen. Source: RFC 6143 §7.1.2. */
export async function readSecurityTypes(
  conversation: Conversation,
  spoken: Spoken,
): Promise<readonly number[]> {
  if (spoken === '3.3') {
    const type = (await conversation.readExactly(4)).readUInt32BE();
    return type === 0 ? refused(conversation, await readText(conversation)) : [type];
  }
  const count = (await conversation.readExactly(1)).readUInt8();
  if (count === 0) return refused(conversation, await readText(conversation));
  return [...(await conversation.readExactly(count))];
}

/** Goes through one of the two that we know. Source: RFC 6143 §7.1.3, §7.2. */
export async function authenticate(
  conversation: Conversation,
  spoken: Spoken,
  login:
    | { readonly type: typeof SECURITY.none }
    | { readonly type: typeof SECURITY.vnc; readonly password: string },
): Promise<void> {
  if (spoken !== '3.3') await conversation.write(Buffer.from([login.type]));
  if (login.type === SECURITY.vnc) {
    const challenge = await conversation.readExactly(16);
    await conversation.write(respond(challenge, login.password), '***');
  } else if (spoken !== '3.8') return;
  const result = (await conversation.readExactly(4)).readUInt32BE();
  if (result === 0) return;
  const words = spoken === '3.8' ? await readText(conversation) : '';
  if (result === TOO_MANY || isTooMany(words)) refused(conversation, words);
  if (result !== 1)
    fail('protocol', 'protocol', `${conversation.peer} ends the login with ${String(result)}`);
  const said = words === '' ? '' : `: "${safeLine(words, 100)}"`;
  fail('auth', 'auth', `${conversation.peer} refuses the login${said}`);
}

export interface Desktop {
  readonly width: number;
  readonly height: number;
  readonly name: string;
}

/** Shares the desktop with all who look at it. Source: RFC 6143 §7.3. */
export async function readDesktop(conversation: Conversation): Promise<Desktop> {
  await conversation.write(Buffer.from([1]));
  const head = readBytes(await conversation.readExactly(20), () =>
    fail('protocol', 'protocol', `${conversation.peer} sent a desktop that is none`),
  );
  const [width, height] = [head.u16(), head.u16()];
  return { width, height, name: await readText(conversation) };
}

async function readText(conversation: Conversation): Promise<string> {
  const length = (await conversation.readExactly(4)).readUInt32BE();
  if (length > MAX_TEXT)
    fail('too_large', 'protocol', `${conversation.peer} announces a text of ${String(length)} bytes`);
  return (await conversation.readExactly(length)).toString('utf8');
}

function refused({ peer }: Conversation, words: string): never {
  const said = words === '' ? 'too many failures' : safeLine(words, 120);
  return fail(
    words === '' || isTooMany(words) ? 'overloaded' : 'status',
    'protocol',
    `${peer} refuses the connection: "${said}"`,
  );
}

function isTooMany(words: string): boolean {
  const lower = words.toLowerCase();
  return lower.includes('too many') || lower.includes('maximum');
}

/** DES with each byte of the password turned around, as all implementations do it; three times with one key is once. */
function respond(challenge: Buffer, password: string): Buffer {
  const key = Buffer.alloc(8);
  Buffer.from(password, 'latin1').copy(key, 0, 0, 8);
  const turned = key.map((byte) => {
    let reversed = 0;
    for (let bit = 0; bit < 8; bit += 1) reversed |= ((byte >> bit) & 1) << (7 - bit);
    return reversed;
  });
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([turned, turned, turned]), null);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(challenge), cipher.final()]);
}
