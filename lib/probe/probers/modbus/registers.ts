import type { JsonSchema } from '../../../words/json.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { InvalidOptions } from '../../prober.ts';
import { u16 } from '../../wire/bytes.ts';

/** A value of the device, as the config has it. */
export interface WrittenRegister {
  readonly from?: Table;
  readonly address: number;
  readonly as?: Form;
  readonly swap?: boolean;
  readonly scale?: number;
}

type Table = keyof typeof TABLES;
type Form = keyof typeof FORMS;

/** The function that reads each. Source: MODBUS Application Protocol V1.1b3 §6.1 to §6.4. */
const TABLES = { coil: 1, discrete: 2, holding: 3, input: 4 } as const;

const FORMS = {
  uint16: { words: 1, read: (bytes: Buffer) => bytes.readUInt16BE() },
  int16: { words: 1, read: (bytes: Buffer) => bytes.readInt16BE() },
  uint32: { words: 2, read: (bytes: Buffer) => bytes.readUInt32BE() },
  int32: { words: 2, read: (bytes: Buffer) => bytes.readInt32BE() },
  float32: { words: 2, read: (bytes: Buffer) => Number(bytes.readFloatBE().toPrecision(7)) },
  uint64: { words: 4, read: (bytes: Buffer) => Number(bytes.readBigUInt64BE()) },
  float64: { words: 4, read: (bytes: Buffer) => bytes.readDoubleBE() },
} as const;

export const REGISTERS_SCHEMA: JsonSchema = {
  type: 'object',
  minProperties: 1,
  maxProperties: 100,
  description:
    'what to read into `values`, by names of your own: {temperature: {from: input, address: 100, as: int16, scale: 0.1}}. `from`: holding (default), input, coil or discrete; `address` from 0, as it is sent (40001 in a manual is holding 0); `as`: uint16 (default), int16, uint32, int32, float32, uint64, float64; `swap`: true when the low word comes first; `scale`: what to multiply it by',
  additionalProperties: {
    type: 'object',
    properties: {
      from: { enum: Object.keys(TABLES) },
      address: { type: 'integer', minimum: 0, maximum: 65_535 },
      as: { enum: Object.keys(FORMS) },
      swap: { type: 'boolean' },
      scale: { type: 'number' },
    },
    required: ['address'],
    additionalProperties: false,
  },
};

/** One request, and what its answer says. */
export interface Register {
  readonly name: string;
  readonly function: number;
  readonly request: Buffer;
  /** null: the answer is none */
  value(data: Buffer): number | boolean | null;
}

/** Throws InvalidOptions. */
export function planRegister(
  name: string,
  { from = 'holding', address, as, swap = false, scale }: WrittenRegister,
): Register {
  if (from === 'coil' || from === 'discrete') {
    if ((as ?? scale) !== undefined || swap)
      throw new InvalidOptions(
        `registers.${safeLine(name, 40)}`,
        'a bit is true or false, expected no as, swap or scale',
      );
    const value = (data: Buffer) => (data.length === 2 && data[0] === 1 ? ((data[1] ?? 0) & 1) === 1 : null);
    return { name, function: TABLES[from], request: Buffer.concat([u16(address), u16(1)]), value };
  }
  const { words, read } = FORMS[as ?? 'uint16'];
  if (address + words > 65_536)
    throw new InvalidOptions(`registers.${safeLine(name, 40)}.address`, 'there is no register behind 65535');
  return {
    name,
    function: TABLES[from],
    request: Buffer.concat([u16(address), u16(words)]),
    value(data) {
      const bytes = data.subarray(1);
      if (data[0] !== words * 2 || bytes.length !== words * 2) return null;
      const number = read(swap ? swapped(bytes) : bytes);
      return scale === undefined ? number : Number((number * scale).toPrecision(12));
    },
  };
}

/** Low word first; the bytes in a word stay. */
function swapped(bytes: Buffer): Buffer {
  const words = Array.from({ length: bytes.length / 2 }, (_, index) =>
    bytes.subarray(index * 2, index * 2 + 2),
  );
  return Buffer.concat(words.reverse());
}
