import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { mqtt } from '../../../../lib/probe/probers/mqtt.ts';
import { type Peer, listen, splitting } from '../../../contract/misbehaving-server.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { until } from '../../../servers/daemon.ts';

const peers: Peer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});

/** What a peer answers to a packet, by its type; a function is given the packet. All in hex or bytes. */
type Answer = string | ((packet: Buffer) => string | Buffer);
interface Script {
  readonly connect?: Answer;
  readonly subscribe?: Answer;
  readonly publish?: Answer;
  readonly pingreq?: Answer;
}
const HEALTHY: Required<Script> = {
  connect: '20020000',
  // the packet identifier is repeated
  subscribe: (packet) => `9003${packet.subarray(2, 4).toString('hex')}01`,
  publish: '',
  pingreq: 'd000',
};
const TYPES: { readonly [type: number]: keyof Script } = {
  1: 'connect',
  8: 'subscribe',
  3: 'publish',
  12: 'pingreq',
};

/** A peer written from the specification: it answers packets shorter than 128 bytes by a script. */
async function scripted(script: Script): Promise<Peer & { readonly heard: readonly number[] }> {
  const answers = { ...HEALTHY, ...script };
  const heard: number[] = [];
  const peer = await listen((socket: Socket) => {
    let unread = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      unread = Buffer.concat([unread, chunk]);
      while (unread.length >= 2 && unread.length >= 2 + (unread[1] ?? 0)) {
        const packet = unread.subarray(0, 2 + (unread[1] ?? 0));
        unread = unread.subarray(packet.length);
        const answer = answers[TYPES[(packet[0] ?? 0) >> 4] ?? 'publish'];
        heard.push((packet[0] ?? 0) >> 4);
        if (heard.at(-1) === 14) return;
        const said = typeof answer === 'string' ? answer : answer(packet);
        socket.write(typeof said === 'string' ? Buffer.from(said, 'hex') : said);
      }
    });
  });
  peers.push(peer);
  return { ...peer, heard };
}

async function probe(script: Script, entry: Entry = {}): Promise<Result> {
  const { port, open } = await scripted(script);
  const result = await probeTarget(mqtt, `mqtt://127.0.0.1:${String(port)}`, { timeout_ms: 500, ...entry });
  await until('the connection to be closed', () => open() === 0);
  return result;
}
const verdict = ({ status, reason }: Result) => [status, reason?.code ?? null, reason?.phase ?? null];
const V5 = { options: { version: 5 } } as const;
const hex = (text: string) => Buffer.from(text).toString('hex');

