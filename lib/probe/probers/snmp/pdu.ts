import type { Json } from '../../../words/json.ts';
import { BER, type Elements, ber, berInteger, readElements } from '../../wire/ber.ts';
import { decodeOid, encodeOid } from './oid.ts';
import { valueOf } from './value.ts';

export const PDU = { get: 0xa0, response: 0xa2, report: 0xa8 } as const;

/** What an agent answers. Source: RFC 3416 §3. */
export interface Pdu {
  readonly kind: 'response' | 'report';
  readonly requestId: number;
  readonly error: number;
  /** which variable the error is about, from 1; 0 for none */
  readonly errorIndex: number;
  readonly bindings: readonly Binding[];
}

export interface Binding {
  readonly oid: string;
  /** undefined: there is no such variable */
  readonly value: Json | undefined;
}

export function encodeGet(requestId: number, oids: readonly (readonly number[])[]): Buffer {
  const bindings = oids.map((oid) => ber(BER.sequence, ber(BER.oid, encodeOid(oid)), ber(BER.null)));
  return ber(PDU.get, berInteger(requestId), berInteger(0), berInteger(0), ber(BER.sequence, ...bindings));
}

export function readPdu(elements: Elements, broken: () => never): Pdu {
  const { tag, content } = elements.next();
  if (tag !== PDU.response && tag !== PDU.report) return broken();
  const inside = readElements(content, broken);
  const [requestId, error, errorIndex] = [inside.integer(), inside.integer(), inside.integer()];
  const list = inside.inside(BER.sequence);
  const bindings: Binding[] = [];
  while (list.peek() !== null) {
    const binding = list.inside(BER.sequence);
    const oid = decodeOid(binding.content(BER.oid), broken);
    bindings.push({ oid, value: valueOf(binding.next(), broken) });
  }
  return { kind: tag === PDU.report ? 'report' : 'response', requestId, error, errorIndex, bindings };
}
