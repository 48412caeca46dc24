import { afterEach, describe, expect, test } from 'vitest';
import type { Entry } from '../../../contract/probe-target.ts';
import { dns } from '../../../../lib/probe/probers/dns.ts';
import { closedPort } from '../../../contract/misbehaving-server.ts';
import { probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import {
  AA,
  NXDOMAIN,
  RA,
  type Respond,
  SERVFAIL,
  TC,
  a,
  cname,
  framed,
  healthy,
  replyTo,
  tcpServer,
  udpServer,
} from './peers.ts';
import { createServer } from 'node:net';
import { once } from 'node:events';

proberContract({
  prober: dns,
  target: (port) => `dns+tcp://127.0.0.1:${String(port)}/example.org`,
  tlsTarget: (port) => `dns+tls://127.0.0.1:${String(port)}/example.org`,
  healthy: () => tcpServer(healthy),
});

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function probeUdp(respond: Respond, entry: Entry = {}, question = 'example.org') {
  const server = await udpServer(respond);
  closers.push(() => server.close());
  const began = performance.now();
  const result = await probeTarget(dns, `dns://127.0.0.1:${String(server.port)}/${question}`, {
    timeout_ms: 500,
    ...entry,
  });
  return { result, took_ms: performance.now() - began, received: server.received() };
}

describe('dns over UDP', () => {
  test('an answer is up, with its facts, after one datagram', async () => {
    const { result, received } = await probeUdp((query) => [
      replyTo(query, {
        flags: AA | RA,
        answers: [a('example.org', '192.0.2.7', 60), a('example.org', '192.0.2.1')],
        additionals: [a('ns1.example.org', '192.0.2.53')],
      }),
    ]);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(received).toBe(1);
    expect(result.facts).toMatchObject({
      rcode: 'NOERROR',
      answers: ['192.0.2.1', '192.0.2.7'],
      additional: ['192.0.2.53'],
      authority: [],
      cnames: [],
      nodata: false,
      ttl_min: 60,
      flags: ['aa', 'rd', 'ra'],
      transport: 'udp',
    });
    expect([result.address, result.family]).toEqual(['127.0.0.1', 4]);
    expect(result.timings.first_byte_ms).not.toBeNull();
  });

  test('a server that says nothing is a timeout, not unknown, after its one question', async () => {
    const { result, received } = await probeUdp(() => []);
    expect([result.status, result.reason?.code, result.reason?.phase]).toEqual([
      'down',
      'timeout',
      'protocol',
    ]);
    expect(received).toBe(1);
  });

  test('a port that nobody listens on is refused, at once', async () => {
    const began = performance.now();
    const result = await probeTarget(dns, `dns://127.0.0.1:${String(await closedPort())}/example.org`);
    expect([result.status, result.reason?.code, result.reason?.phase]).toEqual([
      'down',
      'refused',
      'connect',
    ]);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  test('an answer in other letters is an answer: case means nothing in names', async () => {
    const { result } = await probeUdp((query) => [
      replyTo(query, {
        questions: [{ name: 'ExAmPlE.oRg', type: 'A', class: 'IN' }],
        answers: [a('EXAMPLE.org', '192.0.2.1')],
      }),
    ]);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test('a forged answer before the right one is passed over', async () => {
    const { result } = await probeUdp((query) => [
      replyTo(
        { ...query, id: ((query.id ?? 0) + 1) & 0xffff },
        { answers: [a('example.org', '203.0.113.66')] },
      ),
      replyTo(query, {
        questions: [{ name: 'evil.example', type: 'A', class: 'IN' }],
        answers: [a('evil.example', '203.0.113.66')],
      }),
      replyTo(query, { answers: [a('example.org', '192.0.2.1')] }),
    ]);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['answers']).toEqual(['192.0.2.1']);
  });

  test.each([
    ['another id', (query) => [replyTo({ ...query, id: ((query.id ?? 0) + 1) & 0xffff })], 'its id is not'],
    [
      'another question',
      (query) => [replyTo(query, { questions: [{ name: 'evil.example', type: 'A', class: 'IN' }] })],
      'it answers for evil.example A, expected example.org A',
    ],
  ] satisfies [string, Respond, string][])(
    'answers with %s alone are named at the end',
    async (_, respond, text) => {
      const { result } = await probeUdp(respond);
      expect([result.status, result.reason?.code]).toEqual(['down', 'protocol']);
      expect(result.reason?.text).toContain(text);
    },
  );

  test.each([
    ['an echo of the question', (_, bytes) => [bytes]],
    ['text', () => [Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n')]],
    ['one byte', () => [Buffer.from('x')]],
    [
      'a header alone that promises more',
      (query) => [replyTo(query, { answers: [a('x', '192.0.2.1')] }).subarray(0, 30)],
    ],
    [
      'no question',
      (query) => [replyTo({ ...query, questions: [] }, { answers: [a('example.org', '192.0.2.1')] })],
    ],
  ] satisfies [string, Respond][])('%s is no answer, at once', async (_, respond) => {
    const { result, took_ms } = await probeUdp(respond, { timeout_ms: 2000 });
    expect([result.status, result.reason?.code, result.reason?.phase]).toEqual([
      'down',
      'protocol',
      'protocol',
    ]);
    expect(took_ms).toBeLessThan(1500);
  });

  test('`tries` sends the question again while no answer comes', async () => {
    let count = 0;
    const { result, received } = await probeUdp(
      (query, bytes) => ((count += 1) < 3 ? [] : healthy(query, bytes)),
      {
        options: { tries: 3 },
        timeout_ms: 900,
      },
    );
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(received).toBe(3);
    const silent = await probeUdp(() => [], { options: { tries: 2 }, timeout_ms: 300 });
    expect([silent.result.reason?.code, silent.received]).toEqual(['timeout', 2]);
  });

  test('a flood of answers to something else ends at the deadline', async () => {
    const { result, took_ms } = await probeUdp((query) =>
      Array.from({ length: 500 }, () => replyTo({ ...query, id: ((query.id ?? 0) + 1) & 0xffff })),
    );
    expect(result.reason?.code).toBe('protocol');
    expect(took_ms).toBeLessThan(1500);
  });
});

describe('what the server says', () => {
  test.each([
    ['SERVFAIL', SERVFAIL, 'status'],
    ['REFUSED', 5, 'status'],
    ['NXDOMAIN', NXDOMAIN, 'assertion'],
  ])('%s is down, with its own name in the reason', async (rcode, flags, code) => {
    const { result } = await probeUdp((query) => [replyTo(query, { flags })]);
    expect([result.status, result.reason?.code, result.reason?.phase]).toEqual(['down', code, 'expect']);
    expect(result.reason?.text).toBe(`rcode is ${rcode}, expected NOERROR`);
    expect(result.reasons).toHaveLength(1);
    expect(result.facts).toMatchObject({ rcode, answers: [], nodata: false });
  });

  test('an error without the question is believed: the server may not have been able to read it', async () => {
    const { result } = await probeUdp((query) => [replyTo({ ...query, questions: [] }, { flags: 1 })]);
    expect(result.reason?.text).toBe('rcode is FORMERR, expected NOERROR');
  });

  test('a name without such a record is down, and not for being unknown', async () => {
    const { result } = await probeUdp((query) => [replyTo(query)], {}, 'example.org?type=MX');
    expect([result.status, result.reason?.code, result.reason?.fact]).toEqual([
      'down',
      'assertion',
      'answers',
    ]);
    expect(result.facts).toMatchObject({ rcode: 'NOERROR', nodata: true, answers: [] });
    expect(result.output).toBe('example.org has no MX record (NODATA)');
  });

  test('whoever expects NXDOMAIN, or no answer, gets an up of it', async () => {
    const gone: Respond = (query) => [replyTo(query, { flags: NXDOMAIN })];
    for (const expected of [{ rcode: 'NXDOMAIN' }, { rcode: 'NXDOMAIN', answers: { count: 0 } }]) {
      const { result } = await probeUdp(gone, { expect: expected });
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    }
    const nodata = await probeUdp((query) => [replyTo(query)], { expect: { answers: { count: 0 } } });
    expect(nodata.result.status).toBe('up');
    const other = await probeUdp((query) => [replyTo(query)], { expect: { rcode: ['NOERROR', 'NXDOMAIN'] } });
    expect(other.result.reason?.fact).toBe('answers');
    const answered = await probeUdp(healthy, { expect: { rcode: 'NXDOMAIN' } });
    expect(answered.result.status).toBe('down');
  });

  test('CNAMEs lead to the records, whatever order these come in', async () => {
    const { result } = await probeUdp((query) => [
      replyTo(query, {
        answers: [
          a('web.example.net', '192.0.2.9'),
          cname('cdn.example.org', 'web.example.net', 20),
          cname('example.org', 'cdn.example.org'),
          a('unrelated.example', '203.0.113.66'),
        ],
      }),
    ]);
    expect(result.status).toBe('up');
    expect(result.facts).toMatchObject({
      answers: ['192.0.2.9'],
      cnames: ['cdn.example.org', 'web.example.net'],
      ttl_min: 20,
    });
  });

  test('a CNAME that leads out of what the server knows is an answer', async () => {
    const { result } = await probeUdp((query) => [
      replyTo(query, { flags: AA, answers: [cname('example.org', 'cdn.example.net')] }),
    ]);
    expect([result.status, result.facts['answers']]).toEqual(['up', ['cdn.example.net']]);
  });

  test('records of another name are no answer', async () => {
    const { result } = await probeUdp((query) => [
      replyTo(query, { answers: [a('evil.example', '203.0.113.66')] }),
    ]);
    expect([result.status, result.reason?.code]).toEqual(['down', 'protocol']);
    expect(result.reason?.text).toContain('answers with evil.example A, expected example.org A');
    expect(result.facts['rcode']).toBe('NOERROR');
  });

  test('CNAMEs in a circle are down', async () => {
    const { result } = await probeUdp((query) => [
      replyTo(query, {
        answers: [cname('example.org', 'b.example.org'), cname('b.example.org', 'example.org')],
      }),
    ]);
    expect([result.status, result.reason?.code]).toEqual(['down', 'redirect']);
    expect(result.reason?.text).toContain('example.org → b.example.org → example.org');
  });

  test('a lame server is found by asking for authority', async () => {
    const lame: Respond = (query) => [replyTo(query, { answers: [a('example.org', '192.0.2.1')] })];
    expect((await probeUdp(lame)).result.status).toBe('up');
    const { result } = await probeUdp(lame, { options: { authoritative: true } });
    expect([result.status, result.reason?.fact]).toEqual(['down', 'flags']);
    expect((await probeUdp(healthy, { options: { authoritative: true } })).result.status).toBe('up');
    expect((await probeUdp(lame, { expect: { flags: 'aa' } })).result.reason?.fact).toBe('flags');
  });
});

describe('what is sent', () => {
  const seen = async (options: Entry['options'] = {}) => {
    let query: Parameters<Respond>[0] | null = null;
    await probeUdp(
      (asked, bytes) => {
        query = asked;
        return healthy(asked, bytes);
      },
      { options },
    );
    return query!;
  };

  test('plain DNS with recursion desired unless the options say otherwise', async () => {
    const query = await seen();
    expect(query.flag_rd).toBe(true);
    expect([query.flag_ad, query.flag_cd, query.additionals]).toEqual([false, false, []]);
    expect(query.questions).toEqual([{ name: 'example.org', type: 'A', class: 'IN' }]);
  });

  test('flags and EDNS as the options say', async () => {
    const query = await seen({ rd: false, ad: true, cd: true, do: true });
    expect([query.flag_rd, query.flag_ad, query.flag_cd]).toEqual([false, true, true]);
    expect(query.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1232, flag_do: true }]);
    expect((await seen({ edns: 4096 })).additionals).toMatchObject([
      { udpPayloadSize: 4096, flag_do: false },
    ]);
  });
});

describe('a truncated answer', () => {
  /** UDP and TCP on the same port. */
  async function both(udp: Respond, tcp: Respond | null) {
    const stream = tcp === null ? null : await tcpServer(tcp);
    const port = stream?.port ?? (await closedPort());
    const server = await udpServer(udp, port);
    closers.push(
      () => server.close(),
      () => stream?.close(),
    );
    const result = await probeTarget(dns, `dns://127.0.0.1:${String(port)}/example.org`, { timeout_ms: 800 });
    return { result, connections: stream?.connections() };
  }
  const cut: Respond = (query) => [replyTo(query, { flags: TC, answers: [a('example.org', '192.0.2.1')] })];

  test('is asked for again over TCP, once', async () => {
    const { result, connections } = await both(cut, healthy);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ transport: 'tcp', answers: ['192.0.2.1'], flags: ['aa', 'rd'] });
    expect(connections).toBe(1);
  });

  test('may end in the middle of a record', async () => {
    const { result } = await both((query) => [cut(query, Buffer.alloc(0))[0]!.subarray(0, -5)], healthy);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test('is down when TCP is closed, or cut short too', async () => {
    const closed = await both(cut, null);
    expect(closed.result.reason).toMatchObject({ code: 'refused', phase: 'connect' });
    expect(closed.result.reason?.text).toContain('refused the connection over TCP, after an answer over UDP');
    expect((await both(cut, cut)).result.reason).toMatchObject({ code: 'truncated', phase: 'protocol' });
  });
});

describe('over TCP', () => {
  test('a message of 65 535 bytes is read', async () => {
    const server = await tcpServer((query) => [
      replyTo(query, {
        answers: Array.from({ length: 1500 }, (_, index) =>
          a('example.org', `10.0.${String(index >> 8)}.${String(index & 255)}`),
        ),
      }),
    ]);
    closers.push(() => server.close());
    const result = await probeTarget(dns, `dns+tcp://127.0.0.1:${String(server.port)}/example.org`, {
      expect: { answers: { count: 1500 } },
    });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test('another id is no answer, at once', async () => {
    const server = createServer((socket) => {
      socket.once('data', (bytes: Buffer) => {
        const answer = Buffer.from(bytes.subarray(2));
        answer.writeUInt16BE((answer.readUInt16BE(0) + 1) & 0xffff, 0);
        answer[2] = 0x80;
        socket.write(framed(answer));
      });
      socket.on('error', () => undefined);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const { port } = server.address() as { port: number };
    const began = performance.now();
    const result = await probeTarget(dns, `dns+tcp://127.0.0.1:${String(port)}/example.org`);
    expect(result.reason).toMatchObject({ code: 'protocol', phase: 'protocol' });
    expect(performance.now() - began).toBeLessThan(1500);
  });
});

describe('several servers', () => {
  async function agree(others: readonly Respond[], options: Entry['options'] = {}, question = 'example.org') {
    const servers = await Promise.all(others.map((respond) => udpServer(respond)));
    closers.push(...servers.map((server) => () => server.close()));
    const names = servers.map(({ port }) => `127.0.0.1:${String(port)}`);
    return { names, ...(await probeUdp(soa(7), { options: { servers: names, ...options } }, question)) };
  }
  const soa =
    (serial: number, address = '192.0.2.1'): Respond =>
    (query) => {
      const name = query.questions?.[0]?.name ?? '.';
      const data = { mname: 'ns1.example.org', rname: 'root.example.org', serial };
      const record = { type: 'SOA', name, ttl: 300, data, class: 'IN' } as const;
      const asked = query.questions?.[0]?.type;
      return [replyTo(query, { flags: AA, answers: [asked === 'SOA' ? record : a(name, address)] })];
    };

  test('that say the same are up', async () => {
    const { result } = await agree([soa(7), soa(7)]);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['differing']).toEqual([]);
  });

  test('that differ are down, each named with how', async () => {
    const { result, names } = await agree([soa(7), soa(7, '203.0.113.9')]);
    expect([result.status, result.reason?.code]).toEqual(['down', 'mismatch']);
    expect(result.facts['differing']).toEqual([`${names[1] ?? ''} has 203.0.113.9, not 192.0.2.1`]);
  });

  test('with a stale serial are down, but for the skew that is allowed', async () => {
    const stale = await agree([soa(5)], {}, 'example.org?type=SOA');
    expect([stale.result.status, stale.result.reason?.code]).toEqual(['down', 'mismatch']);
    expect(stale.result.reason?.text).toContain('has serial 5, not 7');
    expect(stale.result.facts).toMatchObject({ serial: 7, serials: [7, 5] });
    const allowed = await agree([soa(5)], { max_skew: 2 }, 'example.org?type=SOA');
    expect(allowed.result.status, JSON.stringify(allowed.result.reasons)).toBe('up');
  });

  test('of which one is silent are down, with what the others say', async () => {
    const { result } = await agree([() => [], soa(7)]);
    expect([result.status, result.reason?.code]).toEqual(['down', 'timeout']);
    expect(result.facts).toMatchObject({ answers: ['192.0.2.1'], differing: [] });
  });

  test('with another rcode, or without authority, do not agree', async () => {
    const gone = await agree([(query) => [replyTo(query, { flags: NXDOMAIN })]]);
    expect(gone.result.reason?.text).toContain('says NXDOMAIN, not NOERROR');
    const lame = await agree([(query) => [replyTo(query, { answers: [a('example.org', '192.0.2.1')] })]], {
      authoritative: true,
    });
    expect(lame.result.reason?.text).toContain('does not answer of its own authority');
  });
});
