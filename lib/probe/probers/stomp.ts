import { InvalidOptions, type ProbeContext, type Prober, type Target, fail } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { expectFirst } from '../wire/opening.ts';
import { credentialsOf } from '../wire/sasl.ts';
import { encodeFrame, expectFrame } from './stomp/frames.ts';
import { goRound } from './stomp/round-trip.ts';
import { STOMP_CODES, STOMP_FACTS, stompDefaults } from './stomp/stomp-facts.ts';

const PORT = 61613;
const TLS_PORT = 61614;

interface StompOptions {
  readonly roundtrip?: boolean;
}

type Context = ProbeContext<typeof STOMP_FACTS>;

export const stomp: Prober<StompOptions, typeof STOMP_FACTS> = {
  type: 'stomp',
  proves:
    'It takes the login, has the virtual host that the path names, agrees on a version of STOMP, and says goodbye when asked to; with `roundtrip` it also hands a message on to a subscriber.',
  schemes: [
    { scheme: 'stomp', port: PORT, shape: 'path' },
    { scheme: 'stomps', port: TLS_PORT, tls: true, shape: 'path' },
  ],
  example: 'stomp://probe:${STOMP_PASSWORD}@mq.example.org/shop',
  options: {
    roundtrip: {
      type: 'boolean',
      description:
        'true: subscribes to a topic of its own, `/topic/puptime.…`, sends a message to it and waits for that; the login must be allowed both (default false)',
    },
  },
  facts: STOMP_FACTS,
  codes: STOMP_CODES,
  proxy: true,
  defaults: (_options, scheme) => stompDefaults(scheme),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected stomp://HOST');
    const connect = connectFrames(target);
    const direct = target.scheme === 'stomps';
    return {
      endpoint: { host: target.host, port: target.port ?? (direct ? TLS_PORT : PORT) },
      async run(context) {
        const conversation = await context.dial(direct ? { tls: {} } : {});
        await conversation.write(connect.sent, connect.shown);
        await readConnected(conversation, context);
        if (options.roundtrip === true) await goRound(conversation, context);
        await sayGoodbye(conversation);
      },
    };
  },
};

/** CONNECT, and the same for a transcript. Source: stomp.github.io, STOMP 1.2, Connecting. */
function connectFrames(target: Target): { readonly sent: string; readonly shown: string } {
  const credentials = credentialsOf(target);
  const vhost = target.path.length > 1 ? target.path.slice(1) : '/';
  // Nothing is escaped in CONNECT.
  // eslint-disable-next-line no-control-regex -- these would end the header
  if (/[\u0000\r\n]/.test(vhost))
    throw new InvalidOptions('target', 'saw a line end in the path, expected the name of a virtual host');
  const headers: [string, string][] = [
    ['accept-version', '1.0,1.1,1.2'],
    ['host', vhost],
    ['heart-beat', '0,0'],
  ];
  const login = (passcode: string): [string, string][] =>
    credentials === null
      ? []
      : [
          ['login', credentials.username],
          ['passcode', passcode],
        ];
  return {
    sent: encodeFrame('CONNECT', [...headers, ...login(credentials?.password ?? '')]),
    shown: encodeFrame('CONNECT', [...headers, ...login('***')]),
  };
}

async function readConnected(conversation: Conversation, context: Context): Promise<void> {
  // Line ends may come before a frame.
  await expectFirst(conversation, '\r\nCE', 'STOMP');
  const { headers } = await expectFrame(conversation, 'CONNECTED', 'CONNECT');
  context.see({
    // Only 1.0 does not name itself.
    version: headers.get('version') ?? '1.0',
    server: headers.get('server') ?? null,
    session: headers.get('session') ?? null,
  });
}

/** What it answers to says that it has worked on all that came before. */
async function sayGoodbye(conversation: Conversation): Promise<void> {
  await conversation.write(encodeFrame('DISCONNECT', [['receipt', 'puptime-bye']]));
  const { headers } = await expectFrame(conversation, 'RECEIPT', 'DISCONNECT');
  const got = headers.get('receipt-id') ?? null;
  if (got !== 'puptime-bye')
    fail('protocol', 'protocol', `${conversation.peer} sent a receipt for something else`, {
      expected: 'puptime-bye',
      got,
    });
  conversation.end();
}
