import { safeLine } from '../../../words/safe-text.ts';
import { CannotTell, fail } from '../../prober.ts';
import { type Fields, readFields, string, uint32 } from './fields.ts';
import { MESSAGE, type Packets } from './packets.ts';

/** A session channel, the only one of its connection. Source: RFC 4254 §5, §6. */
export interface Channel {
  /** Asks for a command, a subsystem … ; false when the server will not. */
  request(kind: string, ...more: readonly Buffer[]): Promise<boolean>;
  /** Sends data, as soon as the server has room for it. */
  send(data: Buffer): Promise<void>;
  /** Says that nothing more will be sent. */
  end(): Promise<void>;
  /** What happens next. */
  next(): Promise<ChannelEvent>;
  close(): Promise<void>;
}

export type ChannelEvent =
  | { readonly kind: 'data' | 'stderr'; readonly bytes: Buffer }
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly name: string }
  | { readonly kind: 'reply'; readonly taken: boolean }
  | { readonly kind: 'eof' | 'close' };

const OURS = 0;
const LARGEST_PACKET = 32_768;

/** Opens it. Once more than `limit` bytes have come it throws too_large. */
export async function openChannel(packets: Packets, peer: string, limit: number): Promise<Channel> {
  // Room for more than the limit: who reaches it goes on, and is found out.
  const room = uint32(limit + 2 * LARGEST_PACKET);
  await packets.write(
    Buffer.concat([
      Buffer.of(MESSAGE.channelOpen),
      string('session'),
      uint32(OURS),
      room,
      uint32(LARGEST_PACKET),
    ]),
  );
  const { theirs, window } = await readConfirmation(packets, peer);
  const queue: ChannelEvent[] = [];
  let theirRoom = window;
  let received = 0;
  const say = (message: number, ...more: readonly Buffer[]) =>
    packets.write(Buffer.concat([Buffer.of(message), uint32(theirs), ...more]));
  const listen = async (): Promise<ChannelEvent | null> => {
    const heard = await hear(packets, say);
    if (typeof heard === 'number') theirRoom += heard;
    else if (heard?.kind === 'data' || heard?.kind === 'stderr') received += heard.bytes.length;
    if (received > limit)
      fail('too_large', 'protocol', `${peer} sent more than ${String(limit)} bytes on the channel`);
    return typeof heard === 'number' ? null : heard;
  };
  const heed = async (): Promise<ChannelEvent> => {
    for (;;) {
      const event = await listen();
      if (event !== null) return event;
    }
  };
  return {
    async request(kind, ...more) {
      await say(MESSAGE.channelRequest, string(kind), Buffer.of(1), ...more);
      for (;;) {
        const event = await heed();
        if (event.kind === 'reply') return event.taken;
        if (event.kind === 'close') return false;
        queue.push(event);
      }
    },
    async send(data) {
      while (theirRoom < data.length) {
        const event = await listen();
        if (event !== null) queue.push(event);
        if (event?.kind === 'close') return;
      }
      theirRoom -= data.length;
      await say(MESSAGE.channelData, string(data));
    },
    end: () => say(MESSAGE.channelEof),
    next: async () => queue.shift() ?? heed(),
    close: () => say(MESSAGE.channelClose),
  };
}

async function readConfirmation(
  packets: Packets,
  peer: string,
): Promise<{ readonly theirs: number; readonly window: number }> {
  for (;;) {
    const message = await packets.read();
    const fields = fieldsOf(message, packets);
    if (message[0] === MESSAGE.channelOpenConfirmation) {
      fields.skip(4);
      return { theirs: fields.uint32(), window: fields.uint32() };
    }
    if (message[0] === MESSAGE.channelOpenFailure) {
      fields.skip(4);
      const reason = fields.uint32();
      const RESOURCE_SHORTAGE = 4;
      const text = `${peer} opens no session: ${safeLine(fields.text(), 100)} (reason ${String(reason)})`;
      fail(reason === RESOURCE_SHORTAGE ? 'overloaded' : 'status', 'protocol', text);
    }
    if (!(await answerAside(message, fields, packets))) packets.broken('did not open the session asked for');
  }
}

/** A number: so many bytes more may be sent. Null: it was of no consequence. */
async function hear(
  packets: Packets,
  say: (message: number) => Promise<void>,
): Promise<ChannelEvent | number | null> {
  const message = await packets.read();
  const fields = fieldsOf(message, packets);
  if (await answerAside(message, fields, packets)) return null;
  if (fields.uint32() !== OURS) packets.broken('spoke of a channel that is not open');
  switch (message[0]) {
    case MESSAGE.channelWindowAdjust:
      return fields.uint32();
    case MESSAGE.channelData:
      return { kind: 'data', bytes: fields.string() };
    case MESSAGE.channelExtendedData:
      fields.skip(4);
      return { kind: 'stderr', bytes: fields.string() };
    case MESSAGE.channelEof:
      return { kind: 'eof' };
    case MESSAGE.channelClose:
      return { kind: 'close' };
    case MESSAGE.channelSuccess:
      return { kind: 'reply', taken: true };
    case MESSAGE.channelFailure:
      return { kind: 'reply', taken: false };
    case MESSAGE.channelRequest:
      return hearRequest(fields, say);
    default:
      return packets.broken(`sent SSH message ${String(message[0] ?? 'nothing')} on a channel`);
  }
}

async function hearRequest(
  fields: Fields,
  say: (message: number) => Promise<void>,
): Promise<ChannelEvent | null> {
  const kind = fields.text();
  const wantsReply = fields.byte() !== 0;
  if (kind === 'exit-status') return { kind: 'exit', code: fields.uint32() };
  if (kind === 'exit-signal') return { kind: 'signal', name: fields.text() };
  if (wantsReply) await say(MESSAGE.channelFailure);
  return null;
}

/** What is not of the channel: requests of the connection (RFC 4254 §4), channels that the server would open. */
async function answerAside(message: Buffer, fields: Fields, packets: Packets): Promise<boolean> {
  switch (message[0]) {
    case MESSAGE.globalRequest:
      fields.text();
      if (fields.byte() !== 0) await packets.write(Buffer.of(MESSAGE.requestFailure));
      return true;
    case MESSAGE.channelOpen: {
      fields.text();
      const ADMINISTRATIVELY_PROHIBITED = 1;
      const theirs = fields.uint32();
      const words = [uint32(theirs), uint32(ADMINISTRATIVELY_PROHIBITED), string(''), string('')];
      await packets.write(Buffer.concat([Buffer.of(MESSAGE.channelOpenFailure), ...words]));
      return true;
    }
    case MESSAGE.extInfo:
    case MESSAGE.userauthBanner:
      return true;
    case MESSAGE.kexInit:
      throw new CannotTell(
        'tool_missing',
        'the server wants new keys in the middle, which puptime does not speak',
      );
    default:
      return false;
  }
}

function fieldsOf(message: Buffer, packets: Packets): Fields {
  return readFields(message.subarray(1), () => packets.broken('sent a message that ends too early'));
}
