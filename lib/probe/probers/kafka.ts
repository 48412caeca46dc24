import { safeLine } from '../../words/safe-text.ts';
import { Fault, InvalidOptions, type Prober } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { type Credentials, credentialsOf } from '../wire/sasl.ts';
import { KAFKA_CODES, KAFKA_FACTS, kafkaDefaults } from './kafka/kafka-facts.ts';
import { MECHANISMS, type Mechanism, login } from './kafka/login.ts';
import { type Metadata, askMetadata, askVersions } from './kafka/metadata.ts';

interface KafkaOptions {
  readonly topic?: string;
  readonly mechanism?: Mechanism;
}

const PORT = 9092;

export const kafka: Prober<KafkaOptions, typeof KAFKA_FACTS> = {
  type: 'kafka',
  proves:
    'The broker takes the login when the target has one (PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512), and knows its cluster: there is a controller, and every partition that the user may see has a leader; degraded when replicas are not in sync. With `topic`: that this topic is there, and its partitions alone. Nothing is written, read or made. Only this broker is asked, and not those that it names.',
  schemes: [
    { scheme: 'kafka', port: PORT, shape: 'host' },
    { scheme: 'kafkas', port: PORT, tls: true, shape: 'host' },
  ],
  example: 'kafkas://probe:${KAFKA_PASSWORD}@broker1.example.org:9093',
  options: {
    topic: {
      type: 'string',
      minLength: 1,
      maxLength: 249,
      description: 'a topic that must be there; partitions, under_replicated and offline are its alone then',
    },
    mechanism: {
      enum: MECHANISMS,
      description:
        'how to log in (default: PLAIN with kafkas, SCRAM-SHA-512 with kafka, where PLAIN would show the password)',
    },
  },
  facts: KAFKA_FACTS,
  codes: KAFKA_CODES,
  defaults: (_options, scheme) => kafkaDefaults(scheme),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected kafka://HOST');
    const { topic = null } = options;
    const tls = target.scheme === 'kafkas';
    const credentials = credentialsOf(target);
    const mechanism = options.mechanism ?? (tls ? 'PLAIN' : 'SCRAM-SHA-512');
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial(tls ? { tls: {} } : {});
        const metadata = await look(conversation, credentials && { mechanism, credentials }, topic);
        context.see(metadata);
        if (metadata.affected.length > 0) context.show(safeLine(metadata.affected.join(' '), 2000));
        conversation.end();
      },
    };
  },
};

async function look(
  conversation: Conversation,
  account: { readonly mechanism: Mechanism; readonly credentials: Credentials } | null,
  topic: string | null,
): Promise<Metadata> {
  const versions = await askVersions(conversation);
  if (account !== null) await login(conversation, account.mechanism, account.credentials);
  try {
    return await askMetadata(conversation, versions, topic);
  } catch (error) {
    if (account !== null || !(error instanceof Fault) || !HUNG_UP.has(error.finding.code)) throw error;
    const text = `${error.finding.text}; a listener with SASL does so to those who do not log in`;
    throw new Fault({ ...error.finding, text });
  }
}

const HUNG_UP: ReadonlySet<string> = new Set(['closed', 'reset']);
