import type { FactTable } from '../../words/fact.ts';
import { parseDuration } from '../../words/units.ts';
import { InvalidOptions, type Prober } from '../prober.ts';
import { PAYLOAD_SCHEMA, type Payload, payloadBytes } from '../wire/payload.ts';

interface UdpOptions {
  readonly send?: Payload;
  readonly answer?: 'required' | 'optional';
  readonly wait?: string;
}

const FACTS = {
  answered: { kind: 'bool', meaning: 'whether a datagram came back' },
  reply: { kind: 'text', meaning: 'the first datagram that came back; absent when none did' },
  banner: { kind: 'text', meaning: 'the same as `reply`: over UDP nobody speaks first' },
} as const satisfies FactTable;

export const udp: Prober<UdpOptions, typeof FACTS> = {
  type: 'udp',
  proves:
    'With `send`: the service answers it, within the timeout. Without, or with `answer: optional`: only that the host does not say that the port is closed; a firewall that drops looks the same as a service that is silent.',
  schemes: [{ scheme: 'udp', port: null, shape: 'host' }],
  example: 'udp://game.example.org:27015',
  options: {
    send: {
      ...PAYLOAD_SCHEMA,
      description: 'the one datagram that is sent: text, {hex: …} or {base64: …} (default: an empty one)',
    },
    answer: {
      enum: ['required', 'optional'],
      description:
        'required (default with `send`): silence is down; optional (default without): silence is up, only a closed port is down',
    },
    wait: {
      type: 'string',
      description: 'with `answer: optional`, how long to listen for an answer or a refusal (default 500ms)',
    },
  },
  facts: FACTS,
  codes: {
    timeout: 'no answer came to `send`',
    refused: 'the host says that nothing listens there',
  },
  defaults: () => ({}),
  prepare({ target, options, timeout_ms, wanted }) {
    if (target === null || target.host === '' || target.port === null)
      throw new InvalidOptions('target', 'it names no port, expected udp://HOST:PORT');
    const message = payloadBytes(options.send ?? '', 'send');
    if (message.length > 65_507)
      throw new InvalidOptions('send', `it has ${message.length} bytes, expected at most 65507`);
    const asked = options.send !== undefined || wanted.has('reply') || wanted.has('banner');
    const required = (options.answer ?? (asked ? 'required' : 'optional')) === 'required';
    const wait_ms = Math.min(waitOf(options.wait), Math.max(10, timeout_ms - 50));
    return {
      endpoint: { host: target.host, port: target.port },
      async run(context) {
        const datagrams = await context.datagrams();
        await datagrams.send(message);
        const reply = required ? await datagrams.receive() : await datagrams.receiveWithin(wait_ms);
        context.see({ answered: reply !== null });
        const text = reply?.toString('utf8');
        if (text !== undefined) context.see({ reply: text, banner: text });
      },
    };
  },
};

function waitOf(written: string | undefined): number {
  if (written === undefined) return 500;
  const ms = parseDuration(written);
  if (ms === null || ms <= 0)
    throw new InvalidOptions('wait', `saw "${written}", expected a duration such as 500ms`);
  return ms;
}
