import { randomInt } from 'node:crypto';
import { fail } from '../../prober.ts';
import { BER, ber, berInteger, berText, readElements } from '../../wire/ber.ts';
import type { Datagrams } from '../../wire/datagrams.ts';
import { explainSilence } from '../../wire/silence.ts';
import { type Pdu, encodeGet, readPdu } from './pdu.ts';

/** Somebody who answers questions, each by one datagram. */
export interface Agent {
  get(oids: readonly (readonly number[])[]): Promise<Pdu>;
}

/** Answers to other questions that are passed over: of an earlier probe, say. */
const MOST_STRANGERS = 100;

/** The agent of a community: v1 (RFC 1157) or v2c (RFC 1901). */
export function communityAgent(datagrams: Datagrams, version: 'v1' | 'v2c', community: string): Agent {
  const broken = () => notSnmp(datagrams);
  return {
    async get(oids) {
      const id = randomId();
      const message = (word: string) =>
        ber(BER.sequence, berInteger(version === 'v1' ? 0 : 1), berText(word), encodeGet(id, oids));
      await datagrams.send(message(community), message('***'));
      return answerTo(
        datagrams,
        'a wrong community, and a host that may not ask, look the same',
        (datagram) => {
          const inside = readElements(datagram, broken).inside(BER.sequence);
          inside.integer();
          inside.content(BER.octets);
          const pdu = readPdu(inside, broken);
          return pdu.requestId === id ? pdu : null;
        },
      );
    },
  };
}

/** The first datagram of which `read` makes something. `hint`: what else silence may mean. */
export async function answerTo<T>(
  datagrams: Datagrams,
  hint: string,
  read: (datagram: Buffer) => T | null,
): Promise<T> {
  for (let strangers = 0; strangers < MOST_STRANGERS; strangers += 1) {
    const datagram = await datagrams.receive().catch(explainSilence(hint));
    const answer = read(datagram);
    if (answer !== null) return answer;
  }
  const text = `${datagrams.peer} sent ${String(MOST_STRANGERS)} answers, none of them to what was asked`;
  return fail('protocol', 'protocol', text);
}

export function notSnmp({ peer }: Datagrams): never {
  const text = `${peer} does not speak SNMP: what it sends is no SNMP message`;
  return fail('protocol', 'protocol', text, { expected: 'an SNMP response' });
}

export function randomId(): number {
  return randomInt(1, 2 ** 31 - 1);
}
