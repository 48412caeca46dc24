import { Fault, fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { exchangeHttp1 } from '../../wire/http/exchange-http1.ts';
import { exchangeHttp2 } from '../../wire/http/exchange-http2.ts';
import { type Place, authorityOf } from '../../wire/http/place.ts';
import { proxyRefusal } from '../../wire/http/proxy-refusal.ts';
import type { HttpResponse } from '../../wire/http/response.ts';
import type { HttpContext } from './http-facts.ts';
import { type HttpRequest, fieldsOf } from '../../wire/http/http-request.ts';
import { relayOf } from '../../wire/http/relay.ts';
import { openConnection } from './open-connection.ts';
import type { Plan } from './plan.ts';

/** An answer whose body is still to come, and the connection that it comes over; null where a tool has it. */
export interface Exchanged {
  readonly response: HttpResponse;
  readonly conversation: Conversation | null;
}

/** One request over a connection of its own, in the version of HTTP that the two agree on. */
export async function exchange(
  place: Place,
  request: HttpRequest,
  cookies: string | null,
  plan: Pick<Plan, 'target' | 'version'>,
  context: HttpContext,
): Promise<Exchanged> {
  if (plan.version === '3') {
    const { exchangeHttp3 } = await import('./exchange-http3.ts');
    return { response: await exchangeHttp3(place, request, cookies, plan, context), conversation: null };
  }
  const relay = plan.version === '2' ? null : relayOf(place, context.proxy);
  const conversation = await openConnection(place, plan, context);
  context.see({ ip: relay === null ? (conversation.address?.ip ?? null) : null });
  const fields = fieldsOf(request, place, cookies, relay?.authorization ?? null);
  const agreed = conversation.tls()?.alpn ?? null;
  if (plan.version === '2' && place.scheme === 'https' && agreed !== 'h2') {
    fail('protocol', 'protocol', `${conversation.peer} does not offer HTTP/2, which http_version asks for`);
  }
  const isSecond =
    plan.version !== '1.1' && (agreed === 'h2' || (plan.version === '2' && place.scheme === 'http'));
  const response = isSecond
    ? await exchangeHttp2(conversation, place, request, fields, context)
    : await exchangeHttp1(
        conversation,
        place,
        relay === null ? request : { ...request, target: relay.target },
        fields,
      );
  const refusal = relay === null ? null : proxyRefusal(response.head, relay.proxy, authorityOf(place), false);
  if (refusal !== null) throw new Fault(refusal);
  return { response, conversation };
}
