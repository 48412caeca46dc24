import { safeLine } from '../../../words/safe-text.ts';
import { Fault, fail } from '../../prober.ts';
import { type Packets, readFirst, readPayload } from './packets.ts';
import { type Refusal, explainRefusal, isRefusal, parseRefusal } from './refusal.ts';

/** What the server says first. Source: dev.mysql.com, “Protocol::HandshakeV10”. */
export interface Greeting {
  /** `10.11.19` */
  readonly version: string;
  readonly flavor: 'mysql' | 'mariadb';
  readonly capabilities: number;
  /** 20 random bytes */
  readonly challenge: Buffer;
  /** the way of logging in that it begins with */
  readonly plugin: string;
}

export const CAPABILITIES = {
  longPassword: 0x1,
  connectWithDatabase: 0x8,
  protocol41: 0x200,
  tls: 0x800,
  transactions: 0x2000,
  secureConnection: 0x8000,
  pluginAuth: 0x80000,
} as const;

/** Throws a fault for what is no greeting, and for an error in its place; `seeRefusal` is told of that first. */
export async function readGreeting(
  packets: Packets,
  seeRefusal: (refusal: Refusal) => void,
): Promise<Greeting> {
  const { peer } = packets.conversation;
  const payload = await readFirst(packets);
  if (isRefusal(payload)) {
    const refusal = parseRefusal(payload, peer);
    seeRefusal(refusal);
    throw new Fault(explainRefusal(refusal, peer, 'the connection'));
  }
  const reader = readPayload(payload, peer);
  const protocol = reader.u8();
  const version = reader.zeroTerminated();
  if (protocol !== 10)
    fail('protocol', 'protocol', `${peer} speaks version ${String(protocol)} of the protocol, expected 10`);
  // thread
  reader.bytes(4);
  const first = reader.bytes(8);
  reader.u8();
  const low = reader.u16LE();
  // character set and status
  reader.bytes(3);
  const capabilities = low + reader.u16LE() * 65_536;
  if ((capabilities & CAPABILITIES.protocol41) === 0)
    fail('protocol', 'protocol', `${peer} speaks the protocol of before MySQL 4.1`);
  const length = reader.u8();
  reader.bytes(10);
  const second = reader.bytes(Math.min(reader.left(), Math.max(13, length - 8)));
  const plugin = (capabilities & CAPABILITIES.pluginAuth) === 0 ? '' : nameIn(reader.rest());
  return {
    ...aboutVersion(version),
    capabilities,
    challenge: Buffer.concat([first, second]).subarray(0, 20),
    plugin: plugin === '' ? 'mysql_native_password' : plugin,
  };
}

/** The end was forgotten in MySQL before 5.5.10. */
function nameIn(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end === -1 ? bytes.length : end);
}

/** MariaDB 10 puts `5.5.5-` before its own, for the sake of old replicas. */
function aboutVersion(text: string): Pick<Greeting, 'version' | 'flavor'> {
  const own = text.startsWith('5.5.5-') ? text.slice(6) : text;
  return {
    version: safeLine(own.split('-', 1)[0] ?? '', 40),
    flavor: /mariadb/i.test(text.slice(0, 200)) ? 'mariadb' : 'mysql',
  };
}
