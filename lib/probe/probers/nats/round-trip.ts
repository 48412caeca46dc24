import { randomBytes } from 'node:crypto';
import { type ProbeContext, fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { readUntilPong } from './messages.ts';
import type { NATS_FACTS } from './nats-facts.ts';

/** Publishes to an inbox that only this probe listens to. A server without room or permission says so before PONG. */
export async function goRound(
  conversation: Conversation,
  context: ProbeContext<typeof NATS_FACTS>,
): Promise<void> {
  const id = randomBytes(12).toString('hex');
  const inbox = `_INBOX.puptime.${id}`;
  const before_ms = context.remaining_ms();
  await conversation.write(
    `SUB ${inbox} 1\r\nUNSUB 1 1\r\nPUB ${inbox} ${String(id.length)}\r\n${id}\r\nPING\r\n`,
  );
  const { payloads } = await readUntilPong(conversation, 'the round trip');
  if (!payloads.includes(id))
    fail('status', 'protocol', `${conversation.peer} took a message, but did not hand it to its subscriber`, {
      expected: 1,
      got: payloads.length,
    });
  context.see({ roundtrip_ms: Math.round((before_ms - context.remaining_ms()) * 100) / 100 });
}
