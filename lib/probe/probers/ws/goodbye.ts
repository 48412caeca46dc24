import { Fault } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { withPatience } from '../../wire/patience.ts';
import { OPCODES, createFrameReader, sendFrame } from './frames.ts';
import type { WsContext } from './ws-facts.ts';

const NORMAL = Buffer.from([1000 >> 8, 1000 & 0xff]);
/** How long a server may take to say goodbye; whether it does is a fact, and no fault. */
const PATIENCE_MS = 500;

/** The closing handshake (RFC 6455 §7.1.2): we close, the server answers with a close and ends the connection. */
export async function sayGoodbye(conversation: Conversation, context: WsContext, max: number): Promise<void> {
  await sendFrame(conversation, OPCODES.close, NORMAL);
  try {
    const closed = await withPatience(
      awaitClose(conversation, max),
      Math.min(PATIENCE_MS, context.remaining_ms() / 2),
    );
    if (closed !== null)
      context.see({ close_code: closed.code, close_reason: closed.reason === '' ? null : closed.reason });
  } catch (error) {
    // It has proved all that it had to: how it ends is its own affair.
    if (!(error instanceof Fault)) throw error;
  } finally {
    conversation.destroy();
  }
}

async function awaitClose(conversation: Conversation, max: number) {
  const read = createFrameReader(conversation, max);
  for (;;) {
    const incoming = await read();
    if (incoming.kind === 'close') return incoming;
  }
}
