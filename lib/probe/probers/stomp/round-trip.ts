import { randomBytes } from 'node:crypto';
import { type ProbeContext, fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { encodeFrame, expectFrame } from './frames.ts';
import type { STOMP_FACTS } from './stomp-facts.ts';

/** Sends a message to a topic that only this probe listens to: no queue is left, and nobody else’s message is taken. */
export async function goRound(
  conversation: Conversation,
  context: ProbeContext<typeof STOMP_FACTS>,
): Promise<void> {
  const id = randomBytes(12).toString('hex');
  const destination = `/topic/puptime.${id}`;
  const before_ms = context.remaining_ms();
  await conversation.write(
    encodeFrame('SUBSCRIBE', [
      ['id', '1'],
      ['destination', destination],
      ['ack', 'auto'],
      ['receipt', 'puptime-subscribed'],
    ]),
  );
  await expectFrame(conversation, 'RECEIPT', 'SUBSCRIBE');
  await conversation.write(
    encodeFrame(
      'SEND',
      [
        ['destination', destination],
        ['content-type', 'text/plain'],
        ['content-length', String(id.length)],
      ],
      id,
    ),
  );
  const message = await expectFrame(conversation, 'MESSAGE', 'SEND');
  const got = message.body.toString('latin1');
  if (got !== id)
    fail('status', 'protocol', `${conversation.peer} handed on another message than the one that was sent`, {
      expected: id.length,
      got: got.length,
    });
  context.see({ roundtrip_ms: Math.round((before_ms - context.remaining_ms()) * 100) / 100 });
}
