import type { JsonSchema } from '../../../words/json.ts';
import { InvalidOptions, type Target } from '../../prober.ts';

export interface AmqpOptions {
  readonly queue?: string;
  readonly exchange?: string;
  readonly alarms?: boolean;
  readonly roundtrip?: boolean;
}

export const AMQP_OPTIONS: { readonly [key: string]: JsonSchema } = {
  queue: {
    type: 'string',
    minLength: 1,
    description: 'a queue that must be there, for messages and consumers; it is not made, nor read from',
  },
  exchange: { type: 'string', minLength: 1, description: 'an exchange that must be there; it is not made' },
  alarms: {
    type: 'boolean',
    description:
      'whether to ask for alarms, for `blocked` (default true). A broker tells them only to those who publish: an empty message is sent by a random key that no queue is bound to, and so dropped. In RabbitMQ the user needs the right to write to amq.default for that; without it, each probe leaves a line in its log',
  },
  roundtrip: {
    type: 'boolean',
    description:
      'true: a message of 32 bytes is sent through a queue that belongs to this connection alone and is gone with it; the user needs the right to make queues named amq.gen-…',
  },
};

/** Options checked, with their defaults. */
export interface AmqpPlan {
  readonly credentials: { readonly username: string; readonly password: string } | null;
  readonly vhost: string;
  readonly queue: string | null;
  readonly exchange: string | null;
  readonly alarms: boolean;
  readonly roundtrip: boolean;
  /** the path or an option names something that only a login shows */
  readonly needsLogin: boolean;
}

/** Throws InvalidOptions. */
export function planAmqp(target: Target, options: AmqpOptions): AmqpPlan {
  const { username, password } = target;
  if ((username === null) !== (password === null))
    throw new InvalidOptions('target', 'a login needs both, expected amqp://USER:PASSWORD@HOST');
  const vhost = target.path.length > 1 ? target.path.slice(1) : '/';
  checkShort(vhost, 'target');
  for (const key of ['queue', 'exchange'] as const) checkShort(options[key] ?? '', key);
  const { queue = null, exchange = null, roundtrip = false } = options;
  return {
    credentials: username === null || password === null ? null : { username, password },
    vhost,
    queue,
    exchange,
    alarms: options.alarms ?? true,
    roundtrip,
    needsLogin: target.path.length > 1 || queue !== null || exchange !== null || roundtrip,
  };
}

/** AMQP 0-9-1 §4.2.5.3 */
function checkShort(text: string, key: string): void {
  if (Buffer.byteLength(text) > 255)
    throw new InvalidOptions(key, 'it has more than 255 bytes, which AMQP cannot say');
}
