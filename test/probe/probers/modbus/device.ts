import { type Peer, listen } from '../../../contract/misbehaving-server.ts';

/** Registers and bits of a device by address. */
export interface Device {
  readonly holding?: readonly number[];
  readonly input?: readonly number[];
  readonly coil?: readonly boolean[];
  readonly discrete?: readonly boolean[];
  /** vendor, product, revision; without them it does not know the function */
  readonly identity?: readonly string[];
  /** answers everything with this exception */
  readonly exception?: number;
  /** only this unit is there; others are a gateway’s exception 11 */
  readonly unit?: number;
  /** changes an answer before it is sent */
  readonly spoil?: (answer: Buffer) => Buffer;
}

export interface DevicePeer extends Peer {
  readonly requests: readonly Buffer[];
}

/** A device of ours, written from the MODBUS Application Protocol V1.1b3 and its Messaging on TCP/IP guide. */
export async function startDevice(device: Device): Promise<DevicePeer> {
  const requests: Buffer[] = [];
  const peer = await listen((socket) => {
    let unread = Buffer.alloc(0);
    socket.on('data', (data: Buffer) => {
      unread = Buffer.concat([unread, data]);
      while (unread.length >= 7 && unread.length >= 6 + unread.readUInt16BE(4)) {
        const request = unread.subarray(0, 6 + unread.readUInt16BE(4));
        unread = unread.subarray(request.length);
        requests.push(Buffer.from(request));
        const pdu = answerOf(device, request.readUInt8(6), request.subarray(7));
        const answer = Buffer.concat([
          request.subarray(0, 4),
          Buffer.from([0, pdu.length + 1]),
          request.subarray(6, 7),
          pdu,
        ]);
        socket.write(device.spoil?.(answer) ?? answer);
      }
    });
  });
  return { ...peer, requests };
}

function answerOf(device: Device, unit: number, request: Buffer): Buffer {
  const code = request.readUInt8(0);
  const refuse = (exception: number) => Buffer.from([code | 0x80, exception]);
  if (device.unit !== undefined && unit !== device.unit) return refuse(11);
  if (device.exception !== undefined) return refuse(device.exception);
  if (code === 0x2b) return device.identity === undefined ? refuse(1) : identity(device.identity);
  const table = { 1: device.coil, 2: device.discrete, 3: device.holding, 4: device.input }[code];
  if (table === undefined) return refuse(1);
  const [address, count] = [request.readUInt16BE(1), request.readUInt16BE(3)];
  const values = table.slice(address, address + count);
  if (values.length < count) return refuse(2);
  if (code < 3) return Buffer.from([code, 1, values[0] === true ? 1 : 0]);
  const bytes = Buffer.concat(values.map((value) => Buffer.from([Number(value) >> 8, Number(value) & 255])));
  return Buffer.concat([Buffer.from([code, bytes.length]), bytes]);
}

function identity(texts: readonly string[]): Buffer {
  const objects = texts.map((text, index) =>
    Buffer.concat([Buffer.from([index, text.length]), Buffer.from(text)]),
  );
  return Buffer.concat([Buffer.from([0x2b, 0x0e, 1, 1, 0, 0, texts.length]), ...objects]);
}
