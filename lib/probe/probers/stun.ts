import { randomBytes } from 'node:crypto';
import type { FactTable } from '../../words/fact.ts';
import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, type ProbeContext, type Prober, fail } from '../prober.ts';
import type { Datagrams } from '../wire/datagrams.ts';
import { explainSilence } from '../wire/silence.ts';
import {
  ATTRIBUTE,
  BINDING,
  type StunMessage,
  type TransportAddress,
  encodeBinding,
  readAddress,
  readErrorCode,
  readMessage,
} from './stun/message.ts';

const PORT = 3478;
/** Answers to other requests that are passed over. */
const MOST_STRANGERS = 100;

const FACTS = {
  error: {
    kind: 'number',
    code: 'status',
    codes: { 401: 'auth', 403: 'auth', 438: 'auth', 508: 'overloaded' },
    meaning:
      'the number of the error that it answers with: 300 it sends us to another server, 400 bad request, 401 it wants a login even for this, 500 a failure of its own; absent when it tells the address',
  },
  error_reason: { kind: 'text', meaning: 'its words for the error; absent without one' },
  mapped_address: {
    kind: 'word',
    meaning: 'the address that it sees the question come from: the public one of this host, or of its NAT',
  },
  mapped_port: { kind: 'number', meaning: 'the port that it sees the question come from' },
  software: { kind: 'word', meaning: 'what it calls itself; absent when it does not say' },
  alternate_server: {
    kind: 'word',
    meaning: 'address and port of the server that it sends us to (error 300); else absent',
  },
  other_address: {
    kind: 'word',
    meaning:
      'its second address and port, with which the kind of a NAT is found out (RFC 5780); often absent',
  },
} as const satisfies FactTable;

export const stun: Prober<object, typeof FACTS> = {
  type: 'stun',
  proves:
    'It answers a binding request with the address that it sees us come from (RFC 8489). One request, one answer, over UDP. For `turn` it proves the same: nothing is allocated, so a login is not needed and not taken.',
  schemes: [
    { scheme: 'stun', port: PORT, shape: 'host' },
    { scheme: 'turn', port: PORT, shape: 'host' },
  ],
  example: 'stun://stun.example.org',
  options: {},
  facts: FACTS,
  codes: {
    status: 'it answers with an error, which is in the facts `error` and `error_reason`',
    auth: 'error 401: it is set up to answer only those who log in (coturn: secure-stun)',
    timeout: 'no answer: it is frozen, a firewall drops, or it is set up to ignore STUN (coturn: no-stun)',
  },
  defaults: () => ({ expect: { error: { exists: false } } }),
  prepare({ target }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected stun://HOST');
    if (target.username !== null || target.password !== null)
      throw new InvalidOptions(
        'target',
        `a binding request takes no login, expected ${target.scheme}://HOST`,
      );
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const datagrams = await context.datagrams();
        const transaction = randomBytes(12);
        await datagrams.send(encodeBinding(transaction));
        report(await answerTo(datagrams, transaction), datagrams, context);
      },
    };
  },
};

async function answerTo(datagrams: Datagrams, transaction: Buffer): Promise<StunMessage> {
  const broken = notStun(datagrams);
  const silence = explainSilence('a server that is set up to ignore STUN looks the same');
  for (let strangers = 0; strangers < MOST_STRANGERS; strangers += 1) {
    const datagram = await datagrams.receive().catch(silence);
    const what = `${String(datagram.length)} bytes that are no message of it`;
    const message = readMessage(datagram, () => broken(what));
    if (message.type !== BINDING.success && message.type !== BINDING.error)
      return broken(`a message of type 0x${message.type.toString(16).padStart(4, '0')}`);
    if (message.transaction.equals(transaction)) return message;
  }
  return broken(`${String(MOST_STRANGERS)} answers, none of them to what was asked`);
}

function report(message: StunMessage, datagrams: Datagrams, { see }: ProbeContext<typeof FACTS>): void {
  const { type, attributes, transaction } = message;
  const broken = notStun(datagrams);
  const addressOf = (attribute: number, mask: Buffer | null): TransportAddress | null => {
    const value = attributes.get(attribute);
    return value === undefined ? null : readAddress(value, mask, () => broken('an address that is none'));
  };
  const software = attributes.get(ATTRIBUTE.software);
  if (software !== undefined) see({ software: safeLine(software.toString('utf8')) });
  if (type === BINDING.error) {
    const value = attributes.get(ATTRIBUTE.errorCode) ?? Buffer.alloc(0);
    const { code, reason } = readErrorCode(value, () => broken('an error without its number'));
    see({ error: code, error_reason: reason });
    const alternate = addressOf(ATTRIBUTE.alternateServer, null);
    if (alternate !== null) see({ alternate_server: written(alternate) });
    return;
  }
  // Servers of RFC 3489 tell the address only as it is.
  const mapped =
    addressOf(ATTRIBUTE.xorMappedAddress, transaction) ?? addressOf(ATTRIBUTE.mappedAddress, null);
  if (mapped === null) return broken('a success without the address that it sees us come from');
  see({ mapped_address: mapped.ip, mapped_port: mapped.port });
  const other = addressOf(ATTRIBUTE.otherAddress, null);
  if (other !== null) see({ other_address: written(other) });
}

function notStun({ peer }: Datagrams): (got: string) => never {
  return (got) =>
    fail('protocol', 'protocol', `${peer} does not speak STUN: it sent ${got}`, {
      expected: 'a binding response',
      got,
    });
}

function written({ ip, port }: TransportAddress): string {
  return ip.includes(':') ? `[${ip}]:${String(port)}` : `${ip}:${String(port)}`;
}
