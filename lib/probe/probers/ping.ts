import type { FactTable } from '../../words/fact.ts';
import { CannotTell, Fault, InvalidOptions, type ProbeContext, type Prober, type Target } from '../prober.ts';
import { addressOf, requestEchoes } from './ping/echo-requests.ts';
import type { Echoes } from './ping/echoes.ts';
import { PING_OPTIONS, type PingOptions, type PingPlan, planPing } from './ping/ping-plan.ts';

const FACTS = {
  loss: { kind: 'number', unit: 'percent', code: 'loss', meaning: 'packets that no answer came to' },
  sent: { kind: 'number', meaning: 'packets sent' },
  received: { kind: 'number', meaning: 'packets that were answered' },
  rtt_min_ms: {
    kind: 'number',
    unit: 'ms',
    meaning: 'shortest round trip; absent when nothing was answered',
  },
  rtt_avg_ms: { kind: 'number', unit: 'ms', meaning: 'mean round trip; absent when nothing was answered' },
  rtt_max_ms: { kind: 'number', unit: 'ms', meaning: 'longest round trip; absent when nothing was answered' },
} as const satisfies FactTable;

type Context = ProbeContext<typeof FACTS>;

export const ping: Prober<PingOptions, typeof FACTS> = {
  type: 'ping',
  proves:
    'The host answers ICMP echo requests; degraded when some are lost. Done by fping, all hosts in one process, or else by ping, either of which must be installed and may be used without being root. Its duration is the mean round trip.',
  schemes: [{ scheme: 'ping', port: null, shape: 'host' }],
  example: 'ping://router.example.org',
  options: PING_OPTIONS,
  facts: FACTS,
  codes: {
    timeout: 'no echo came back',
    unreachable: 'a router on the way, or this host, says that there is no way there',
    loss: 'some echoes are missing; degraded',
    permission: 'this user may not ping; unknown',
    tool_missing: 'neither fping nor ping is installed; unknown',
  },
  defaults: () => ({
    expect: { loss: '< 100' },
    prefer: { loss: { equals: 0, when: { received: '>= 1' } } },
  }),
  prepare({ target, options, timeout_ms, wanted }) {
    const host = hostOf(target);
    const plan = planPing(options, timeout_ms);
    // Somebody who names `loss` may want a host to be off: then silence is for their expectation to judge.
    const judged = wanted.has('loss');
    return {
      endpoint: { host, port: 0 },
      async run(context) {
        const [error] = await pingAll([context], plan, judged);
        if (error) throw error;
      },
      batch: {
        key: JSON.stringify([plan, judged]),
        run: (contexts) => pingAll(contexts, plan, judged),
      },
    };
  },
};

function hostOf(target: Target | null): string {
  if (target === null || target.host === '')
    throw new InvalidOptions('target', 'it names no host, expected ping://HOST');
  if (target.port !== null)
    throw new InvalidOptions('target', 'it names a port, which a ping has not; expected ping://HOST');
  if (target.path !== '' && target.path !== '/')
    throw new InvalidOptions('target', 'it has a path, which a ping has not; expected ping://HOST');
  return target.host;
}

async function pingAll(
  contexts: readonly Context[],
  plan: PingPlan,
  judged: boolean,
): Promise<readonly (Error | null)[]> {
  const found = await requestEchoes(contexts, plan);
  return Promise.all(
    contexts.map(async (context) => {
      const echoes = found.get(context) ?? new CannotTell('internal', 'fping did not report on this address');
      return echoes instanceof Error ? echoes : report(context, echoes, judged);
    }),
  );
}

/** Reports the facts; gives what is wrong, or null. */
async function report(context: Context, echoes: Echoes, judged: boolean): Promise<Error | null> {
  const { sent, received, rtt, unreachable } = echoes;
  const { ip } = addressOf(context);
  if (sent === 0) return explainUnsent(context, echoes);
  context.see({
    sent,
    received,
    loss: Math.round(((sent - Math.min(received, sent)) / sent) * 1000) / 10,
    rtt_min_ms: rtt?.min ?? null,
    rtt_avg_ms: rtt?.avg ?? null,
    rtt_max_ms: rtt?.max ?? null,
  });
  if (rtt !== null) context.took('first_byte', rtt.avg);
  if (received > 0 || judged) return null;
  const about = { phase: 'connect', expected: 'an answer', got: 0 } as const;
  if (unreachable === null)
    return new Fault({ ...about, code: 'loss', text: `${ip} answered none of ${sent} pings` });
  const text = `${ip} cannot be reached: ${unreachable.by} says ${unreachable.words}`;
  return new Fault({ ...about, code: 'unreachable', text });
}

/** Not a packet went out. Connecting a UDP socket asks the kernel for the way there and sends nothing. */
async function explainUnsent(context: Context, { trouble }: Echoes): Promise<Error> {
  const address = addressOf(context);
  try {
    await context.datagrams({ to: { ...address, port: 9 } });
  } catch (error) {
    if (error instanceof CannotTell) return error;
    if (!(error instanceof Fault)) throw error;
    const text = `${address.ip} cannot be reached: the routes of this host lead nowhere`;
    return new Fault({ code: 'unreachable', phase: 'connect', text });
  }
  const said = trouble === null || trouble === '' ? '' : ` (${trouble})`;
  return new CannotTell('permission', `this host lets no ping out to ${address.ip}${said}: see its firewall`);
}
