import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { amqp } from '../../../../lib/probe/probers/amqp.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { until } from '../../../servers/daemon.ts';

const peers: Peer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});

const short = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const long = (body: Buffer) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
};
const number = (value: number) => Buffer.from([value >> 8, value & 0xff]);
function frame(type: number, channel: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type]), number(channel), long(payload), Buffer.from([0xce])]);
}
const method = (channel: number, classId: number, id: number, ...fields: Buffer[]) =>
  frame(1, channel, Buffer.concat([number(classId), number(id), ...fields]));
const close = (channel: number, code: number, text: string) =>
  method(
    channel,
    channel === 0 ? 10 : 20,
    channel === 0 ? 50 : 40,
    number(code),
    short(text),
    number(0),
    number(0),
  );
const field = (name: string, type: string, value: Buffer) =>
  Buffer.concat([short(name), Buffer.from(type), value]);
const text = (value: string) => long(Buffer.from(value));

const CAPABILITIES = field('capabilities', 'F', long(field('connection.blocked', 't', Buffer.from([1]))));
function start(
  mechanisms = 'PLAIN',
  table = Buffer.concat([field('product', 'S', text('Peer')), CAPABILITIES]),
) {
  return method(0, 10, 10, Buffer.from([0, 9]), long(table), text(mechanisms), text('en_US'));
}
const TUNE = method(0, 10, 30, Buffer.from([0, 0, 0, 0, 0, 0, 0, 0]));
const OPEN_OK = method(0, 10, 41, short(''));
const CHANNEL_OK = (channel: number) => method(channel, 20, 11, long(Buffer.alloc(0)));

/** What a peer answers to the header and to each method, `10.11` (the first frame of a message is `header`). */
type Script = { readonly [asked: string]: Buffer };
const HEALTHY: Script = {
  AMQP: start(),
  '10.11': TUNE,
  '10.40': OPEN_OK,
  '20.10': CHANNEL_OK(2),
  '20.40': method(2, 20, 41),
  '10.50': method(0, 10, 51),
};

/** A peer written from the specification: it answers by a script, and writes down what it was asked. */
async function scripted(
  script: Script,
): Promise<Peer & { readonly asked: string[]; readonly said: Buffer[] }> {
  const answers = { ...HEALTHY, ...script };
  const asked: string[] = [];
  const said: Buffer[] = [];
  const peer = await listen((socket: Socket) => {
    let unread = Buffer.alloc(0);
    const answer = (what: string) => {
      asked.push(what);
      const bytes = answers[what];
      if (bytes !== undefined) socket.write(bytes);
    };
    socket.on('data', (chunk: Buffer) => {
      said.push(chunk);
      unread = Buffer.concat([unread, chunk]);
      if (!asked.includes('AMQP')) {
        unread = unread.subarray(8);
        answer('AMQP');
      }
      while (unread.length >= 7 && unread.length >= 8 + unread.readUInt32BE(3)) {
        const [type, payload] = [unread[0], unread.subarray(7, 7 + unread.readUInt32BE(3))];
        unread = unread.subarray(8 + payload.length);
        answer(
          type === 1
            ? `${payload.readUInt16BE(0)}.${payload.readUInt16BE(2)}`
            : type === 2
              ? 'header'
              : 'body',
        );
      }
    });
  });
  peers.push(peer);
  return { ...peer, asked, said };
}

async function probe(script: Script, entry: Entry = {}, userinfo = 'u:pw@') {
  const peer = await scripted(script);
  const target = `amqp://${userinfo}127.0.0.1:${String(peer.port)}`;
  const result = await probeTarget(amqp, target, { timeout_ms: 500, ...entry });
  await until('the connection to be closed', () => peer.open() === 0);
  return { result, asked: peer.asked, said: Buffer.concat(peer.said).toString('latin1') };
}
const verdict = ({ status, reason }: Result) => [status, reason?.code ?? null, reason?.phase ?? null];

