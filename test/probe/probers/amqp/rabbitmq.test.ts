import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { amqp } from '../../../../lib/probe/probers/amqp.ts';
import { mqtt } from '../../../../lib/probe/probers/mqtt.ts';
import { type Entry, type TestWorld, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith, until } from '../../../servers/daemon.ts';
import { RABBITMQ_PROGRAMS, type RabbitMq, startRabbitMq } from '../../../servers/rabbitmq.ts';

const LOGIN = 'probe:se%20cret%25@';
const rights = { configure: '.*', write: '.*', read: '.*' };
const queue = { vhost: '/', durable: true, auto_delete: false, arguments: {} };

describeWith([...RABBITMQ_PROGRAMS, 'openssl'], 'a real RabbitMQ', () => {
  let server: RabbitMq;
  beforeAll(async () => {
    server = await startRabbitMq({
      plugins: ['mqtt'],
      certificate: testCertificates().valid,
      settings: { channel_max: '16' },
      definitions: {
        vhosts: [{ name: 'orders' }, { name: 'full' }, { name: 'broken' }],
        permissions: ['orders', 'full', 'broken'].map((vhost) => ({ user: 'probe', vhost, ...rights })),
        queues: [{ ...queue, name: 'work' }],
        exchanges: [{ ...queue, name: 'events', type: 'topic', internal: false }],
      },
    });
    await server.evaluate(
      [
        'rabbit_auth_backend_internal:add_user(<<"watcher">>, <<"pw">>, <<"test">>)',
        'rabbit_auth_backend_internal:set_permissions(<<"watcher">>, <<"/">>, <<"^$">>, <<"^$">>, <<"^$">>, <<"test">>)',
        'rabbit_auth_backend_internal:add_user(<<"limited">>, <<"pw">>, <<"test">>)',
        'rabbit_auth_backend_internal:set_permissions(<<"limited">>, <<"/">>, <<".*">>, <<".*">>, <<".*">>, <<"test">>)',
        'rabbit_auth_backend_internal:set_user_limits(<<"limited">>, <<"{\\"max-connections\\":0}">>, <<"test">>)',
        'rabbit_vhost_limit:parse_set(<<"full">>, <<"{\\"max-connections\\":0}">>, <<"test">>)',
      ].join(', '),
    );
  }, 240_000);
  afterAll(() => server.stop(), 60_000);

  const at = (userinfo = LOGIN, path = '') => `amqp://${userinfo}127.0.0.1:${String(server.port)}${path}`;
  const probe = (userinfo = LOGIN, path = '', entry: Entry = {}) =>
    probeTarget(amqp, at(userinfo, path), { timeout_ms: 5000, ...entry });
  const publish = (count: number) =>
    server.evaluate(
      `[rabbit_basic:publish(rabbit_misc:r(<<"/">>, exchange, <<>>), <<"work">>, [], <<"x">>) || _ <- lists:seq(1, ${String(count)})]`,
    );

  proberContract({
    prober: amqp,
    target: (port) => `amqp://${LOGIN}127.0.0.1:${String(port)}`,
    tlsTarget: (port) => `amqps://${LOGIN}127.0.0.1:${String(port)}`,
    healthy: () => Promise.resolve({ port: server.port, close: () => undefined }),
  });

  tlsContract({
    prober: amqp,
    name: 'amqps',
    target: (port) => `amqps://${LOGIN}localhost:${String(port)}`,
    entry: { timeout_ms: 5000 },
    start: async (certificate) => {
      await server.show(certificate);
      return { port: server.tlsPort, close: () => undefined };
    },
  });

  test('healthy: its facts', async () => {
    const { status, reasons, facts } = await probe();
    expect(status, JSON.stringify(reasons)).toBe('up');
    expect(facts).toMatchObject({ product: 'RabbitMQ', login: true, blocked: false });
    expect(facts['version']).toMatch(/^\d+\.\d+\.\d+/);
    expect(facts['cluster_name']).toMatch(/^probe\d+@/);
    expect(facts['mechanisms']).toContain('PLAIN');
  });

  test('without a user it proves that a login is offered, and says so', async () => {
    const { status, facts } = await probe('');
    expect(status).toBe('up');
    expect(facts).toMatchObject({ product: 'RabbitMQ', login: false });
    expect(verdict(await probe('', '/orders'))).toEqual(['down', 'auth', 'auth', null]);
    expect(verdict(await probe('', '', { options: { queue: 'work' } }))).toEqual([
      'down',
      'auth',
      'auth',
      null,
    ]);
  });

  test.each([
    ['probe:wrong@', '', 'auth', 'auth', 'refuses the login: 403 ACCESS_REFUSED'],
    ['nobody:pw@', '', 'auth', 'auth', 'refuses the login: 403 ACCESS_REFUSED'],
    ['bystander:se%20cret%25@', '', 'auth', 'auth', 'refuses the virtual host "/": 530 NOT_ALLOWED'],
    [LOGIN, '/nowhere', 'status', 'protocol', 'refuses the virtual host "nowhere": 530 NOT_ALLOWED'],
    [LOGIN, '/full', 'overloaded', 'protocol', 'refuses the virtual host "full": 530 NOT_ALLOWED'],
    ['limited:pw@', '', 'overloaded', 'protocol', '530 NOT_ALLOWED'],
  ])('%s%s is %s in the phase %s', async (userinfo, path, code, phase, words) => {
    const result = await probe(userinfo, path);
    expect(verdict(result)).toEqual(['down', code, phase, null]);
    expect(result.reason?.text).toContain(words);
    expect(result.facts).toMatchObject({ product: 'RabbitMQ' });
    expect(result.duration_ms).toBeLessThan(4000);
  });

  test('virtual hosts by the path: none and %2F for the default one', async () => {
    for (const path of ['', '/', '/%2F', '/orders'])
      expect((await probe(LOGIN, path)).status, path).toBe('up');
  });

  test('a virtual host that is down', async () => {
    await server.evaluate('rabbit_vhost_sup_sup:stop_and_delete_vhost(<<"broken">>)');
    const result = await probe(LOGIN, '/broken');
    expect(verdict(result)).toEqual(['down', 'status', 'protocol', null]);
    expect(result.reason?.text).toContain('is down');
  });

  test('a queue: its messages and consumers, and one that is missing', async () => {
    await publish(3);
    const options = { queue: 'work', exchange: 'events' };
    const { status, reasons, facts } = await probe(LOGIN, '', { options });
    expect(status, JSON.stringify(reasons)).toBe('up');
    expect(facts).toMatchObject({ messages: 3, consumers: 0, blocked: false });
    const long = await probe(LOGIN, '', { options, expect: { messages: '< 3' } });
    expect(verdict(long)).toEqual(['down', 'assertion', 'expect', 'messages']);
    const missing = await probe(LOGIN, '', { options: { queue: 'no work' } });
    expect(verdict(missing)).toEqual(['down', 'status', 'protocol', null]);
    expect(missing.reason?.text).toContain('refuses the queue "no work": 404 NOT_FOUND');
  });

  test('an exchange that is missing', async () => {
    const result = await probe(LOGIN, '', { options: { exchange: 'nowhere' } });
    expect(verdict(result)).toEqual(['down', 'status', 'protocol', null]);
    expect(result.reason?.text).toContain('404 NOT_FOUND');
  });

  test('a user who may do nothing there: up, but not with a queue or a round trip', async () => {
    const { status, reasons, facts } = await probe('watcher:pw@');
    expect(status, JSON.stringify(reasons)).toBe('up');
    expect(facts).toMatchObject({ blocked: false });
    expect(verdict(await probe('watcher:pw@', '', { options: { roundtrip: true } }))).toEqual([
      'down',
      'auth',
      'auth',
      null,
    ]);
  });

  test('a round trip: how long it took, and nothing is left behind', async () => {
    const before = await server.evaluate('rabbit_amqqueue:count()');
    const { status, reasons, facts } = await probe(LOGIN, '/orders', { options: { roundtrip: true } });
    expect(status, JSON.stringify(reasons)).toBe('up');
    expect(facts['roundtrip_ms']).toBeGreaterThan(0);
    await until(
      'the queue to be gone',
      async () => (await server.evaluate('rabbit_amqqueue:count()')) === before,
    );
  });

  test('it takes its leave: nothing is left open, and the broker has nothing to complain about', async () => {
    const complaints = () => server.output().split('unexpectedly closed').length;
    const before = complaints();
    for (const options of [{}, { queue: 'work' }, { queue: 'none' }, { roundtrip: true }])
      await probe(LOGIN, '', { options });
    await probe('probe:wrong@');
    await until('the connections to be closed', async () =>
      /\{ok, 0\}/.test(await server.evaluate('length(rabbit_networking:connections())')),
    );
    expect(complaints()).toBe(before);
  });

  test('the password is not in a transcript', async () => {
    const said: string[] = [];
    const trace: TestWorld['trace'] = (event) => {
      if (event.kind === 'sent') said.push(Buffer.from(event.bytes).toString('latin1'));
    };
    await probeTarget(amqp, at(), { timeout_ms: 5000 }, { trace });
    expect(said.join('\n')).toContain('***');
    expect(said.join('\n')).not.toContain('cret%');
  });

  test.each([
    ['memory', 'low on memory'],
    ['disk', 'low on disk'],
  ])('an alarm for %s: overloaded, at once, and the counts of a queue are told', async (resource, words) => {
    const alarm = `{resource_limit, ${resource}, node()}`;
    await server.evaluate(`rabbit_alarm:set_alarm({${alarm}, []})`);
    await until('the alarm', async () =>
      (await server.evaluate('rabbit_alarm:get_alarms()')).includes(resource),
    );
    const result = await probe(LOGIN, '', { options: { queue: 'work', roundtrip: true } });
    expect(verdict(result)).toEqual(['down', 'overloaded', 'expect', 'blocked']);
    expect(result.facts).toMatchObject({ blocked: true, blocked_by: words, consumers: 0 });
    expect(result.duration_ms).toBeLessThan(4000);
    expect((await probe(LOGIN, '', { options: { alarms: false } })).status).toBe('up');
    expect((await probe(LOGIN, '', { expect: { blocked: [true, false] } })).status).toBe('up');
    await server.evaluate(`rabbit_alarm:clear_alarm(${alarm})`);
    await until('the end of the alarm', async () => (await probe()).status === 'up');
  });

  // Here, so that it need not be started once more.
  test('its MQTT, another broker than mosquitto: up, a round trip, a wrong password, no MQTT 5', async () => {
    const mqttAt = (userinfo: string) => `mqtt://${userinfo}127.0.0.1:${String(server.mqttPort)}`;
    const options = { roundtrip: { topic: 'puptime/probe' } };
    const { status, reasons, facts } = await probeTarget(mqtt, mqttAt(LOGIN), { options, timeout_ms: 5000 });
    expect(status, JSON.stringify(reasons)).toBe('up');
    expect(facts['roundtrip_ms']).toBeGreaterThan(0);
    const wrong = await probeTarget(mqtt, mqttAt('probe:wrong@'), { timeout_ms: 5000 });
    expect(verdict(wrong)).toEqual(['down', 'auth', 'auth', null]);
    const version = await probeTarget(mqtt, mqttAt(LOGIN), { options: { version: 5 }, timeout_ms: 5000 });
    expect(version.status).toBe('down');
    expect(['closed', 'reset']).toContain(version.reason?.code);
    expect(version.reason?.text).toContain('a broker that knows no MQTT 5 may do so');
  });

  test('amqps on a plain port, and amqp on a TLS port', async () => {
    const wrong = await probeTarget(amqp, at().replace('amqp:', 'amqps:'), { timeout_ms: 3000 });
    expect([wrong.status, wrong.reason?.phase]).toEqual(['down', 'tls']);
    const port = String(server.tlsPort);
    const result = await probeTarget(amqp, `amqp://${LOGIN}127.0.0.1:${port}`, { timeout_ms: 3000 });
    expect(result.status).toBe('down');
    expect(['protocol', 'closed', 'reset']).toContain(result.reason?.code);
  });

  // Last: it does not come back.
  test('frozen: timeout in the protocol; stopped: refused', async () => {
    server.signal('SIGSTOP');
    const frozen = await probe(LOGIN, '', { timeout_ms: 300 });
    expect(verdict(frozen)).toEqual(['down', 'timeout', 'protocol', null]);
    await server.stop();
    expect(verdict(await probe())).toEqual(['down', 'refused', 'connect', null]);
  });
});

function verdict({ status, reason }: Result) {
  return [status, reason?.code ?? null, reason?.phase ?? null, reason?.fact ?? null];
}
