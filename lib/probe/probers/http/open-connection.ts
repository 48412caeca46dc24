import { type Address, type DialOptions, Fault } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { resolvesNames } from '../../wire/proxy.ts';
import { relayOf } from '../../wire/http/relay.ts';
import type { HttpContext } from './http-facts.ts';
import type { Place } from '../../wire/http/place.ts';
import type { Plan } from './plan.ts';

type Route = Pick<Plan, 'target' | 'version'>;

/** A connection to the place: to the address being probed when the host is the same, else to the first that takes one. */
export async function openConnection(place: Place, plan: Route, context: HttpContext): Promise<Conversation> {
  const alpn = { auto: ['h2', 'http/1.1'], '1.1': ['http/1.1'], '2': ['h2'], '3': ['h3'] }[plan.version];
  const { host, port } = plan.target;
  const name = place.host === host ? {} : { serverName: place.host };
  const tls = place.scheme === 'https' ? { tls: { ...name, alpn } } : {};
  if (plan.version !== '2' && relayOf(place, context.proxy) !== null)
    return context.dial({ untunnelled: true });
  if (place.host === host && place.port === port) return context.dial(tls);
  if (resolvesNames(context.proxy))
    return context.dial({ ...tls, toName: { host: place.host, port: place.port } });
  return dialFirst(
    await addressesOf(place, place.host === host ? context.address : null, context),
    tls,
    context,
  );
}

async function dialFirst(
  addresses: readonly Address[],
  tls: DialOptions,
  context: HttpContext,
): Promise<Conversation> {
  for (const to of addresses.slice(0, -1)) {
    try {
      return await context.dial({ ...tls, to });
    } catch (error) {
      if (!(error instanceof Fault) || error.finding.phase !== 'connect' || context.signal.aborted)
        throw error;
    }
  }
  const last = addresses.at(-1);
  return context.dial(last === undefined ? tls : { ...tls, to: last });
}

async function addressesOf(
  place: Place,
  probed: Address | null,
  context: HttpContext,
): Promise<readonly Address[]> {
  if (probed !== null) return [{ ...probed, port: place.port }];
  context.enter('resolve');
  const addresses = await context.resolve(place.host, place.port);
  const family = context.address?.family;
  return [
    ...addresses.filter((one) => one.family === family),
    ...addresses.filter((one) => one.family !== family),
  ];
}
