import { Fault, type ProbeContext, fail } from '../../prober.ts';
import { type Bytes, i32, u8 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { withPatience } from '../../wire/patience.ts';
import type { Credentials } from '../../wire/sasl.ts';
import { type Header, i64, lengthened, readPacket, ustring } from './packets.ts';
import type { ZOOKEEPER_FACTS } from './zookeeper-facts.ts';

type Context = ProbeContext<typeof ZOOKEEPER_FACTS>;

/** What is looked at, and as whom. */
export interface Visit {
  readonly path: string;
  readonly credentials: Credentials | null;
}

/** Source: zookeeper-jute/src/main/resources/zookeeper.jute and ZooDefs.OpCode. */
const TYPES = { exists: 3, getData: 4, auth: 100, closeSession: -11 } as const;
const XIDS = { look: 1, close: 2, auth: -4 } as const;
const SESSION_MS = 10_000;
const PATIENCE_MS = 500;

/**
 * Opens a session, looks at the node and closes the session. With credentials the node is read, which its ACL must allow;
 * without them it is only asked whether it exists.
 */
export async function visit(conversation: Conversation, context: Context, plan: Visit): Promise<void> {
  const open = await openSession(conversation, context);
  if (!open) return;
  if (plan.credentials !== null) await authenticate(conversation, plan.credentials);
  const body = [ustring(plan.path), u8(0)];
  const type = plan.credentials === null ? TYPES.exists : TYPES.getData;
  await conversation.write(lengthened(i32(XIDS.look), i32(type), ...body));
  const { header, rest } = await readReply(conversation, XIDS.look);
  const found = header.error !== ERRORS.noNode;
  if (found) mustBeFine(header, conversation, `the look at ${plan.path}`);
  if (found && type === TYPES.getData) skipData(rest);
  context.see(found ? { exists: true, ...statFacts(rest, context.now()) } : { exists: false });
  await closeSession(conversation);
}

/** Waited for, but not judged: a session whose end the server has not read would last until it expires. */
async function closeSession(conversation: Conversation): Promise<void> {
  await conversation.write(lengthened(i32(XIDS.close), i32(TYPES.closeSession)));
  try {
    await withPatience(conversation.read(), PATIENCE_MS);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
  conversation.end();
}

/** Whether there is one: a server in read-only mode that makes no local sessions opens none. */
async function openSession(conversation: Conversation, context: Context): Promise<boolean> {
  const password = Buffer.alloc(16);
  // The last byte: a server that can only read will do.
  const request = [i32(0), i64(0n), i32(SESSION_MS), i64(0n), i32(password.length), password, u8(1)];
  await conversation.write(lengthened(...request));
  const reply = await readPacketOrHint(conversation);
  // An error comes in the form of any other reply: xid, zxid, error.
  if (reply.left() === 16) {
    const header = headerOf(reply);
    if (header.error === ERRORS.notReadOnly) context.see({ read_only: true });
    else mustBeFine(header, conversation, 'the session');
    return false;
  }
  reply.i32();
  const timeout = reply.i32();
  reply.u64();
  reply.bytes(Math.max(0, reply.i32()));
  // Servers before 3.4 do not say whether they are read-only.
  const readOnly = reply.left() > 0 && reply.u8() !== 0;
  if (timeout <= 0)
    fail('status', 'protocol', `${conversation.peer} opens no session: it says that it has expired`);
  context.see({ serving: true, read_only: readOnly });
  return true;
}

async function readPacketOrHint(conversation: Conversation): Promise<Bytes> {
  try {
    return await readPacket(conversation);
  } catch (error) {
    if (!(error instanceof Fault) || error.finding.code !== 'closed') throw error;
    const text = `${error.finding.text}; a server without a quorum does so, or one that has maxClientCnxns clients from here`;
    throw new Fault({ ...error.finding, text });
  }
}

/** The scheme `digest` shows the password; only what it is good for tells whether it is right. */
async function authenticate(conversation: Conversation, { username, password }: Credentials): Promise<void> {
  const packet = (secret: string) =>
    lengthened(i32(XIDS.auth), i32(TYPES.auth), i32(0), ustring('digest'), ustring(`${username}:${secret}`));
  await conversation.write(packet(password), packet('***'));
  const { header } = await readReply(conversation, XIDS.auth);
  mustBeFine(header, conversation, 'the login');
}

async function readReply(conversation: Conversation, xid: number): Promise<{ header: Header; rest: Bytes }> {
  const rest = await readPacket(conversation);
  const header = headerOf(rest);
  if (header.xid !== xid)
    fail('protocol', 'protocol', `${conversation.peer} answered a question that was not asked`, {
      expected: xid,
      got: header.xid,
    });
  return { header, rest };
}

function headerOf(packet: Bytes): Header {
  const xid = packet.i32();
  packet.u64();
  return { xid, error: packet.i32() };
}

/** Source: org.apache.zookeeper.KeeperException.Code. */
const ERRORS = {
  noNode: -101,
  noAuth: -102,
  authFailed: -115,
  notReadOnly: -119,
  saslRequired: -124,
  throttled: -127,
} as const;

function mustBeFine({ error }: Header, { peer }: Conversation, what: string): void {
  if (error === 0) return;
  if (error === ERRORS.noAuth || error === ERRORS.authFailed || error === ERRORS.saslRequired)
    fail('auth', 'auth', `${peer} refuses ${what}: no permission, or the login is wrong (${String(error)})`, {
      got: error,
    });
  const code = error === ERRORS.throttled ? 'overloaded' : 'status';
  fail(code, 'protocol', `${peer} answers ${what} with the error ${String(error)}`, { got: error });
}

function skipData(rest: Bytes): void {
  rest.bytes(Math.max(0, rest.i32()));
}

/** Stat: czxid, mzxid, ctime, mtime, version, cversion, aversion, ephemeralOwner, dataLength, numChildren, pzxid. */
function statFacts(
  stat: Bytes,
  now: number,
): { size: number; children: number; age_s: number; ephemeral: boolean } {
  stat.bytes(8 + 8 + 8);
  const modified = Number(stat.u64());
  stat.bytes(4 + 4 + 4);
  const ephemeral = stat.u64() !== 0n;
  const [size, children] = [stat.i32(), stat.i32()];
  return { size, children, age_s: Math.max(0, Math.round((now - modified) / 1000)), ephemeral };
}
