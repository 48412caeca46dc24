import { fail } from '../../prober.ts';

/** HealthCheckResponse.ServingStatus, by number. */
const SERVING = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

const HEADER_BYTES = 5;

/** A length-prefixed HealthCheckRequest: field 1 is the service. */
export function encodeHealthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const field =
    name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(field.length, 1);
  return Buffer.concat([header, field]);
}

/** The status in a length-prefixed HealthCheckResponse. Throws a Fault for what is none. */
export function decodeHealth(body: Buffer): string {
  if (body.length < HEADER_BYTES) return wrong(`it has ${String(body.length)} bytes`);
  if (body[0] !== 0) wrong('it is packed, which nobody asked for');
  const length = body.readUInt32BE(1);
  if (length !== body.length - HEADER_BYTES)
    wrong(`it says ${String(length)} bytes and has ${String(body.length - HEADER_BYTES)}`);
  // What is not written is 0 (proto3).
  const status = fieldOne(body.subarray(HEADER_BYTES)) ?? 0;
  return SERVING[status] ?? String(status);
}

/** The last varint of field 1; others are passed over, as protobuf wants it. */
function fieldOne(message: Buffer): number | null {
  let found: number | null = null;
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; shift < 64; shift += 7) {
      const byte = message[at];
      if (byte === undefined) return wrong('a number in it breaks off');
      at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) return value;
    }
    return wrong('a number in it does not end');
  };
  while (at < message.length) {
    const tag = next();
    const kind = tag % 8;
    if (kind === 0) {
      const value = next();
      if (tag === 0x08) found = value;
    } else if (kind === 2) {
      const length = next();
      at += length;
    } else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else wrong(`a field in it has the unknown kind ${String(kind)}`);
  }
  if (at > message.length) wrong('a field in it breaks off');
  return found;
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

function wrong(what: string): never {
  return fail('protocol', 'protocol', `the answer is no HealthCheckResponse: ${what}`);
}