describe('before the login', () => {
  test('a healthy peer', async () => {
    const { result, asked, said } = await probe({});
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ product: 'Peer', blocked: false, login: true });
    expect(asked).toEqual(['AMQP', '10.11', '10.31', '10.40', '20.10', '60.40', 'header', '20.40', '10.50']);
    expect(said).toContain('\0u\0pw');
  });

  test('a broker for AMQP 1.0 says so', async () => {
    const { result } = await probe({ AMQP: Buffer.from('AMQP\0\x01\0\0', 'latin1') });
    expect(verdict(result)).toEqual(['down', 'protocol', 'protocol']);
    expect(result.reason?.text).toContain('speaks AMQP 1.0.0, not AMQP 0-9-1');
  });

  test('properties of every type are read over', async () => {
    const sizes = { b: 1, B: 1, s: 2, u: 2, I: 4, i: 4, l: 8, L: 8, f: 4, d: 8, D: 5, T: 8, V: 0 };
    const fields = Object.entries(sizes).map(([type, size]) =>
      field(`x${type}`, type, Buffer.alloc(size, 7)),
    );
    const nested = ['A', 'F', 'x'].map((type) => field(`n${type}`, type, long(Buffer.alloc(300, 0x46))));
    const table = Buffer.concat([...fields, ...nested, field('version', 'S', text('1.\u001b[31m2'))]);
    const { result } = await probe({ AMQP: start('PLAIN', table) });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['version']).toBe('1. [31m2');
    // it does not say that it tells of alarms, so nothing is published
    expect(result.facts).not.toHaveProperty('blocked');
  });

  test.each([
    [
      'a table longer than the frame',
      start('PLAIN', Buffer.concat([short('a'), Buffer.from('S'), Buffer.from([0x7f, 0, 0, 0])])),
    ],
    ['a type that is none', start('PLAIN', field('a', 'Z', Buffer.alloc(4)))],
    [
      'capabilities that are no table',
      start('PLAIN', field('capabilities', 'F', long(Buffer.from('nonsense')))),
    ],
    ['a frame without its end', Buffer.concat([start().subarray(0, -1), Buffer.from([0])])],
    ['a method that nobody knows', method(0, 99, 1)],
    ['a method at the wrong time', OPEN_OK],
    ['a frame of a body', frame(3, 0, Buffer.from('x'))],
    ['an empty method', frame(1, 0, Buffer.alloc(0))],
  ])('%s: protocol, at once', async (_what, AMQP) => {
    const { result } = await probe({ AMQP });
    expect(verdict(result)).toEqual(['down', 'protocol', 'protocol']);
    expect(result.duration_ms).toBeLessThan(400);
  });

  test('a frame larger than agreed: too_large', async () => {
    const { result } = await probe({ AMQP: Buffer.from([1, 0, 0, 0x7f, 0, 0, 0]) });
    expect(verdict(result)).toEqual(['down', 'too_large', 'protocol']);
  });

  test('mechanisms: PLAIN, else AMQPLAIN, without a user ANONYMOUS; none in common is auth', async () => {
    const amqplain = await probe({ AMQP: start('AMQPLAIN SCRAM') });
    expect(amqplain.result.status).toBe('up');
    expect(amqplain.said).toContain('\x05LOGINS\0\0\0\x01u\x08PASSWORDS\0\0\0\x02pw');
    const anonymous = await probe({ AMQP: start('PLAIN ANONYMOUS') }, {}, '');
    expect(anonymous.result.status).toBe('up');
    expect(anonymous.result.facts).toMatchObject({ login: true });
    const none = await probe({ AMQP: start('GSSAPI') });
    expect(verdict(none.result)).toEqual(['down', 'auth', 'auth']);
    expect(none.result.reason?.text).toContain('offers GSSAPI to log in, expected one of PLAIN, AMQPLAIN');
    expect(none.said).not.toContain('pw');
  });
});

