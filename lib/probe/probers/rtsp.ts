import type { FactTable, FactsOf } from '../../words/fact.ts';
import type { JsonSchema } from '../../words/json.ts';
import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, type ProbeContext, type Prober, type Target } from '../prober.ts';
import { TLS_FACTS, TLS_PREFER } from '../wire/certificates.ts';
import { listOf } from '../wire/text-message.ts';
import { type RtspAnswer, type RtspSession, ask } from './rtsp/ask.ts';

const PORTS = { rtsp: 554, rtsps: 322 } as const;
const MOST_LINES = 1000;

interface RtspOptions {
  readonly allow_plaintext?: boolean;
}

const OPTIONS: { readonly [key: string]: JsonSchema } = {
  allow_plaintext: {
    type: 'boolean',
    description:
      'true: the password may be sent as it is (Basic) without TLS, where the server does not offer Digest (default false)',
  },
};

const FACTS = {
  status: {
    kind: 'number',
    code: 'status',
    codes: { 401: 'auth', 403: 'auth', 453: 'overloaded', 503: 'overloaded' },
    meaning:
      'status of the last answer (to DESCRIBE when the target has a path, else to OPTIONS): 200 is success, 401 it wants a login or refuses ours, 404 it has no such stream, 453 not enough bandwidth, 503 unavailable',
  },
  reason: { kind: 'text', meaning: 'the words that come with the status' },
  server: { kind: 'word', meaning: 'what it calls itself; absent when it does not say' },
  methods: { kind: 'list', meaning: 'methods that it takes, in upper case; absent when it does not say' },
  location: {
    kind: 'text',
    meaning: 'where it sends us (status 300 to 399), which is not followed; else absent',
  },
  title: { kind: 'text', meaning: 'name of the session that it describes; absent without a path' },
  media: {
    kind: 'list',
    meaning: 'kind of each stream of the session, such as video, audio, application; absent without a path',
  },
  description: {
    kind: 'text',
    big: true,
    meaning: 'the whole description of the session (SDP); absent without a path',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

type Context = ProbeContext<typeof FACTS>;

export const rtsp: Prober<RtspOptions, typeof FACTS> = {
  type: 'rtsp',
  proves:
    'It answers OPTIONS; when the target has a path, it describes that stream too (DESCRIBE), with the login of the target if it asks for one (Digest, Basic). One connection, a request for each of these; nothing is set up or played.',
  schemes: [
    { scheme: 'rtsp', port: PORTS.rtsp, shape: 'path' },
    { scheme: 'rtsps', port: PORTS.rtsps, tls: true, shape: 'path' },
  ],
  example: 'rtsp://camera.example.org/stream1',
  options: OPTIONS,
  facts: FACTS,
  codes: {
    status:
      'it answers with another status than success, which is in the fact `status`: 404, it has no such stream',
    auth: 'it refuses the login, wants one and there is none, or takes the password only in the clear',
    overloaded: 'status 453 or 503: it has no bandwidth or room left',
  },
  proxy: true,
  defaults: (_options, scheme) => ({
    expect: { status: { min: 200, max: 299 } },
    ...(scheme === 'rtsps' ? { prefer: TLS_PREFER } : {}),
  }),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected rtsp://HOST/STREAM');
    const direct = target.scheme === 'rtsps';
    const login = loginOf(target);
    const url = urlOf(target);
    const describes = target.raw !== '' && target.raw !== '/';
    return {
      endpoint: { host: target.host, port: target.port ?? (direct ? PORTS.rtsps : PORTS.rtsp) },
      async run(context) {
        const conversation = await context.dial(direct ? { tls: {} } : {});
        const mayShow = direct || options.allow_plaintext === true;
        let sequence = 0;
        const nextSequence = () => (sequence += 1);
        await talk({ conversation, url, login, mayShow, nextSequence }, context, describes);
        conversation.end();
      },
    };
  },
};

async function talk(session: RtspSession, context: Context, describes: boolean): Promise<void> {
  const options = await ask(session, 'OPTIONS');
  see(context, options);
  // A server may want a login for this already, or know only what it is there for.
  const goesOn = options.head.status < 300 || [405, 501].includes(options.head.status);
  if (!describes || !goesOn) return;
  const description = await ask(session, 'DESCRIBE');
  see(context, description);
  if (description.head.status < 300) context.see(sessionFacts(description.body.toString('utf8')));
}

function see({ see: report }: Context, { head }: RtspAnswer): void {
  const { status, reason, fields } = head;
  const [server, location] = [fields.get('server')?.[0], fields.get('location')?.[0]];
  report({
    status,
    reason,
    ...(server === undefined ? {} : { server: safeLine(server) }),
    ...(location === undefined ? {} : { location }),
    ...(fields.has('public') ? { methods: listOf(head, 'public').map((one) => one.toUpperCase()) } : {}),
  });
}

/** Source: RFC 8866 §5.3, §5.14. */
function sessionFacts(description: string): FactsOf<typeof FACTS> {
  const lines = description.split(/\r?\n/, MOST_LINES);
  const title = lines.find((line) => line.startsWith('s='))?.slice(2);
  const media = lines
    .filter((line) => line.startsWith('m='))
    .map((line) => safeLine(line.slice(2).split(' ', 1)[0] ?? '', 40));
  return { description, media, ...(title === undefined ? {} : { title }) };
}

function loginOf({ username, password }: Target): RtspSession['login'] {
  if (username === null && password === null) return null;
  if (username === null || password === null)
    throw new InvalidOptions('target', 'a login needs both, expected rtsp://USER:PASSWORD@HOST/STREAM');
  return { username, password };
}

/** As requests name it, without the login. */
function urlOf({ scheme, host, port, raw }: Target): string {
  const where = host.includes(':') ? `[${host}]` : host;
  return `${scheme}://${where}${port === null ? '' : `:${String(port)}`}${raw.startsWith('/') ? raw : `/${raw}`}`;
}
