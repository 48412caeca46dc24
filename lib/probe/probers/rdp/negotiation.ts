import { fail } from '../../prober.ts';
import { readBytes, u16, u32LE } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';

/** What a server answers to a connection request. Source: [MS-RDPBCGR] §2.2.1.2. */
export type Negotiated =
  | { readonly kind: 'chosen'; readonly protocol: number; readonly flags: number }
  | { readonly kind: 'failed'; readonly code: number };

/** Source: [MS-RDPBCGR] §2.2.1.1.1. */
export const PROTOCOL = { rdp: 0, tls: 1, hybrid: 2, rdstls: 4, hybridEx: 8, aad: 16 } as const;

const TPKT_VERSION = 3;
const TPKT_LENGTH = 4;
const REQUEST = 0xe0;
const CONFIRM = 0xd0;
const DISCONNECT = 0x80;
/** of an answer: seven bytes of X.224, eight of the negotiation */
const MAX_LENGTH = 256;
const [NEGOTIATION_REQUEST, NEGOTIATION_RESPONSE, NEGOTIATION_FAILURE] = [1, 2, 3];

/** A connection request that offers these, in TPKT and X.224 class 0. Source: [MS-RDPBCGR] §2.2.1.1, RFC 1006, X.224 §13.3. */
export function encodeRequest(protocols: number): Buffer {
  const negotiation = Buffer.concat([Buffer.from([NEGOTIATION_REQUEST, 0, 8, 0]), u32LE(protocols)]);
  const x224 = Buffer.concat([Buffer.from([REQUEST, 0, 0, 0, 0, 0]), negotiation]);
  const length = TPKT_LENGTH + 1 + x224.length;
  return Buffer.concat([Buffer.from([TPKT_VERSION, 0]), u16(length), Buffer.from([x224.length]), x224]);
}

/** Reads the connection confirm. Throws protocol when it is none, at once. */
export async function readConfirm(conversation: Conversation): Promise<Negotiated> {
  const { peer } = conversation;
  const broken = (got: string): never =>
    fail('protocol', 'protocol', `${peer} does not speak RDP: it sent ${got}`, {
      expected: 'a connection confirm (X.224)',
      got,
    });
  const start = await conversation.readExactly(1);
  if (start[0] !== TPKT_VERSION) {
    conversation.unread(start);
    const heard = (await conversation.read()) ?? start;
    return broken(
      `"${heard
        .subarray(0, 40)
        .toString('latin1')
        .replace(/[^ -~]/g, '.')}"`,
    );
  }
  const length = (await conversation.readExactly(3)).readUInt16BE(1);
  if (length < TPKT_LENGTH + 7 || length > MAX_LENGTH) return broken(`a packet of ${String(length)} bytes`);
  const bytes = readBytes(await conversation.readExactly(length - TPKT_LENGTH), () =>
    broken('a packet that ends early'),
  );
  const [inner, type] = [bytes.u8(), bytes.u8() & 0xf0];
  if (type === DISCONNECT) fail('status', 'protocol', `${peer} refuses the connection (X.224 disconnect)`);
  if (type !== CONFIRM || inner !== length - TPKT_LENGTH - 1)
    return broken(`a packet of X.224 of the type 0x${type.toString(16)}`);
  // both references, the class
  bytes.bytes(5);
  // Old servers, and those without TLS, say no more.
  if (bytes.left() === 0) return { kind: 'chosen', protocol: PROTOCOL.rdp, flags: 0 };
  const [kind, flags, size, value] = [bytes.u8(), bytes.u8(), bytes.u16LE(), bytes.u32LE()];
  if (size !== 8) return broken('a negotiation of another length than 8');
  if (kind === NEGOTIATION_RESPONSE) return { kind: 'chosen', protocol: value, flags };
  if (kind === NEGOTIATION_FAILURE) return { kind: 'failed', code: value };
  return broken(`a negotiation of the type ${String(kind)}`);
}
