import { fail } from '../../prober.ts';
import { readBytes } from '../../wire/bytes.ts';
import type { Datagrams } from '../../wire/datagrams.ts';

const WHOLE = 0xffffffff;
const SPLIT = 0xfffffffe;
/** Of the id: what is in the packets is packed by bzip2, which no server does any more. */
const PACKED = 0x80000000;
const MOST_PACKETS = 32;

/** One answer behind its header, put together where it comes in several packets, in whatever order. Throws protocol. */
export async function receiveWhole(datagrams: Datagrams): Promise<Buffer> {
  const broken = (): never =>
    fail('protocol', 'protocol', `${datagrams.peer} does not speak Valve’s query protocol`);
  const parts = new Map<number, Buffer>();
  for (let came = 0; came < MOST_PACKETS; came += 1) {
    const fields = readBytes(await datagrams.receive(), broken);
    const header = fields.u32LE();
    if (header === WHOLE) return fields.rest();
    if (header !== SPLIT || (fields.u32LE() & PACKED) !== 0) return broken();
    const [total, index] = [fields.u8(), fields.u8()];
    fields.u16LE();
    if (total > MOST_PACKETS || index >= total) return broken();
    parts.set(index, fields.rest());
    if (parts.size === total) {
      const whole = Buffer.concat(Array.from({ length: total }, (_, at) => parts.get(at) ?? Buffer.alloc(0)));
      // Put together it is a packet with a header of its own.
      return whole.length > 4 && whole.readUInt32LE() === WHOLE ? whole.subarray(4) : broken();
    }
  }
  return broken();
}
