import type { FactTable } from '../../words/fact.ts';
import type { JsonSchema } from '../../words/json.ts';
import { InvalidOptions, PLACEHOLDER, type ProbeContext, type Prober, fail } from '../prober.ts';
import { TLS_FACTS, TLS_PREFER } from '../wire/certificates.ts';
import { provesToListen } from '../wire/silent-listener.ts';
import { encodeMessage, framed } from './syslog/message.ts';

const PORT = 514;
const TLS_PORT = 6514;
/** How long a host may take to say that the port is closed. */
const WAIT_MS = 300;
const MAX_MESSAGE = 480;

interface SyslogOptions {
  readonly send?: string;
}

const OPTIONS: { readonly [key: string]: JsonSchema } = {
  send: {
    type: 'string',
    minLength: 1,
    maxLength: MAX_MESSAGE,
    description:
      'one message to log at every probe, as user.info of puptime (default: none is sent). Whether it was stored is not told by the protocol: look for it where it should be',
  },
};

const FACTS = {
  message: { kind: 'text', meaning: 'the message that was sent, whole; absent without `send`' },
  ...TLS_FACTS,
} as const satisfies FactTable;

type Context = ProbeContext<typeof FACTS>;

export const syslog: Prober<SyslogOptions, typeof FACTS> = {
  type: 'syslog',
  proves:
    'Over TCP and TLS: the server takes the connection, listens in silence, and hangs up when puptime has, so that it is no frozen process. Over UDP nobody answers, and an `up` says only that the host does not call the port closed. In neither case is it proved that messages are stored; with `send`, one is sent that can be looked for.',
  schemes: [
    { scheme: 'syslog', port: PORT, shape: 'host' },
    { scheme: 'syslog+tcp', port: PORT, shape: 'host' },
    { scheme: 'syslog+tls', port: TLS_PORT, tls: true, shape: 'host' },
  ],
  example: 'syslog+tls://logs.example.org',
  options: OPTIONS,
  facts: FACTS,
  codes: {
    closed: 'it hangs up at once: too many connections, or none from this host',
    timeout:
      'over TCP and TLS: it does not hang up when puptime has: it is frozen, or so busy that it does not read',
    protocol: 'it speaks: another service is on that port',
  },
  defaults: (_options, scheme) => (scheme === 'syslog+tls' ? { prefer: TLS_PREFER } : {}),
  prepare({ target, options, timeout_ms }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected syslog+tcp://HOST');
    const { scheme } = target;
    const text = textOf(options);
    const wait_ms = Math.min(WAIT_MS, Math.max(10, timeout_ms - 50));
    return {
      endpoint: { host: target.host, port: target.port ?? (scheme === 'syslog+tls' ? TLS_PORT : PORT) },
      async run(context) {
        const message = text === null ? null : encodeMessage(text, context.now());
        if (scheme === 'syslog') await overDatagrams(context, message, wait_ms);
        else await overStream(context, message, scheme === 'syslog+tls');
        if (message !== null) context.see({ message: message.toString('utf8') });
      },
    };
  },
};

/** It becomes one line of a log: nothing in it may end that. */
function textOf({ send }: SyslogOptions): string | null {
  if (send === undefined || send === PLACEHOLDER) return send ?? null;
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(send))
    throw new InvalidOptions('send', 'saw a line end or control character in it, expected one line');
  return send;
}

/** Without a message an empty datagram, which no server logs, brings to light that the port is closed. */
async function overDatagrams(context: Context, message: Buffer | null, wait_ms: number): Promise<void> {
  const datagrams = await context.datagrams();
  await datagrams.send(message ?? Buffer.alloc(0));
  const answer = await datagrams.receiveWithin(wait_ms);
  if (answer !== null)
    fail('protocol', 'protocol', `${datagrams.peer} answers, which no syslog server does`, {
      expected: 'silence',
    });
}

async function overStream(context: Context, message: Buffer | null, tls: boolean): Promise<void> {
  const left_ms = context.remaining_ms();
  const conversation = await context.dial(tls ? { tls: {} } : {});
  const dialled_ms = left_ms - context.remaining_ms();
  if (message !== null) await conversation.write(framed(message));
  await provesToListen(conversation, dialled_ms);
}
