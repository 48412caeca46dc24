import type { FactTable } from '../../../words/fact.ts';
import type { ProbeContext } from '../../prober.ts';
import { TLS_FACTS } from '../../wire/certificates.ts';

export const WS_FACTS = {
  status: {
    kind: 'number',
    code: 'status',
    meaning: 'status code of the answer to the handshake: 101 when it upgrades',
  },
  headers: { kind: 'map', big: true, meaning: 'header fields of that answer by lower-case name' },
  subprotocol: { kind: 'word', meaning: 'the subprotocol that it chose; absent when none' },
  messages: {
    kind: 'list',
    meaning:
      'the messages that came, binary ones as base64, in order, at most 100; waited for only when something is said, expected, watched or kept',
  },
  reply: { kind: 'text', meaning: 'the first message that came after `send`; absent without it' },
  captures: { kind: 'map', meaning: 'what the `capture` steps of the dialogue kept' },
  pong: { kind: 'bool', code: 'timeout', meaning: 'whether our ping was answered; absent with ping: false' },
  close_code: {
    kind: 'number',
    meaning:
      'the code with which the server closed, 1000 after our own close; 1005 when it gave none, absent when it just hung up',
  },
  close_reason: { kind: 'text', meaning: 'what the server said when it closed; absent when nothing' },
  ...TLS_FACTS,
} as const satisfies FactTable;

export type WsContext = ProbeContext<typeof WS_FACTS>;
