import { parseForeignJson } from '../../../words/foreign-json.ts';
import { Fault, type ProbeContext, fail } from '../../prober.ts';
import { type Answer, shortPath } from './answer.ts';
import { textOf } from './body-facts.ts';
import { readDecoded } from './content-decoding.ts';
import { exchangeHttp1 } from './exchange-http1.ts';
import { type HeaderList, headerValue, itemsOf } from './header-list.ts';
import { fieldsOf } from './http-request.ts';
import { type Place, authorityOf } from './place.ts';
import { proxyRefusal } from './proxy-refusal.ts';
import { receiveBody } from './received-body.ts';
import { relayOf } from './relay.ts';

export interface Question {
  readonly method?: string;
  readonly body?: Buffer;
  readonly type?: string;
}

/** One request over a connection of its own. 401 and 403 are faults, unless `mayRefuse`. */
export type Ask = (path: string, question?: Question, mayRefuse?: boolean) => Promise<Answer>;

export interface Asked {
  /** its path stands before each one that is asked for */
  readonly place: Place;
  readonly authorization: string | null;
  readonly headers: HeaderList;
  /** a Unix socket instead of the place’s host */
  readonly socket: string | null;
}

type Context = Pick<ProbeContext, 'dial' | 'proxy'>;

const LONGEST = 8 * 2 ** 20;

export function createAsk({ place, authorization, headers, socket }: Asked, context: Context): Ask {
  return async (path, { method = 'GET', body = null, type } = {}, mayRefuse = false) => {
    const at: Place = { ...place, path: place.path + path };
    const answer = await exchange(at, socket, context, {
      method,
      body,
      authorization,
      headers: type === undefined ? headers : [...headers, ['content-type', type]],
      compression: true,
    });
    if (!mayRefuse && (answer.status === 401 || answer.status === 403)) {
      const what = authorization === null ? 'it wants a login' : 'the login was refused';
      fail('auth', 'auth', `${what} (${String(answer.status)} for ${shortPath(path)})`, {
        got: answer.status,
      });
    }
    return { ...answer, path };
  };
}

async function exchange(
  place: Place,
  socket: string | null,
  context: Context,
  request: Parameters<typeof fieldsOf>[0],
): Promise<Omit<Answer, 'path'>> {
  const relay = socket === null ? relayOf(place, context.proxy) : null;
  const tls = place.scheme === 'https' ? { tls: { alpn: ['http/1.1'] } } : {};
  const route = socket === null ? tls : { path: socket };
  const conversation = await context.dial(relay === null ? route : { untunnelled: true });
  const fields = fieldsOf(request, place, null, relay?.authorization ?? null);
  const sent = relay === null ? request : { ...request, target: relay.target };
  const response = await exchangeHttp1(conversation, place, sent, fields);
  const { head } = response;
  const refusal = relay === null ? null : proxyRefusal(head, relay.proxy, authorityOf(place), false);
  if (refusal !== null) throw new Fault(refusal);
  const body = receiveBody({ kept: LONGEST, longest: LONGEST });
  await readDecoded(response.body(), itemsOf(headerValue(head.headers, 'content-encoding')), body);
  conversation.destroy();
  const bytes = body.beginning();
  const text = textOf(bytes, headerValue(head.headers, 'content-type'));
  return { status: head.status, headers: head.headers, bytes, text, json: parseForeignJson(text) };
}
