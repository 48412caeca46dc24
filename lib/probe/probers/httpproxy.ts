import type { Finding } from '../../words/reason.ts';
import { safeLine } from '../../words/safe-text.ts';
import { Fault, InvalidOptions, type Prepared, type Prober, type Target } from '../prober.ts';
import { TLS_PREFER } from '../wire/certificates.ts';
import type { Conversation } from '../wire/conversation.ts';
import { askForTunnel } from '../wire/http/connect-through.ts';
import { exchangeHttp1 } from '../wire/http/exchange-http1.ts';
import { headerValue } from '../wire/http/header-list.ts';
import { fieldsOf } from '../wire/http/http-request.ts';
import { type Place, authorityOf, hrefOf, placeOfLocation } from '../wire/http/place.ts';
import { proxyRefusal } from '../wire/http/proxy-refusal.ts';
import type { ResponseHead } from '../wire/http/response-head.ts';
import { PROXY_GOAL_SCHEMA, proxyGoal } from '../wire/proxy-goal.ts';
import { type Proxy, proxyAuthorization, showEndpoint } from '../wire/proxy.ts';
import { HTTPPROXY_FACTS, replyOf } from './httpproxy/httpproxy-facts.ts';

const PORT = 3128;
const SECURE = 'httpproxy+https';

interface Options {
  readonly to?: string;
  readonly get?: string;
}

export const httpproxy: Prober<Options, typeof HTTPPROXY_FACTS> = {
  type: 'httpproxy',
  proves:
    'The proxy takes the login and opens a tunnel to HOST:PORT (CONNECT; nothing is sent through it), or, with `get`, brings a page over http. One request.',
  schemes: [
    { scheme: 'httpproxy', port: PORT, shape: 'path' },
    { scheme: SECURE, port: 443, tls: true, shape: 'path' },
  ],
  example: 'httpproxy://probe:${PROXY_PASSWORD}@proxy.example.org/www.example.org:443',
  options: {
    to: PROXY_GOAL_SCHEMA,
    get: {
      type: 'string',
      pattern: '^http://',
      description:
        'URL of a page that it is to bring, instead of a tunnel; http:// only, for https goes through tunnels',
    },
  },
  facts: HTTPPROXY_FACTS,
  proxy: true,
  codes: {
    auth: 'it wants a login (407), or refuses this one; to check that it turns strangers away, expect `reply: auth`',
    status: 'its rules do not allow it, or it answers with an error of its own or, with `get`, of the page’s',
    refused:
      'nothing listens on the port of the proxy (phase connect), or the proxy was refused by what it was to connect to (`reply: refused`)',
    unreachable: 'the proxy finds no way there (502, 503)',
    resolve_failed: 'the proxy does not find the name that it was to connect to',
    timeout: 'it hangs, or says that what it was to connect to does (504)',
    closed: 'it hangs up, or says that the other side did',
    protocol: 'the port is not that of an HTTP proxy',
  },
  defaults: ({ get }, scheme) => ({
    expect: { reply: 'connected', ...(get === undefined ? {} : { status: '< 400' }) },
    prefer: scheme === SECURE ? TLS_PREFER : {},
  }),
  prepare(input) {
    const { target, wanted } = input;
    if (target === null || target.host === '')
      throw new InvalidOptions('target', 'it names no host, expected httpproxy://HOST/HOST:PORT');
    const proxy = proxyAt(target);
    const ask = askingOf(input, target, proxy);
    return {
      endpoint: { host: proxy.host, port: proxy.port },
      async run(context) {
        const dialled = target.scheme === SECURE ? { tls: { alpn: ['http/1.1'] } } : {};
        const conversation = await context.dial(dialled);
        const { head, refusal } = await ask(conversation);
        const via = headerValue(head.headers, 'via');
        context.see({ status: head.status, via: via === null ? null : safeLine(via) });
        if (refusal?.code === 'auth' && !wanted.has('reply')) throw new Fault(refusal);
        if (refusal !== null) context.show(refusal.text);
        context.see({ reply: replyOf(refusal, head.status) });
        conversation.end();
      },
    };
  },
};

function proxyAt({ scheme, host, port, username, password }: Target): Proxy {
  if (username?.includes(':') === true)
    throw new InvalidOptions('target', 'the user name holds a colon, which basic login cannot say');
  return { kind: 'http', host, port: port ?? (scheme === SECURE ? 443 : PORT), username, password };
}

interface Asked {
  readonly head: ResponseHead;
  /** what the proxy says against it */
  readonly refusal: Finding | null;
}

function askingOf(
  { options }: Prepared<Options>,
  target: Target,
  proxy: Proxy,
): (conversation: Conversation) => Promise<Asked> {
  const goal = proxyGoal(target, options.to);
  if (options.get !== undefined) {
    if (goal !== null) throw new InvalidOptions('get', 'it is to lead to HOST:PORT, too: one of them only');
    const place = placeIn(options.get);
    return (conversation) => fetchThrough(conversation, proxy, place);
  }
  if (goal === null)
    throw new InvalidOptions(
      'target',
      'it does not say where the proxy is to lead, expected httpproxy://HOST/HOST:PORT, or `get` with a URL',
    );
  return async (conversation) => {
    const head = await askForTunnel(conversation, proxy, goal);
    const refusal = head.status < 300 ? null : proxyRefusal(head, proxy, showEndpoint(goal), true);
    return { head, refusal };
  };
}

function placeIn(get: string): Place {
  const refuse = (text: string): never => {
    throw new InvalidOptions('get', text);
  };
  const written = get.split('#', 1)[0] ?? '';
  const place = placeOfLocation(written, { scheme: 'http', host: 'localhost', port: 80, path: '/' });
  if (typeof place === 'string') return refuse(`${place}, expected one such as http://example.org/`);
  if (place.scheme !== 'http') refuse('expected http://, for https goes through tunnels: give HOST:PORT');
  return place;
}

/** Asks it for a page by its whole URL (RFC 9112 §3.2.2); of that only the head is read. */
async function fetchThrough(conversation: Conversation, proxy: Proxy, place: Place): Promise<Asked> {
  const request = { method: 'GET', headers: [], authorization: null, body: null, compression: false };
  const fields = fieldsOf(request, place, null, proxyAuthorization(proxy));
  const { head } = await exchangeHttp1(conversation, place, { ...request, target: hrefOf(place) }, fields);
  return { head, refusal: proxyRefusal(head, proxy, authorityOf(place), false) };
}