describe('what a close says', () => {
  test.each([
    ['10.11', 403, 'ACCESS_REFUSED - Login was refused', 'auth', 'refuses the login'],
    ['10.40', 530, 'NOT_ALLOWED - vhost / not found', 'status', 'refuses the virtual host "/"'],
    [
      '10.40',
      530,
      "NOT_ALLOWED - access to vhost '/' refused for user 'u'",
      'auth',
      'refuses the virtual host "/"',
    ],
    [
      '10.40',
      530,
      "NOT_ALLOWED - access to vhost '/' refused for user 'u': connection limit (1) is reached",
      'overloaded',
      '',
    ],
    ['10.40', 530, 'NOT_ALLOWED - node connection limit (1) is reached', 'overloaded', ''],
    [
      '10.40',
      541,
      "INTERNAL_ERROR - access to vhost '/' refused for user 'u': vhost '/' is down",
      'status',
      '',
    ],
    [
      '20.10',
      320,
      "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'",
      'status',
      '',
    ],
    ['20.10', 506, 'RESOURCE_ERROR', 'overloaded', 'refuses a channel'],
    ['20.10', 505, 'UNEXPECTED_FRAME', 'protocol', ''],
  ])('to %s: %d %s is %s', async (asked, code, words, expected, what) => {
    const { result, asked: heard } = await probe({ [asked]: close(0, code, words) });
    expect(verdict(result)).toEqual(['down', expected, expected === 'auth' ? 'auth' : 'protocol']);
    expect(result.reason?.text).toContain(`${what}: ${String(code)} ${words}`.replace(/^: /, ''));
    expect(heard).toContain('10.51');
  });
});

describe('after the login', () => {
  test('heartbeats and notices in between are no answers', async () => {
    const notices = [frame(8, 0, Buffer.alloc(0)), method(0, 10, 60, short('x')), method(0, 10, 61)];
    const { result } = await probe({ '20.10': Buffer.concat([...notices, CHANNEL_OK(2)]) });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test('blocked: its word for why, made safe', async () => {
    const { result } = await probe({
      header: method(0, 10, 60, short('low on \u001bmemory')),
      '20.40': Buffer.alloc(0),
    });
    expect(result.reason).toMatchObject({ code: 'overloaded', fact: 'blocked' });
    expect(result.facts).toMatchObject({ blocked: true, blocked_by: 'low on memory' });
    expect(result.duration_ms).toBeLessThan(400);
  });

  test('one who may not publish there is not blocked', async () => {
    const { result, asked } = await probe({ header: close(2, 403, 'ACCESS_REFUSED') });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(asked).toContain('20.41');
  });

  test('a broker that is silent after the login: timeout, with the facts so far', async () => {
    const { result } = await probe({ '20.10': Buffer.alloc(0) }, { timeout_ms: 200 });
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol']);
    expect(result.facts).toMatchObject({ product: 'Peer', login: true });
  });

  test('one that does not say goodbye is up all the same', async () => {
    const { result } = await probe({ '10.50': Buffer.alloc(0) }, { timeout_ms: 3000 });
    expect(result.status).toBe('up');
    expect(result.duration_ms).toBeLessThan(1500);
  });

  const queued = (content: Buffer): Script => ({
    '20.10': CHANNEL_OK(1),
    '50.10': method(1, 50, 11, short('amq.gen-1'), Buffer.alloc(8)),
    '60.20': method(1, 60, 21, short('puptime')),
    body: Buffer.concat([
      method(1, 60, 60, short('puptime'), Buffer.alloc(9), short(''), short('amq.gen-1')),
      content,
    ]),
  });
  const header = (length: number) =>
    frame(
      2,
      1,
      Buffer.concat([
        number(60),
        number(0),
        Buffer.alloc(4),
        long(Buffer.alloc(0)).fill(length, 3),
        number(0),
      ]),
    );

  test.each([
    ['another message', Buffer.concat([header(32), frame(3, 1, Buffer.alloc(32, 'x'))]), 'another message'],
    ['a longer one', header(200), 'expected a message of 32 bytes'],
    ['no body', Buffer.concat([header(32), method(0, 10, 61)]), 'expected the body'],
    ['a message that nobody takes', method(1, 60, 50), 'expected'],
  ])('a round trip that brings back %s: protocol', async (_what, content, words) => {
    const { result } = await probe(queued(content), { options: { roundtrip: true, alarms: false } });
    expect(verdict(result)).toEqual(['down', 'protocol', 'protocol']);
    expect(result.reason?.text).toContain(words);
  });
});

describe('targets and options', () => {
  test.each([
    ['amqp://u@h', {}, 'a login needs both'],
    ['amqp://h', { queue: 'x'.repeat(256) }, 'more than 255 bytes'],
    [`amqp://h/${'x'.repeat(256)}`, {}, 'more than 255 bytes'],
  ])('%s with %j is refused', async (target, options, words) => {
    await expect(probeTarget(amqp, target, { options })).rejects.toThrow(words);
  });
});
