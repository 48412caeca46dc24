import { parseForeignJson } from '../../../words/foreign-json.ts';
import type { Json } from '../../../words/json.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { type Address, type ProbeContext, fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { readDecoded } from '../../wire/http/content-decoding.ts';
import { exchangeHttp1 } from '../../wire/http/exchange-http1.ts';
import { type HeaderList, headerValue, itemsOf } from '../../wire/http/header-list.ts';
import { fieldsOf } from '../../wire/http/http-request.ts';
import { type Place, authorityOf, placeOfLocation } from '../../wire/http/place.ts';
import { receiveBody } from '../../wire/http/received-body.ts';
import { resolvesNames } from '../../wire/proxy.ts';

export interface RdapAnswer {
  readonly status: number;
  readonly headers: HeaderList;
  /** undefined when the body is none */
  readonly json: Json | undefined;
  /** who answered: host, and port where it is not the usual one */
  readonly who: string;
}

type Context = Pick<ProbeContext, 'dial' | 'resolve' | 'proxy' | 'enter'>;

const MOST_HOPS = 5;
const LONGEST = 2 ** 20;
const REDIRECTS = [301, 302, 303, 307, 308];

/** Asks at `start`, and where that sends us (RFC 7480 §5.2); each over a connection of its own. Throws Faults. */
export async function askRdap(start: Place, context: Context): Promise<RdapAnswer> {
  let place = start;
  for (let hop = 0; hop <= MOST_HOPS; hop += 1) {
    const conversation = await dialPlace(place, start, context);
    const who = authorityOf(place);
    const request = { method: 'GET', headers: ACCEPT, authorization: null, body: null, compression: true };
    const { head, body } = await exchangeHttp1(conversation, place, request, fieldsOf(request, place, null));
    const location = headerValue(head.headers, 'location');
    if (!REDIRECTS.includes(head.status) || location === null) {
      const received = receiveBody({ kept: LONGEST, longest: LONGEST });
      await readDecoded(body(), itemsOf(headerValue(head.headers, 'content-encoding')), received);
      conversation.destroy();
      const json = parseForeignJson(received.beginning().toString('utf8'));
      return { status: head.status, headers: head.headers, json, who };
    }
    conversation.destroy();
    place = nextPlace(location, place, who);
  }
  return fail(
    'redirect',
    'protocol',
    `${authorityOf(start)} sends us on more than ${String(MOST_HOPS)} times`,
  );
}

const ACCEPT: HeaderList = [['accept', 'application/rdap+json, application/json']];

function nextPlace(location: string, from: Place, who: string): Place {
  const place = placeOfLocation(location, from);
  if (typeof place === 'string')
    return fail('redirect', 'protocol', `${who} sends us to "${safeLine(location, 100)}": ${place}`);
  if (from.scheme === 'https' && place.scheme === 'http')
    fail('redirect', 'protocol', `${who} sends us out of TLS, to ${safeLine(authorityOf(place), 100)}`);
  return place;
}

async function dialPlace(place: Place, start: Place, context: Context): Promise<Conversation> {
  const { host, port } = place;
  const isStart = host === start.host;
  const tls =
    place.scheme === 'https' ? { tls: { alpn: ['http/1.1'], ...(isStart ? {} : { serverName: host }) } } : {};
  if (isStart && port === start.port) return context.dial(tls);
  if (resolvesNames(context.proxy)) return context.dial({ ...tls, toName: { host, port } });
  context.enter('resolve');
  const [to]: readonly (Address | undefined)[] = await context.resolve(host, port);
  return context.dial(to === undefined ? tls : { ...tls, to });
}
