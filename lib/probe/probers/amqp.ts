import type { FactsOf } from '../../words/fact.ts';
import { safeLine } from '../../words/safe-text.ts';
import { Fault, InvalidOptions, type ProbeContext, type Prober, fail } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { AMQP_CODES, AMQP_FACTS, amqpDefaults } from './amqp/amqp-facts.ts';
import { AMQP_OPTIONS, type AmqpOptions, type AmqpPlan, planAmqp } from './amqp/amqp-options.ts';
import { lookAtExchange, lookAtQueue, openForAsking, readAlarm, roundTrip } from './amqp/checks.ts';
import { type Login, type Start, greet, leave, open } from './amqp/session.ts';

const PORTS = { amqp: 5672, amqps: 5671 } as const;

type Context = ProbeContext<typeof AMQP_FACTS>;

export const amqp: Prober<AmqpOptions, typeof AMQP_FACTS> = {
  type: 'amqp',
  proves:
    'The broker speaks AMQP 0-9-1, takes the login, opens the virtual host (the path of the target, %2F or none for /) and is not blocked by a memory or disk alarm; with `queue` or `exchange`, it has that; with `roundtrip`, it takes a message and hands it on. Without a user in the target: only that it offers a login.',
  schemes: [
    { scheme: 'amqp', port: PORTS.amqp, shape: 'path' },
    { scheme: 'amqps', port: PORTS.amqps, tls: true, shape: 'path' },
  ],
  example: 'amqps://probe:${AMQP_PASSWORD}@broker.example.org/orders',
  options: AMQP_OPTIONS,
  facts: AMQP_FACTS,
  codes: AMQP_CODES,
  defaults: (_options, scheme) => amqpDefaults(scheme),
  prepare({ target, options, timeout_ms }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected amqp://HOST');
    const plan = planAmqp(target, options);
    const tls = target.scheme === 'amqps';
    // A broker that is blocked does not read that we are gone: its heartbeat finds out.
    const heartbeat_s = Math.min(60, Math.max(10, Math.ceil(timeout_ms / 1000)));
    return {
      endpoint: { host: target.host, port: target.port ?? (tls ? PORTS.amqps : PORTS.amqp) },
      async run(context) {
        const conversation = await context.dial(tls ? { tls: {} } : {});
        const start = await greet(conversation);
        context.see(startFacts(start));
        const login = chooseLogin(start, plan, context, conversation);
        context.see({ login: login !== null });
        if (login === null) return;
        await open(conversation, login, plan.vhost, heartbeat_s);
        try {
          const listens = await look(conversation, start, context, plan);
          if (listens) await leave(conversation);
        } catch (error) {
          if (error instanceof Fault && SPOKEN.has(error.finding.code)) await leave(conversation);
          throw error;
        }
      },
    };
  },
};

/** After these the broker still listens. */
const SPOKEN: ReadonlySet<string> = new Set(['status', 'auth', 'overloaded']);

function startFacts({ properties, mechanisms }: Start): FactsOf<typeof AMQP_FACTS> {
  const word = (name: string) => {
    const value = properties.get(name);
    return typeof value === 'string' ? safeLine(value, 200) : null;
  };
  return {
    product: word('product'),
    version: word('version'),
    cluster_name: word('cluster_name'),
    mechanisms: mechanisms.map((name) => safeLine(name, 40)),
  };
}

/** Null: there is nobody to log in as, and nothing to log in for. */
function chooseLogin(
  { mechanisms }: Start,
  { credentials, needsLogin }: AmqpPlan,
  { tls }: Context,
  { peer }: Conversation,
): Login | null {
  const mine: readonly Login['mechanism'][] =
    credentials !== null
      ? ['PLAIN', 'AMQPLAIN']
      : tls.cert === undefined
        ? ['ANONYMOUS']
        : ['EXTERNAL', 'ANONYMOUS'];
  const mechanism = mine.find((name) => mechanisms.includes(name));
  if (mechanism !== undefined)
    return { mechanism, username: credentials?.username ?? '', password: credentials?.password ?? '' };
  if (credentials === null && !needsLogin) return null;
  const offered = safeLine(mechanisms.join(', '), 100);
  return fail('auth', 'auth', `${peer} offers ${offered} to log in, expected one of ${mine.join(', ')}`);
}

/** Gives whether the broker still listens, which it does not once it is blocked. */
async function look(
  conversation: Conversation,
  { capabilities }: Start,
  context: Context,
  { queue, exchange, alarms, roundtrip }: AmqpPlan,
): Promise<boolean> {
  if (queue !== null || exchange !== null || roundtrip) await openForAsking(conversation);
  if (exchange !== null) await lookAtExchange(conversation, exchange);
  if (queue !== null) context.see(await lookAtQueue(conversation, queue));
  if (alarms && capabilities.has('connection.blocked')) {
    const alarm = await readAlarm(conversation);
    context.see({ blocked: alarm !== null, ...(alarm === null ? {} : { blocked_by: safeLine(alarm, 100) }) });
    if (alarm !== null) return false;
  }
  if (!roundtrip) return true;
  const before_ms = context.remaining_ms();
  await roundTrip(conversation);
  context.see({ roundtrip_ms: Math.round((before_ms - context.remaining_ms()) * 100) / 100 });
  return true;
}
