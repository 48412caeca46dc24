import { type Address, Fault } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import type { HttpContext } from './http-facts.ts';
import type { Place } from '../../wire/http/place.ts';
import type { Plan } from './plan.ts';

/** A connection to the place: to the address being probed when the host is the same, else to the first that takes one. */
export async function openConnection(place: Place, plan: Plan, context: HttpContext): Promise<Conversation> {
  const alpn = { auto: ['h2', 'http/1.1'], '1.1': ['http/1.1'], '2': ['h2'] }[plan.version];
  const { host, port } = plan.first.place;
  const name = place.host === host ? {} : { serverName: place.host };
  const tls = place.scheme === 'https' ? { tls: { ...name, alpn } } : {};
  if (place.host === host && place.port === port) return context.dial(tls);
  const addresses = await addressesOf(place, place.host === host ? context.address : null, context);
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