describe('what CONNACK says', () => {
  test.each([
    ['20020001', 'protocol', 'protocol', 'unsupported protocol version'],
    ['20020002', 'status', 'protocol', 'client identifier not valid'],
    ['20020003', 'overloaded', 'protocol', 'server unavailable'],
    ['20020004', 'auth', 'auth', 'bad user name or password'],
    ['20020005', 'auth', 'auth', 'not authorized'],
    ['20020042', 'status', 'protocol', 'code 66'],
  ])('MQTT 3.1.1: %s is %s in the phase %s', async (connect, code, phase, words) => {
    const result = await probe({ connect });
    expect(verdict(result)).toEqual(['down', code, phase]);
    expect(result.reason?.text).toContain(`refuses the connection: ${words}`);
    expect(result.facts['connack']).toBe(words.replaceAll(' ', '_'));
  });

  test.each([
    ['80', 'status', 'unspecified error'],
    ['81', 'protocol', 'malformed packet'],
    ['82', 'protocol', 'protocol error'],
    ['83', 'status', 'implementation specific error'],
    ['84', 'protocol', 'unsupported protocol version'],
    ['85', 'status', 'client identifier not valid'],
    ['86', 'auth', 'bad user name or password'],
    ['87', 'auth', 'not authorized'],
    ['88', 'overloaded', 'server unavailable'],
    ['89', 'overloaded', 'server busy'],
    ['8a', 'auth', 'banned'],
    ['8c', 'auth', 'bad authentication method'],
    ['95', 'status', 'packet too large'],
    ['97', 'overloaded', 'quota exceeded'],
    ['9c', 'status', 'use another server'],
    ['9d', 'status', 'server moved'],
    ['9f', 'overloaded', 'connection rate exceeded'],
    ['ee', 'status', 'code 238'],
  ])('MQTT 5: 0x%s is %s', async (connack, code, words) => {
    const result = await probe({ connect: `200300${connack}00` }, V5);
    expect(verdict(result)).toEqual(['down', code, code === 'auth' ? 'auth' : 'protocol']);
    expect(result.reason?.text).toContain(words);
  });

  test('the server’s own words are told, and where it sends us', async () => {
    const said = hex('too many, \u001b[31msorry');
    const length = said.length / 2;
    const busy = `20${(6 + length).toString(16)}0089${(3 + length).toString(16)}1f00${length.toString(16)}${said}`;
    const result = await probe(
      { connect: busy.replace(/^20../, `20${(6 + length).toString(16).padStart(2, '0')}`) },
      V5,
    );
    expect(result.reason?.text).toContain('server busy (too many, [31msorry)');
    const elsewhere = await probe({ connect: `2009009c061c0003${hex('b:1')}` }, V5);
    expect(elsewhere.reason?.text).toContain('use another server (b:1)');
  });

  test('a server that knows no MQTT 5 says so in the old way', async () => {
    const result = await probe({ connect: '20020001' }, V5);
    expect(verdict(result)).toEqual(['down', 'protocol', 'protocol']);
    expect(result.reason?.text).toContain('unsupported protocol version');
  });

  test('one that hangs up on MQTT 5 may not know it, and the text says so', async () => {
    const peer = await listen((socket) => socket.once('data', () => socket.end()));
    peers.push(peer);
    const probeAs = (entry: Entry) => probeTarget(mqtt, `mqtt://127.0.0.1:${String(peer.port)}`, entry);
    const five = await probeAs(V5);
    expect(verdict(five)).toEqual(['down', 'closed', 'protocol']);
    expect(five.reason?.text).toContain('a broker that knows no MQTT 5 may do so');
    expect((await probeAs({})).reason?.text).not.toContain('MQTT 5');
  });

  test('every property there is may be in it', async () => {
    const properties = [
      '1100000010', // session expiry
      '210014', // receive maximum
      '2401', // maximum QoS
      '2500', // retain available
      '2700010000', // maximum packet size
      `120003${hex('abc')}`, // assigned client id
      '22000a', // topic alias maximum
      `1f0002${hex('ok')}`, // reason string
      `260001${hex('k')}0001${hex('v')}`, // user property
      `260001${hex('k')}0001${hex('w')}`,
      '280129012a01', // wildcards, subscription identifiers, shared subscriptions
      '13003c', // server keep alive
      `1a0001${hex('i')}1c0001${hex('s')}150001${hex('m')}160001ff`,
    ].join('');
    const length = properties.length / 2;
    const connect = `20${(length + 3).toString(16)}0000${length.toString(16)}${properties}`;
    const { status, reasons, facts } = await probe({ connect }, V5);
    expect(status, JSON.stringify(reasons)).toBe('up');
    expect(facts).toMatchObject({
      max_qos: 1,
      retain_available: false,
      max_packet_bytes: 65_536,
      assigned_client_id: 'abc',
    });
  });

  test('a session that is still there is a fact', async () => {
    const result = await probe({ connect: '20020100' }, { expect: { session_present: false } });
    expect(verdict(result)).toEqual(['down', 'assertion', 'expect']);
  });

  test.each([
    ['flags that are none', '20020200', {}],
    ['no code', '200100', {}],
    ['a property that is none', '200500000299ff', V5],
    ['properties longer than the packet', '200400007f00', V5],
    ['a text longer than the properties', '200700000412ffff61', V5],
    ['a length without an end', '20ffffffff00', {}],
    ['another packet first', 'd000', {}],
    ['a packet that only clients send', '1000', {}],
    ['a greeting', hex('220 mail.example.org ESMTP\r\n'), {}],
  ])('%s: protocol, at once', async (_what, connect, entry) => {
    const result = await probe({ connect }, entry);
    expect(verdict(result)).toEqual(['down', 'protocol', 'protocol']);
    expect(result.duration_ms).toBeLessThan(400);
  });

  test('a packet larger than is read: too_large', async () => {
    expect(verdict(await probe({ connect: '20ffffff7f0000' }))).toEqual(['down', 'too_large', 'protocol']);
  });
});

