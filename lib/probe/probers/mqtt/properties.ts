import type { Bytes } from '../../wire/bytes.ts';

/** Properties of MQTT 5 by their identifier; of one that is there several times, the last. */
export type Properties = ReadonlyMap<number, number | string>;

/** The ones that are looked at. Source: MQTT 5.0 §2.2.2.2. */
export const PROPERTY = {
  assigned_client_id: 0x12,
  server_keep_alive: 0x13,
  server_reference: 0x1c,
  reason_string: 0x1f,
  maximum_qos: 0x24,
  retain_available: 0x25,
  maximum_packet_size: 0x27,
} as const;

const BYTES: readonly number[] = [0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2a];
const TWO_BYTES: readonly number[] = [0x13, 0x21, 0x22, 0x23];
const FOUR_BYTES: readonly number[] = [0x02, 0x11, 0x18, 0x27];
const VARIABLE = 0x0b;
const TEXTS: readonly number[] = [0x03, 0x08, 0x12, 0x15, 0x1a, 0x1c, 0x1f];
const BINARIES: readonly number[] = [0x09, 0x16];
const PAIR = 0x26;

/** Takes the properties from `bytes`; throws what `broken` throws for one that is not in the specification. */
export function readProperties(bytes: Bytes, broken: () => never): Properties {
  const properties = new Map<number, number | string>();
  const length = readVariable(bytes, broken);
  if (length > bytes.left()) broken();
  const end = bytes.left() - length;
  while (bytes.left() > end) {
    const id = bytes.u8();
    const value = readValue(id, bytes, broken);
    if (value !== null) properties.set(id, value);
  }
  if (bytes.left() !== end) broken();
  return properties;
}

export function textProperty(properties: Properties, id: number): string | null {
  const value = properties.get(id);
  return typeof value === 'string' ? value : null;
}

export function numberProperty(properties: Properties, id: number): number | null {
  const value = properties.get(id);
  return typeof value === 'number' ? value : null;
}

/** Null for what is skipped. */
function readValue(id: number, bytes: Bytes, broken: () => never): number | string | null {
  if (BYTES.includes(id)) return bytes.u8();
  if (TWO_BYTES.includes(id)) return bytes.u16();
  if (FOUR_BYTES.includes(id)) return bytes.u32();
  if (id === VARIABLE) return readVariable(bytes, broken);
  if (TEXTS.includes(id)) return bytes.text(bytes.u16());
  if (id === PAIR) bytes.bytes(bytes.u16());
  else if (!BINARIES.includes(id)) broken();
  bytes.bytes(bytes.u16());
  return null;
}

function readVariable(bytes: Bytes, broken: () => never): number {
  let value = 0;
  for (let shift = 0; shift <= 21; shift += 7) {
    const byte = bytes.u8();
    value += (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return broken();
}
