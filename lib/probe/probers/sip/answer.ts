import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import type { Datagrams } from '../../wire/datagrams.ts';
import {
  type MessageForm,
  type MessageHead,
  endOfHead,
  lengthOf,
  notThis,
  readHead,
  readMessage,
} from '../../wire/text-message.ts';

/** Gives one answer after the other, provisional ones and strangers’ among them. */
export type NextAnswer = () => Promise<MessageHead>;

/** Short names: RFC 3261 §7.3.3. */
const FORM: MessageForm = {
  protocol: 'SIP',
  start: 'SIP/2.0 ',
  short: {
    c: 'content-type',
    e: 'content-encoding',
    f: 'from',
    i: 'call-id',
    k: 'supported',
    l: 'content-length',
    m: 'contact',
    s: 'subject',
    t: 'to',
    v: 'via',
  },
};

/** Over UDP a datagram is a message; one of line ends alone keeps a NAT open. Source: RFC 3261 §18.3, RFC 5626 §4.4. */
export function fromDatagrams(datagrams: Datagrams): NextAnswer {
  return async () => {
    for (;;) {
      const datagram = await datagrams.receive();
      if (datagram.length > 0 && datagram.every((byte) => byte === 0x0d || byte === 0x0a)) continue;
      const end = endOfHead(datagram) ?? notThis(datagrams, FORM, datagram);
      const head =
        readHead(datagram.subarray(0, end).toString('utf8'), FORM) ?? notThis(datagrams, FORM, datagram);
      if ((lengthOf(head) ?? 0) > datagram.length - end) {
        const text = `${datagrams.peer} sent an answer that is shorter than it says`;
        return fail('truncated', 'protocol', text);
      }
      return head;
    }
  };
}

/** Over TCP and TLS the head says how long the body is. Source: RFC 3261 §18.3. */
export function fromConversation(conversation: Conversation): NextAnswer {
  return async () => (await readMessage(conversation, FORM)).head;
}
