import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { mqtt } from '../../../../lib/probe/probers/mqtt.ts';
import { type Entry, type TestWorld, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith } from '../../../servers/daemon.ts';
import {
  MOSQUITTO_PROGRAMS,
  type Mosquitto,
  type MosquittoStart,
  startMosquitto,
} from '../../../servers/mosquitto.ts';

const started: Mosquitto[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
});
async function start(settings: MosquittoStart = {}): Promise<Mosquitto> {
  const server = await startMosquitto(settings);
  started.push(server);
  return server;
}

const probe = (port: number, userinfo = '', entry: Entry = {}) =>
  probeTarget(mqtt, `mqtt://${userinfo}127.0.0.1:${String(port)}`, entry);
const verdict = ({ status, reason }: Result) => [
  status,
  reason?.code ?? null,
  reason?.phase ?? null,
  reason?.fact ?? null,
];
const UP = ['up', null, null, null];
/** both versions, as options */
const VERSIONS = [['3.1.1', {}] as const, ['5', { version: 5 }] as const];

describeWith(MOSQUITTO_PROGRAMS, 'a real mosquitto under the contract', () => {
  proberContract({
    prober: mqtt,
    target: (port) => `mqtt://127.0.0.1:${String(port)}`,
    tlsTarget: (port) => `mqtts://127.0.0.1:${String(port)}`,
    healthy: () => startMosquitto(),
  });
});

describeWith([...MOSQUITTO_PROGRAMS, 'openssl'], 'a real mosquitto over TLS', () => {
  tlsContract({
    prober: mqtt,
    name: 'mqtts',
    target: (port) => `mqtts://localhost:${String(port)}`,
    start: ({ cert, key }) => startMosquitto({ settings: [`certfile ${cert}`, `keyfile ${key}`] }),
  });

  test('one that wants a client certificate: missing, then shown', async () => {
    const { valid, ca, client } = testCertificates();
    const settings = [`certfile ${valid.cert}`, `keyfile ${valid.key}`, `cafile ${ca}`];
    const { port } = await start({ settings: [...settings, 'require_certificate true'] });
    const with_ = (tls: object) =>
      probeTarget(mqtt, `mqtts://localhost:${String(port)}`, { service: { tls: { ca, ...tls }, ip: '4' } });
    expect(verdict(await with_({}))).toEqual(['down', 'tls_handshake', 'tls', null]);
    const { status, reasons } = await with_({ cert: client.cert, key: client.key });
    expect(status, JSON.stringify(reasons)).toBe('up');
  });
});

