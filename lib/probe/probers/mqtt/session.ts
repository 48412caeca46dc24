import { Fault, fail } from '../../prober.ts';
import { u16, u8 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { PACKET, type Packet, encodePacket, encodeText, notMqtt, readBody, readPacket } from './packet.ts';
import { PROPERTY, type Properties, readProperties, textProperty } from './properties.ts';
import { findingOf, reasonOf } from './reasons.ts';

/** 4 is what MQTT 3.1.1 calls itself. */
export type Level = 4 | 5;

export interface Login {
  readonly username: string | null;
  readonly password: string | null;
}

export interface Connack {
  readonly code: number;
  readonly session_present: boolean;
  /** empty in MQTT 3.1.1 */
  readonly properties: Properties;
}

const CLEAN = 0x02;
const WITH_PASSWORD = 0x40;
const WITH_USERNAME = 0x80;
const NO_PROPERTIES = u8(0);

/** Says CONNECT, for a session that is forgotten afterwards, and reads the answer. Source: MQTT 5.0 §3.1, §3.2. */
export async function connect(
  conversation: Conversation,
  level: Level,
  client_id: string,
  login: Login,
): Promise<Connack> {
  const packet = (password: string | null) => connectPacket(level, client_id, { ...login, password });
  await conversation.write(packet(login.password), packet(login.password === null ? null : '***'));
  // Only CONNACK may come first, which tells a greeting such as “220 …” from a packet.
  const first = await readFirst(conversation, level);
  if (first !== PACKET.connack << 4) return notMqtt(conversation, first);
  conversation.unread(u8(first));
  return readConnack(await readPacket(conversation), conversation.peer);
}

async function readFirst(conversation: Conversation, level: Level): Promise<number> {
  try {
    const [first = 0] = await conversation.readExactly(1);
    return first;
  } catch (error) {
    if (level === 4 || !(error instanceof Fault) || !HUNG_UP.has(error.finding.code)) throw error;
    const text = `${error.finding.text}; a broker that knows no MQTT 5 may do so: try \`version: 3.1.1\``;
    throw new Fault({ ...error.finding, text });
  }
}

const HUNG_UP: ReadonlySet<string> = new Set(['closed', 'reset']);

/** Reads packets until one of this type comes; `seen` is given the others. A server that ends the session is a fault. */
export async function awaitPacket(
  conversation: Conversation,
  type: number,
  seen: (packet: Packet) => Promise<void> | void,
): Promise<Packet> {
  for (;;) {
    const packet = await readPacket(conversation);
    if (packet.type === PACKET.disconnect) throw new Fault(farewellOf(packet, conversation.peer));
    if (packet.type === type) return packet;
    await seen(packet);
  }
}

/** Anything but what was waited for. */
export function unexpected(packet: Packet, { peer }: Conversation, expected: string): never {
  const name = Object.entries(PACKET).find(([, type]) => type === packet.type)?.[0] ?? String(packet.type);
  return fail('protocol', 'protocol', `${peer} sent ${name.toUpperCase()}, expected ${expected}`);
}

export async function ping(conversation: Conversation): Promise<void> {
  await conversation.write(encodePacket(PACKET.pingreq, Buffer.alloc(0)));
  await awaitPacket(conversation, PACKET.pingresp, (packet) => unexpected(packet, conversation, 'PINGRESP'));
}

export async function disconnect(conversation: Conversation): Promise<void> {
  await conversation.write(encodePacket(PACKET.disconnect, Buffer.alloc(0)));
  conversation.end();
}

function connectPacket(level: Level, client_id: string, { username, password }: Login): Buffer {
  const flags = CLEAN | (username === null ? 0 : WITH_USERNAME) | (password === null ? 0 : WITH_PASSWORD);
  const body = [
    encodeText('MQTT'),
    u8(level),
    u8(flags),
    u16(KEEP_ALIVE_S),
    level === 5 ? NO_PROPERTIES : Buffer.alloc(0),
    encodeText(client_id),
    username === null ? Buffer.alloc(0) : encodeText(username),
    password === null ? Buffer.alloc(0) : encodeText(password),
  ];
  return encodePacket(PACKET.connect, Buffer.concat(body));
}

/** How long a server must wait before it takes us for dead; a probe is long over by then. */
const KEEP_ALIVE_S = 300;

function readConnack(packet: Packet, peer: string): Connack {
  const bytes = readBody(packet, peer, 'CONNACK');
  const broken = () => fail('protocol', 'protocol', `${peer} sent a CONNACK packet that is none`);
  const flags = bytes.u8();
  const code = bytes.u8();
  if (flags > 1) broken();
  // The old form, also as the answer to MQTT 5 of a server that does not know it, has no properties.
  const properties: Properties = bytes.left() === 0 ? new Map() : readProperties(bytes, broken);
  if (bytes.left() > 0) broken();
  return { code, session_present: flags === 1, properties };
}

/** MQTT 5 only: why the server ends the session. */
function farewellOf(packet: Packet, peer: string) {
  if (packet.body.length === 0) return findingOf(reasonOf(0x80), peer, 'ended the session', null);
  const bytes = readBody(packet, peer, 'DISCONNECT');
  const code = bytes.u8();
  const broken = () => fail('protocol', 'protocol', `${peer} sent a DISCONNECT packet that is none`);
  const properties: Properties = bytes.left() === 0 ? new Map() : readProperties(bytes, broken);
  return findingOf(
    reasonOf(code),
    peer,
    'ended the session',
    textProperty(properties, PROPERTY.reason_string),
  );
}
