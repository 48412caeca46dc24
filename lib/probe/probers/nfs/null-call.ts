import { randomInt } from 'node:crypto';
import { fail } from '../../prober.ts';
import { type Bytes, readBytes, u32 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';

/** What a call came to. Source: RFC 5531 §9. */
export type Answer =
  | { readonly kind: 'done' | 'no_nfs' | 'system_error' | 'garbage_args' | 'denied' }
  | { readonly kind: 'version'; readonly min: number; readonly max: number };

const [CALL, REPLY] = [0, 1];
const RPC_VERSION = 2;
const NFS = 100_003;
const NULL_PROCEDURE = 0;
const [ACCEPTED, DENIED] = [0, 1];
const AUTH_NONE = Buffer.alloc(8);
/** The last fragment of a record has this bit (RFC 5531 §11). */
const LAST = 0x80000000;
/** An answer without a result: a header, and a verifier of at most 400 bytes. */
const MOST = 512;

/** Calls NULL of this version of NFS. Throws protocol at once when no record of RPC comes, and what a conversation throws. */
export async function callNull(conversation: Conversation, version: number): Promise<Answer> {
  const xid = randomInt(2 ** 32);
  const words = [xid, CALL, RPC_VERSION, NFS, version, NULL_PROCEDURE].map(u32);
  const message = Buffer.concat([...words, AUTH_NONE, AUTH_NONE]);
  await conversation.write(Buffer.concat([u32(LAST + message.length), message]));
  const broken = (): never => notRpc(conversation);
  const fields = readBytes(await readRecord(conversation), broken);
  if (fields.u32() !== xid || fields.u32() !== REPLY) return broken();
  const state = fields.u32();
  if (state === DENIED) return { kind: 'denied' };
  if (state !== ACCEPTED) return broken();
  skipVerifier(fields, broken);
  return acceptedAnswer(fields, broken);
}

async function readRecord(conversation: Conversation): Promise<Buffer> {
  // Looked at byte by byte: what begins like a text is told before four bytes of it are there.
  const first = await conversation.readExactly(1);
  if (((first[0] ?? 0) & 0x7f) !== 0) notRpc(conversation);
  const rest = await conversation.readExactly(3);
  const head = Buffer.concat([first, rest]).readUInt32BE();
  const length = head & (LAST - 1);
  if ((head & LAST) === 0 || length === 0 || length > MOST) notRpc(conversation);
  return conversation.readExactly(length);
}

function skipVerifier(fields: Bytes, broken: () => never): void {
  fields.u32();
  const length = fields.u32();
  if (length > 400) broken();
  fields.bytes(Math.ceil(length / 4) * 4);
}

function acceptedAnswer(fields: Bytes, broken: () => never): Answer {
  switch (fields.u32()) {
    case 0:
      return { kind: 'done' };
    case 1:
      return { kind: 'no_nfs' };
    case 2: {
      const [min, max] = [fields.u32(), fields.u32()];
      return { kind: 'version', min, max };
    }
    case 4:
      return { kind: 'garbage_args' };
    case 5:
      return { kind: 'system_error' };
    default:
      return broken();
  }
}

function notRpc({ peer }: Conversation): never {
  const text = `${peer} does not speak Sun RPC, which NFS is carried by`;
  return fail('protocol', 'protocol', text, { expected: 'a record of RPC' });
}
