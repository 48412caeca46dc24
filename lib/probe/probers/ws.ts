import { InvalidOptions, PLACEHOLDER, type Prober, type Target } from '../prober.ts';
import { TLS_PREFER } from '../wire/certificates.ts';
import { authorizationOf } from '../wire/http/authorization.ts';
import { type Place, placeOfTarget } from '../wire/http/place.ts';
import { OURS, headersOf } from '../wire/http/written-headers.ts';
import { type Upgrade, upgrade } from './ws/upgrade.ts';
import { prepareTalk } from './ws/talk.ts';
import { WS_FACTS } from './ws/ws-facts.ts';
import { WS_OPTIONS, type WsOptions } from './ws/ws-options.ts';

/** What the handshake says itself. */
const OURS_TOO = [...OURS, 'sec-websocket-key', 'sec-websocket-version', 'sec-websocket-extensions'];

export const ws: Prober<WsOptions, typeof WS_FACTS> = {
  type: 'ws',
  proves:
    'The server upgrades the connection (101 with the right Sec-WebSocket-Accept), answers a ping with a pong and, with `send` or `dialogue`, says what it should.',
  schemes: [
    { scheme: 'ws', port: 80, shape: 'path' },
    { scheme: 'wss', port: 443, tls: true, shape: 'path' },
  ],
  example: 'wss://example.org/socket',
  options: WS_OPTIONS,
  facts: WS_FACTS,
  proxy: true,
  codes: {
    status: 'it answered with another status than 101, or closed with 1011: see the server’s log',
    auth: 'the login was refused (401), or it closed with 1008 (policy)',
    closed: 'it closed before everything was said: `close_code` and `close_reason` say why',
    overloaded: 'it closed with 1012 or 1013: it restarts, or asks to try again later',
    protocol: 'it breaks RFC 6455: a wrong accept key, a masked frame, text that is no UTF-8 …',
    too_large: 'a message is longer than `max_message`',
    timeout: 'it did not upgrade, say what was expected, or answer a ping in time',
  },
  defaults: (_options, scheme) => ({
    expect: { status: 101 },
    ...(scheme === 'wss' ? { prefer: TLS_PREFER } : {}),
  }),
  prepare({ target, options, wanted }) {
    const place = placeOf(target);
    const asked: Upgrade = {
      place,
      headers: headersOf(options.headers, 'headers', OURS_TOO),
      authorization: target === null ? null : authorizationOf(target, options.auth),
      origin: options.origin ?? null,
      subprotocols: [options.subprotocol ?? []].flat().map(checkToken),
    };
    const talk = prepareTalk(options, wanted);
    return {
      endpoint: { host: place.host, port: place.port },
      async run(context) {
        const tls = place.scheme === 'https' ? { tls: { alpn: ['http/1.1'] } } : {};
        const conversation = await context.dial(tls);
        if (await upgrade(conversation, asked, context)) await talk(conversation, context);
      },
    };
  },
};

/** The place of the handshake, which is a request of HTTP (RFC 6455 §3). */
function placeOf(target: Target | null): Place {
  const scheme = target?.scheme === 'wss' ? 'https' : 'http';
  const place = target === null ? null : placeOfTarget({ ...target, scheme });
  if (place === null || place.host === '')
    throw new InvalidOptions('target', 'it names no host, expected wss://HOST/PATH');
  return place;
}

function checkToken(text: string): string {
  if (text !== PLACEHOLDER && !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/.test(text))
    throw new InvalidOptions(
      'subprotocol',
      'saw a blank or special character in it, expected a name such as mqtt',
    );
  return text;
}
