import { randomBytes } from 'node:crypto';
import type { FactsOf } from '../../words/fact.ts';
import { parseForeignJson } from '../../words/foreign-json.ts';
import { safeLine } from '../../words/safe-text.ts';
import { Fault, InvalidOptions, type ProbeContext, type Prober } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { readMessage, roundTrip } from './mqtt/messages.ts';
import { MQTT_CODES, MQTT_FACTS, mqttDefaults } from './mqtt/mqtt-facts.ts';
import { MQTT_OPTIONS, type MqttOptions, type MqttPlan, planMqtt } from './mqtt/mqtt-options.ts';
import { PROPERTY, numberProperty, textProperty } from './mqtt/properties.ts';
import { findingOf, refusalOf } from './mqtt/reasons.ts';
import { type Connack, connect, disconnect, ping } from './mqtt/session.ts';

const PORTS = { mqtt: 1883, mqtts: 8883 } as const;
/** Characters kept of a message. */
const MAX_PAYLOAD = 65_536;

type Context = ProbeContext<typeof MQTT_FACTS>;

export const mqtt: Prober<MqttOptions, typeof MQTT_FACTS> = {
  type: 'mqtt',
  proves:
    'The broker accepts CONNECT (with a user and password when the target has them) for a session that it forgets again, and answers PINGREQ; with `topic`, it has a message there; with `roundtrip`, it takes a message and hands it on.',
  schemes: [
    { scheme: 'mqtt', port: PORTS.mqtt, shape: 'host' },
    { scheme: 'mqtts', port: PORTS.mqtts, tls: true, shape: 'host' },
  ],
  example: 'mqtts://probe:${MQTT_PASSWORD}@broker.example.org',
  options: MQTT_OPTIONS,
  facts: MQTT_FACTS,
  codes: MQTT_CODES,
  defaults: (options, scheme) => mqttDefaults(options, scheme),
  prepare({ target, options, timeout_ms, wanted }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected mqtt://HOST');
    const plan = planMqtt(target, options, timeout_ms);
    const tls = target.scheme === 'mqtts';
    return {
      endpoint: { host: target.host, port: target.port ?? (tls ? PORTS.mqtts : PORTS.mqtt) },
      async run(context) {
        const conversation = await context.dial(tls ? { tls: {} } : {});
        const client_id = plan.client_id ?? `puptime${randomBytes(8).toString('hex')}`;
        const connack = await connect(conversation, plan.level, client_id, plan.login);
        if (!isAccepted(connack, conversation, context, wanted.has('connack'))) return;
        context.see(sessionFacts(connack, plan));
        try {
          await useSession(conversation, context, plan);
        } catch (error) {
          if (error instanceof Fault && SPOKEN.has(error.finding.code)) await disconnect(conversation);
          throw error;
        }
        await disconnect(conversation);
      },
    };
  },
};

/** After these the broker still listens. */
const SPOKEN: ReadonlySet<string> = new Set(['status', 'auth', 'overloaded']);

/** A refusal ends the probe, unless the config itself judges it. */
function isAccepted(connack: Connack, { peer }: Conversation, context: Context, wanted: boolean): boolean {
  const refusal = refusalOf(connack.code);
  context.see({ connack: refusal?.word ?? 'accepted' });
  if (refusal === null) return true;
  const { properties } = connack;
  const elsewhere = textProperty(properties, PROPERTY.server_reference);
  const said = textProperty(properties, PROPERTY.reason_string) ?? elsewhere;
  const finding = findingOf(refusal, peer, 'refuses the connection', said);
  if (!wanted) throw new Fault(finding);
  context.show(finding.text);
  return false;
}

function sessionFacts(
  { session_present, properties }: Connack,
  { level }: MqttPlan,
): FactsOf<typeof MQTT_FACTS> {
  if (level === 4) return { version: '3.1.1', session_present };
  const assigned = textProperty(properties, PROPERTY.assigned_client_id);
  return {
    version: '5',
    session_present,
    assigned_client_id: assigned === null ? null : safeLine(assigned, 200),
    // MQTT 5.0 §3.2.2.3: what is not said is 2, and yes.
    max_qos: numberProperty(properties, PROPERTY.maximum_qos) ?? 2,
    retain_available: numberProperty(properties, PROPERTY.retain_available) !== 0,
    max_packet_bytes: numberProperty(properties, PROPERTY.maximum_packet_size),
  };
}

async function useSession(conversation: Conversation, context: Context, plan: MqttPlan): Promise<void> {
  const session = { conversation, level: plan.level };
  await ping(conversation);
  if (plan.roundtrip !== null) {
    const before_ms = context.remaining_ms();
    await roundTrip(session, plan.roundtrip);
    context.see({ roundtrip_ms: Math.round((before_ms - context.remaining_ms()) * 100) / 100 });
  }
  if (plan.topic === null) return;
  const message = await readMessage(session, plan.topic, plan.wait_ms);
  context.see({ message: message !== null });
  if (message === null) return;
  const text = message.payload
    .subarray(0, 4 * MAX_PAYLOAD)
    .toString('utf8')
    .slice(0, MAX_PAYLOAD);
  const json = parseForeignJson(text);
  context.see({ payload: text, retained: message.retained, ...(json === undefined ? {} : { json }) });
}