describeWith(MOSQUITTO_PROGRAMS, 'a real mosquitto that is open to all', () => {
  let server: Mosquitto;
  beforeAll(async () => (server = await startMosquitto()));
  afterAll(() => server.stop());

  test.each(VERSIONS)('healthy, MQTT %s: its facts', async (version, options) => {
    const { status, reasons, facts } = await probe(server.port, '', { options });
    expect(status, JSON.stringify(reasons)).toBe('up');
    expect(facts).toMatchObject({ connack: 'accepted', version, session_present: false });
    expect(facts['max_qos']).toBe(version === '5' ? 2 : undefined);
    expect(facts['retain_available']).toBe(version === '5' ? true : undefined);
  });

  test('with an empty client id, MQTT 5 tells the one that the broker chose', async () => {
    const { status, facts } = await probe(server.port, '', { options: { version: 5, client_id: '' } });
    expect(status).toBe('up');
    expect(facts['assigned_client_id']).toMatch(/\w{10}/);
    expect((await probe(server.port, '', { options: { client_id: '' } })).status).toBe('up');
  });

  test.each(VERSIONS)('a round trip, MQTT %s: how long it took', async (_version, options) => {
    await server.publish('-t', 'puptime/used', '-r', '-m', 'somebody else’s message');
    const { status, reasons, facts } = await probe(server.port, '', {
      options: { ...options, roundtrip: { topic: 'puptime/used' } },
    });
    expect(status, JSON.stringify(reasons)).toBe('up');
    expect(facts['roundtrip_ms']).toBeGreaterThan(0);
    expect(facts['roundtrip_ms']).toBeLessThan(2000);
  });

  test.each(VERSIONS)('a retained message, MQTT %s: it can be expected on', async (_version, options) => {
    await server.publish('-t', 'sensor/one', '-r', '-q', '1', '-m', '{"celsius": 21.5}');
    const entry = {
      options: { ...options, topic: 'sensor/one' },
      expect: { json: { '$.celsius': '< 30' }, payload: { contains: 'celsius' } },
    };
    const { status, reasons, facts } = await probe(server.port, '', entry);
    expect(status, JSON.stringify(reasons)).toBe('up');
    expect(facts).toMatchObject({ message: true, retained: true, payload: '{"celsius": 21.5}' });
    const hot = await probe(server.port, '', { ...entry, expect: { json: { '$.celsius': '< 20' } } });
    expect(verdict(hot)).toEqual(['down', 'assertion', 'expect', 'json']);
  });

  test('a topic without a message: status; one that comes while we wait', async () => {
    const none = await probe(server.port, '', { options: { topic: 'sensor/none', wait: '50ms' } });
    expect(verdict(none)).toEqual(['down', 'status', 'expect', 'message']);
    const waiting = probe(server.port, '', { options: { topic: 'sensor/live', wait: '1500ms' } });
    const publishing = setInterval(() => void server.publish('-t', 'sensor/live', '-m', 'now'), 100);
    const { status, facts } = await waiting;
    clearInterval(publishing);
    expect(status).toBe('up');
    expect(facts).toMatchObject({ message: true, retained: false, payload: 'now' });
  });

  test('a round trip and a message in one probe', async () => {
    await server.publish('-t', 'sensor/two', '-r', '-m', 'two');
    const options = { topic: 'sensor/two', roundtrip: { topic: 'puptime/both' } };
    const { status, facts } = await probe(server.port, '', { options });
    expect(status).toBe('up');
    expect(facts).toMatchObject({ payload: 'two' });
    expect(facts['roundtrip_ms']).toBeTypeOf('number');
  });

  test('a login that nobody asked for is taken', async () => {
    expect((await probe(server.port, 'someone:secret@')).status).toBe('up');
  });

  test('mqtts on a plain port', async () => {
    const result = await probeTarget(mqtt, `mqtts://127.0.0.1:${String(server.port)}`, { timeout_ms: 1000 });
    expect([result.status, result.reason?.phase]).toEqual(['down', 'tls']);
  });
});