describe('after CONNACK', () => {
  test('PINGREQ that is not answered: timeout, with the facts so far', async () => {
    const result = await probe({ pingreq: '' }, { timeout_ms: 200 });
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol']);
    expect(result.facts).toMatchObject({ connack: 'accepted', version: '3.1.1' });
  });

  test.each([
    ['e0028b00', 'status', 'ended the session: server shutting down'],
    ['e0018e', 'status', 'ended the session: session taken over'],
    ['e00197', 'overloaded', 'ended the session: quota exceeded'],
    ['e000', 'status', 'ended the session: unspecified error'],
  ])('a server that ends the session with %s: %s', async (pingreq, code, words) => {
    const result = await probe({ pingreq, connect: '2003000000' }, V5);
    expect(verdict(result)).toEqual(['down', code, 'protocol']);
    expect(result.reason?.text).toContain(words);
  });

  test('an answer to something else', async () => {
    expect(verdict(await probe({ pingreq: '40020001' }))).toEqual(['down', 'protocol', 'protocol']);
  });

  test.each([
    ['3.1.1', { topic: 'a' }, '9003000180', 'auth', 'failure'],
    ['5, not authorized', { topic: 'a', version: 5 }, '900400010087', 'auth', 'not authorized'],
    ['5, a quota', { topic: 'a', version: 5 }, '900400010097', 'overloaded', 'quota exceeded'],
    ['5, the filter', { topic: 'a', version: 5 }, '90040001008f', 'status', 'topic filter invalid'],
  ])('a subscription that is refused, MQTT %s', async (_what, options, subscribe, code, words) => {
    const connect = 'version' in options ? '2003000000' : '20020000';
    const result = await probe({ connect, subscribe }, { options });
    expect(verdict(result)).toEqual(['down', code, code === 'auth' ? 'auth' : 'protocol']);
    expect(result.reason?.text).toContain(`refuses the subscription to "a": ${words}`);
  });

  test('it takes its leave, also of a broker that refused something', async () => {
    for (const subscribe of [HEALTHY.subscribe, '9003000180']) {
      const { port, open, heard } = await scripted({ subscribe });
      const options = { topic: 'a', wait: '20ms' };
      await probeTarget(mqtt, `mqtt://127.0.0.1:${String(port)}`, { options });
      await until('the connection to be closed', () => open() === 0);
      expect(heard).toEqual([1, 12, 8, 14]);
    }
  });

  test('a message may come before the subscription is confirmed, and with QoS 1', async () => {
    const confirmed: Buffer[] = [];
    const message = `33070001${hex('a')}0009${hex('x')}`.replace('3307', '3306');
    const script: Script = {
      subscribe: (packet) => `${message}9003${packet.subarray(2, 4).toString('hex')}01`,
      publish: (packet) => {
        confirmed.push(packet);
        return '';
      },
    };
    const { status, facts } = await probe(script, { options: { topic: 'a' } });
    expect(status).toBe('up');
    expect(facts).toMatchObject({ payload: 'x', retained: true });
    await until('the confirmation', () => confirmed.length > 0);
    expect(confirmed[0]?.toString('hex')).toBe('40020009');
  });

  test('a round trip in segments of one byte, among messages of others', async () => {
    const echo = (packet: Buffer) => {
      const [topicLength, rest] = [packet.readUInt16BE(2), packet.subarray(4)];
      const id = rest.subarray(topicLength, topicLength + 2);
      const payload = rest.subarray(topicLength + 3);
      const back = Buffer.concat([packet.subarray(2, 4 + topicLength), Buffer.from([0]), payload]);
      const foreign = Buffer.from('3005000161007a', 'hex');
      return Buffer.concat([foreign, Buffer.from([0x30, back.length]), back, Buffer.from([0x40, 2]), id]);
    };
    const script: Script = {
      connect: '2003000000',
      subscribe: (packet) => `9004${packet.subarray(2, 4).toString('hex')}0001`,
      publish: (packet) => ((packet[0] ?? 0) >> 4 === 3 ? echo(packet) : ''),
    };
    const proxy = await splitting((await scripted(script)).port);
    peers.push(proxy);
    const options = { version: 5, roundtrip: { topic: 'a' } };
    const result = await probeTarget(mqtt, `mqtt://127.0.0.1:${String(proxy.port)}`, { options });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['roundtrip_ms']).toBeTypeOf('number');
  });

  test('endless messages of others do not keep it longer than its timeout', async () => {
    const flood = Buffer.from('3005000161007a'.repeat(2000), 'hex');
    const script: Script = {
      connect: '2003000000',
      subscribe: (packet) => `9004${packet.subarray(2, 4).toString('hex')}0001`,
      publish: (packet) =>
        (packet[0] ?? 0) >> 4 === 3 ? Buffer.concat([flood, Buffer.from('40020003', 'hex')]) : '',
    };
    const result = await probe(script, {
      options: { version: 5, roundtrip: { topic: 'a' } },
      timeout_ms: 400,
    });
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol']);
  });
});
