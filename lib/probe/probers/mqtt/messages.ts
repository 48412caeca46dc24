import { randomBytes } from 'node:crypto';
import { safeLine } from '../../../words/safe-text.ts';
import { Fault, fail } from '../../prober.ts';
import { u16, u8 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { withPatience } from '../../wire/patience.ts';
import { PACKET, type Packet, encodePacket, encodeText, readBody } from './packet.ts';
import { PROPERTY, type Properties, readProperties, textProperty } from './properties.ts';
import { findingOf, reasonOf } from './reasons.ts';
import { type Level, awaitPacket, unexpected } from './session.ts';

export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  /** it was kept by the server for whoever subscribes */
  readonly retained: boolean;
}

/** A session that is open. */
export interface Session {
  readonly conversation: Conversation;
  readonly level: Level;
}

/** Packet identifiers are ours to choose; one is under way at a time. */
const READING = 1;
const SUBSCRIBING = 2;
const PUBLISHING = 3;

/**
 * Subscribes, and gives the first message that comes: one that is retained comes at once. Null: none within `wait_ms`;
 * nothing can be read from the session afterwards.
 */
export async function readMessage(session: Session, topic: string, wait_ms: number): Promise<Message | null> {
  const early: Message[] = [];
  await subscribe(session, { topic, id: READING, options: 0 }, (message) => {
    if (early.length === 0) early.push(message);
  });
  return early[0] ?? withPatience(nextMessage(session), wait_ms);
}

/** Publishes a message with QoS 1 and waits until it comes back. Gives nothing: the caller measures. */
export async function roundTrip(session: Session, topic: string): Promise<void> {
  const { conversation, level } = session;
  const payload = Buffer.from(`puptime ${randomBytes(12).toString('hex')}`);
  // In MQTT 5 a retained message need not be sent to us (retain handling 2); else it is passed over.
  await subscribe(session, { topic, id: SUBSCRIBING, options: level === 5 ? 0x21 : 1 }, () => undefined);
  const properties = level === 5 ? u8(0) : Buffer.alloc(0);
  const body = Buffer.concat([encodeText(topic), u16(PUBLISHING), properties, payload]);
  await conversation.write(encodePacket(PACKET.publish, body, QOS_1));
  let back = false;
  const ack = await awaitPacket(conversation, PACKET.puback, async (packet) => {
    back = (await takeMessage(packet, session)).payload.equals(payload) || back;
  });
  judgeAck(ack, session, topic);
  try {
    while (!back) back = (await nextMessage(session)).payload.equals(payload);
  } catch (error) {
    if (!(error instanceof Fault) || error.finding.code !== 'timeout') throw error;
    const text = `${conversation.peer} took the message for ${shown(topic)}, but did not send it back: may the user write and read there?`;
    throw new Fault({ code: 'timeout', phase: 'protocol', text });
  }
}

const QOS_1 = 0x02;

async function subscribe(
  session: Session,
  { topic, id, options }: { readonly topic: string; readonly id: number; readonly options: number },
  keep: (message: Message) => void,
): Promise<void> {
  const { conversation, level } = session;
  const properties = level === 5 ? u8(0) : Buffer.alloc(0);
  const body = Buffer.concat([u16(id), properties, encodeText(topic), u8(options)]);
  await conversation.write(encodePacket(PACKET.subscribe, body, 0x02));
  const packet = await awaitPacket(conversation, PACKET.suback, async (other) =>
    keep(await takeMessage(other, session)),
  );
  const { code, said } = ackOf(packet, conversation.peer, 'SUBACK', level);
  if (code < 0x80) return;
  const what = `refuses the subscription to ${shown(topic)}`;
  // MQTT 3.1.1 knows only “failure”, and servers say it when the user may not read there.
  const reason = level === 4 ? { word: 'failure', code: 'auth' as const } : reasonOf(code);
  throw new Fault(findingOf(reason, conversation.peer, what, said));
}

function judgeAck(packet: Packet, { conversation, level }: Session, topic: string): void {
  const { code, said } = ackOf(packet, conversation.peer, 'PUBACK', level);
  if (code >= 0x80)
    throw new Fault(
      findingOf(reasonOf(code), conversation.peer, `refuses the message for ${shown(topic)}`, said),
    );
}

/** The code of a SUBACK or PUBACK: the id, in MQTT 5 properties (before the codes of a SUBACK), the codes. */
function ackOf(
  packet: Packet,
  peer: string,
  name: 'SUBACK' | 'PUBACK',
  level: Level,
): { readonly code: number; readonly said: string | null } {
  const bytes = readBody(packet, peer, name);
  const broken = () => fail('protocol', 'protocol', `${peer} sent a ${name} packet that is none`);
  bytes.u16();
  if (name === 'SUBACK') {
    const properties: Properties = level === 5 ? readProperties(bytes, broken) : new Map();
    return { code: bytes.u8(), said: textProperty(properties, PROPERTY.reason_string) };
  }
  // Success may be left out, and so may the properties.
  const code = bytes.left() === 0 ? 0 : bytes.u8();
  const properties: Properties = bytes.left() === 0 ? new Map() : readProperties(bytes, broken);
  return { code, said: textProperty(properties, PROPERTY.reason_string) };
}

async function nextMessage(session: Session): Promise<Message> {
  const { conversation } = session;
  const packet = await awaitPacket(conversation, PACKET.publish, (other) =>
    unexpected(other, conversation, 'PUBLISH'),
  );
  return takeMessage(packet, session);
}

/** Takes a message, and confirms it when it wants that. */
async function takeMessage(packet: Packet, { conversation, level }: Session): Promise<Message> {
  if (packet.type !== PACKET.publish) unexpected(packet, conversation, 'PUBLISH or an acknowledgement');
  const bytes = readBody(packet, conversation.peer, 'PUBLISH');
  const broken = () =>
    fail('protocol', 'protocol', `${conversation.peer} sent a PUBLISH packet that is none`);
  const topic = bytes.text(bytes.u16());
  const qos = (packet.flags >> 1) & 3;
  const id = qos === 0 ? null : bytes.u16();
  if (level === 5) readProperties(bytes, broken);
  if (id !== null) await conversation.write(encodePacket(PACKET.puback, u16(id)));
  return { topic, payload: bytes.rest(), retained: (packet.flags & 1) === 1 };
}

function shown(topic: string): string {
  return `"${safeLine(topic, 80)}"`;
}
