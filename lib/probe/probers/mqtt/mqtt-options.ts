import type { JsonSchema } from '../../../words/json.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { parseDuration } from '../../../words/units.ts';
import { InvalidOptions, type Target } from '../../prober.ts';
import type { Level, Login } from './session.ts';

export interface MqttOptions {
  readonly version?: '3.1.1' | 5;
  readonly client_id?: string;
  readonly topic?: string;
  readonly wait?: string;
  readonly roundtrip?: { readonly topic: string };
}

export const MQTT_OPTIONS: { readonly [key: string]: JsonSchema } = {
  version: { enum: ['3.1.1', 5], description: 'version of MQTT to speak (default 3.1.1)' },
  client_id: {
    type: 'string',
    description:
      'client id (default: a random one). A broker ends the session of whoever else uses the same; empty lets it choose one',
  },
  topic: {
    type: 'string',
    minLength: 1,
    description:
      'a topic, without wildcards, on which a message must come: the retained one, or else the next. It becomes payload and json',
  },
  wait: {
    type: 'string',
    description:
      'how long to wait for a message on `topic` once the broker has confirmed the subscription (default 1s; a retained message comes at once)',
  },
  roundtrip: {
    type: 'object',
    properties: { topic: { type: 'string', minLength: 1 } },
    required: ['topic'],
    additionalProperties: false,
    description:
      'publishes a message of 32 bytes on this topic, QoS 1 and not retained, and waits until it comes back: take a topic that nobody else listens to',
  },
};

/** Options checked, with their defaults. */
export interface MqttPlan {
  readonly level: Level;
  /** null: a random one for each probe */
  readonly client_id: string | null;
  readonly login: Login;
  readonly topic: string | null;
  readonly wait_ms: number;
  readonly roundtrip: string | null;
}

/** Throws InvalidOptions. */
export function planMqtt(target: Target, options: MqttOptions, timeout_ms: number): MqttPlan {
  const level = options.version === 5 ? 5 : 4;
  const { username, password } = target;
  if (level === 4 && username === null && password !== null)
    throw new InvalidOptions(
      'target',
      'it has a password but no user, which only `version: 5` can say; expected mqtt://USER:PASSWORD@HOST',
    );
  for (const [key, text] of [
    ['client_id', options.client_id],
    ['target', username],
    ['target', password],
  ] as const)
    if (text !== undefined && text !== null) checkText(text, key);
  return {
    level,
    client_id: options.client_id ?? null,
    login: { username, password },
    topic: options.topic === undefined ? null : topicOf(options.topic, 'topic'),
    wait_ms: Math.min(waitOf(options.wait), Math.max(10, timeout_ms - 50)),
    roundtrip: options.roundtrip === undefined ? null : topicOf(options.roundtrip.topic, 'roundtrip.topic'),
  };
}

function topicOf(topic: string, key: string): string {
  checkText(topic, key);
  if (/[+#]/.test(topic))
    throw new InvalidOptions(
      key,
      `saw "${safeLine(topic, 80)}", expected one topic, without the wildcards + and #`,
    );
  return topic;
}

/** Source: MQTT 5.0 §1.5.4. */
function checkText(text: string, key: string): void {
  if (Buffer.byteLength(text) > 65_535) throw new InvalidOptions(key, 'it has more than 65535 bytes');
  if (key !== 'target' && text.includes('\0')) throw new InvalidOptions(key, 'it holds a NUL character');
}

function waitOf(written: string | undefined): number {
  if (written === undefined) return 1000;
  const ms = parseDuration(written);
  if (ms === null || ms <= 0)
    throw new InvalidOptions('wait', `saw "${written}", expected a duration such as 500ms`);
  return ms;
}
