import { InvalidOptions, type ProbeContext, type Prober, type Target, fail } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { type NatsInfo, infoFacts, parseInfo } from './nats/info.ts';
import { connectLine } from './nats/connect-line.ts';
import { readGreeting, readUntilPong } from './nats/messages.ts';
import { NATS_CODES, NATS_FACTS, natsDefaults } from './nats/nats-facts.ts';
import { type NatsLogin, loginOf } from './nats/nats-login.ts';
import { NATS_OPTIONS, type NatsOptions } from './nats/nats-options.ts';
import { goRound } from './nats/round-trip.ts';

const PORT = 4222;

type Context = ProbeContext<typeof NATS_FACTS>;

interface Plan {
  readonly tls: 'direct' | 'auto' | 'require' | 'never';
  readonly login: NatsLogin;
  readonly roundtrip: boolean;
}

export const nats: Prober<NatsOptions, typeof NATS_FACTS> = {
  type: 'nats',
  proves:
    'It greets with INFO, does TLS where it offers that, takes the login (user and password, a token, an NKey, or credentials with a JWT) and answers PING; with `roundtrip` it also hands a message on to a subscriber.',
  schemes: [
    { scheme: 'nats', port: PORT, shape: 'host' },
    { scheme: 'natss', port: PORT, tls: true, shape: 'host' },
  ],
  example: 'nats://probe:${NATS_PASSWORD}@nats.example.org',
  options: NATS_OPTIONS,
  facts: NATS_FACTS,
  codes: NATS_CODES,
  proxy: true,
  defaults: (_options, scheme) => natsDefaults(scheme),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected nats://HOST');
    const plan = planNats(target, options);
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial(plan.tls === 'direct' ? { tls: {} } : {});
        const info = await meet(conversation, context, plan);
        await logIn(conversation, context, plan, info);
        if (plan.roundtrip) await goRound(conversation, context);
        conversation.end();
      },
    };
  },
};

function planNats(target: Target, options: NatsOptions): Plan {
  const direct = target.scheme === 'natss';
  if (direct && options.starttls !== undefined)
    throw new InvalidOptions('starttls', 'natss is TLS from the first byte: leave it out');
  return {
    tls: direct ? 'direct' : (options.starttls ?? 'auto'),
    login: loginOf(target, options),
    roundtrip: options.roundtrip ?? false,
  };
}

/** The greeting, and TLS where it is to be. */
async function meet(conversation: Conversation, context: Context, { tls }: Plan): Promise<NatsInfo> {
  const { peer } = conversation;
  const info = parseInfo(await readGreeting(conversation), peer);
  context.see({ ...infoFacts(info), tls: tls === 'direct' });
  if (tls === 'direct') return info;
  const offered = info.tls_required === true || info.tls_available === true;
  if (tls === 'require' && !offered)
    fail('tls_handshake', 'tls', `${peer} does not offer TLS, which is required here`);
  if (tls === 'never' && info.tls_required === true)
    fail('tls_handshake', 'tls', `${peer} wants TLS, but \`starttls: never\` forbids it here`);
  if (tls === 'never' || !offered) return info;
  await conversation.startTls();
  context.see({ tls: true });
  return info;
}

async function logIn(
  conversation: Conversation,
  context: Context,
  { login }: Plan,
  info: NatsInfo,
): Promise<void> {
  const { peer } = conversation;
  if (info.auth_required === true && login.kind === 'none')
    context.show('the server wants a login, and the target has none');
  const nonce = typeof info.nonce === 'string' ? info.nonce : null;
  if (login.kind === 'nkey' && nonce === null)
    fail('auth', 'auth', `${peer} takes no login by a key: its INFO has no nonce to be signed`);
  const { sent, shown } = connectLine(login, conversation.tls() !== null, nonce);
  await conversation.write(`${sent}PING\r\n`, `${shown}PING\r\n`);
  const later = await readUntilPong(conversation, 'CONNECT');
  // A server that shuts down, or a cluster that changes, says so in another INFO.
  for (const text of later.infos) context.see(infoFacts(parseInfo(text, peer)));
}