describeWith(MOSQUITTO_PROGRAMS, 'a real mosquitto with users', () => {
  let server: Mosquitto;
  beforeAll(async () => {
    server = await startMosquitto({
      users: { probe: 'se cret%', reader: 'pw' },
      acl: ['user probe', 'topic readwrite puptime/#', 'user reader', 'topic read puptime/#'],
    });
  });
  afterAll(() => server.stop());
  const RIGHT = 'probe:se%20cret%25@';

  test.each(VERSIONS)('right, wrong and missing, MQTT %s', async (_version, options) => {
    expect(verdict(await probe(server.port, RIGHT, { options }))).toEqual(UP);
    for (const userinfo of ['probe:wrong@', 'nobody:pw@', '']) {
      const result = await probe(server.port, userinfo, { options });
      expect(verdict(result), userinfo).toEqual(['down', 'auth', 'auth', null]);
      expect(result.reason?.text).toMatch(
        /refuses the connection: (not authorized|bad user name or password)/,
      );
      expect(result.facts['connack']).toMatch(/not_authorized|bad_user_name_or_password/);
    }
  });

  test('that it lets no strangers in can be expected', async () => {
    const entry = { expect: { connack: 'not_authorized' } };
    expect(verdict(await probe(server.port, '', entry))).toEqual(UP);
    expect(verdict(await probe(server.port, RIGHT, entry))).toEqual(['down', 'status', 'expect', 'connack']);
  });

  test('watching the answer changes nothing in what it means', async () => {
    const result = await probe(server.port, 'probe:wrong@', { watch: ['connack'] });
    expect(verdict(result)).toEqual(['down', 'auth', 'expect', 'connack']);
  });

  test('the password is not in a transcript', async () => {
    const said: string[] = [];
    const target = `mqtt://${RIGHT}127.0.0.1:${String(server.port)}`;
    const trace: TestWorld['trace'] = (event) => {
      if (event.kind === 'sent') said.push(Buffer.from(event.bytes).toString());
    };
    await probeTarget(mqtt, target, {}, { trace });
    expect(said.join('\n')).toContain('probe\0\u0003***');
    expect(said.join('\n')).not.toContain('cret%');
  });

  test('a round trip by one who may not write: MQTT 5 says so, with 3.1.1 it does not come back', async () => {
    const options = { roundtrip: { topic: 'puptime/x' } };
    expect((await probe(server.port, RIGHT, { options })).status).toBe('up');
    const told = await probe(server.port, 'reader:pw@', { options: { ...options, version: 5 } });
    expect(verdict(told)).toEqual(['down', 'auth', 'auth', null]);
    expect(told.reason?.text).toContain('refuses the message for "puptime/x": not authorized');
    const untold = await probe(server.port, 'reader:pw@', { options, timeout_ms: 400 });
    expect(verdict(untold)).toEqual(['down', 'timeout', 'protocol', null]);
    expect(untold.reason?.text).toContain('did not send it back');
    expect(untold.facts).toMatchObject({ connack: 'accepted' });
  });

  test('a topic that the user may not read: mosquitto takes the subscription and sends nothing', async () => {
    const result = await probe(server.port, RIGHT, { options: { topic: 'secret/x', wait: '50ms' } });
    expect(verdict(result)).toEqual(['down', 'status', 'expect', 'message']);
  });
});

describeWith(MOSQUITTO_PROGRAMS, 'a real mosquitto that is broken', () => {
  test('one with max_connections hangs up on us: closed, at once', async () => {
    const { port } = await start({ settings: ['max_connections 1'] });
    const holder = connect({ port, host: '127.0.0.1' });
    await once(holder, 'connect');
    const result = await probe(port);
    holder.destroy();
    expect(['closed', 'reset']).toContain(result.reason?.code);
    expect(result.status).toBe('down');
    expect(result.duration_ms).toBeLessThan(1000);
  });

  test('what a broker that takes less says of itself in MQTT 5', async () => {
    const { port } = await start({
      settings: ['max_qos 1', 'retain_available false', 'max_packet_size 2000'],
    });
    const { status, facts } = await probe(port, '', { options: { version: 5 } });
    expect(status).toBe('up');
    expect(facts).toMatchObject({ max_qos: 1, retain_available: false, max_packet_bytes: 2000 });
  });

  test('frozen: timeout in the protocol; stopped: refused', async () => {
    const server = await start();
    server.signal('SIGSTOP');
    const frozen = await probe(server.port, '', { timeout_ms: 300 });
    expect(verdict(frozen)).toEqual(['down', 'timeout', 'protocol', null]);
    await server.stop();
    expect(verdict(await probe(server.port))).toEqual(['down', 'refused', 'connect', null]);
  });
});

describe('options', () => {
  test.each([
    [{ topic: 'a/+' }, 'topic', 'without the wildcards'],
    [{ roundtrip: { topic: 'a/#' } }, 'roundtrip.topic', 'without the wildcards'],
    [{ topic: 'a', wait: 'soon' }, 'wait', 'expected a duration'],
  ])('%j is refused', async (options, key, text) => {
    await expect(probe(9, '', { options })).rejects.toMatchObject({
      key,
      message: expect.stringContaining(text),
    });
  });

  test('a password without a user is for version 5', async () => {
    await expect(probe(9, ':secret@')).rejects.toThrow('only `version: 5` can say');
  });
});
