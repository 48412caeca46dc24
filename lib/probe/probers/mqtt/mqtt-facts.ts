import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { TLS_FACTS, TLS_PREFER } from '../../wire/certificates.ts';
import type { MqttOptions } from './mqtt-options.ts';
import { CODES_BY_WORD } from './reasons.ts';

export const MQTT_FACTS = {
  connack: {
    kind: 'word',
    code: 'status',
    codes: CODES_BY_WORD,
    meaning:
      'the broker’s answer to CONNECT: accepted, or why not in the words of MQTT 5: bad_user_name_or_password, not_authorized, server_unavailable, client_identifier_not_valid …; expect `not_authorized` of a broker that must not let strangers in',
  },
  version: { kind: 'word', meaning: 'version of MQTT that is spoken: 3.1.1 or 5' },
  session_present: {
    kind: 'bool',
    meaning: 'whether the broker remembers a session of this client id, which it should not',
  },
  assigned_client_id: {
    kind: 'word',
    meaning: 'the client id that the broker gave; absent unless it did (MQTT 5 with an empty client_id)',
  },
  max_qos: {
    kind: 'number',
    meaning: 'highest quality of service that the broker takes, 0 to 2; absent with MQTT 3.1.1',
  },
  retain_available: {
    kind: 'bool',
    meaning: 'whether the broker retains messages; absent with MQTT 3.1.1',
  },
  max_packet_bytes: {
    kind: 'number',
    unit: 'bytes',
    meaning: 'largest packet that the broker takes; absent when it names none, and with MQTT 3.1.1',
  },
  message: {
    kind: 'bool',
    code: 'status',
    meaning: 'whether a message came on `topic` within `wait`; absent without `topic`',
  },
  payload: { kind: 'text', meaning: 'that message as text; absent when none came' },
  json: { kind: 'json', meaning: 'that message as JSON; absent when it is none' },
  retained: {
    kind: 'bool',
    meaning: 'whether that message was kept by the broker, or was sent just now; absent when none came',
  },
  roundtrip_ms: {
    kind: 'number',
    unit: 'ms',
    meaning: 'time from publishing the message of `roundtrip` until it came back; absent without `roundtrip`',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

export const MQTT_CODES = {
  auth: 'the broker refuses the user or password (bad user name or password, not authorized, banned), or the user may not read or write the topic',
  overloaded: 'the broker has no room: server unavailable or busy, quota exceeded, message rate too high',
  status:
    'the broker refuses something else (its word for it is in the text), no message came on `topic`, or it is shutting down',
  protocol: 'it does not speak MQTT, or not the version asked for',
  timeout:
    'in the phase protocol: it accepts connections but does not answer, or took the message of `roundtrip` and did not send it back (MQTT 3.1.1 does not say when a user may not write)',
  closed:
    'it hung up without an answer: some brokers do so when max_connections is reached, or when they want another TLS client certificate',
} as const;

export function mqttDefaults(
  { topic }: MqttOptions,
  scheme: string | null,
): { readonly expect: JsonObject; readonly prefer: JsonObject } {
  return {
    expect: { connack: 'accepted', ...(topic === undefined ? {} : { message: true }) },
    prefer: scheme === 'mqtts' ? { ...TLS_PREFER } : {},
  };
}
