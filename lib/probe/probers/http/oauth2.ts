import { parseForeignJson } from '../../../words/foreign-json.ts';
import { isObject, type Json } from '../../../words/json.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { Fault, InvalidOptions } from '../../prober.ts';
import { exchangeHttp1 } from '../../wire/http/exchange-http1.ts';
import { headerValue, itemsOf } from '../../wire/http/header-list.ts';
import { type Place, authorityOf, hrefOf, placeOfLocation } from '../../wire/http/place.ts';
import { proxyRefusal } from '../../wire/http/proxy-refusal.ts';
import { readDecoded } from '../../wire/http/content-decoding.ts';
import type { HttpContext } from './http-facts.ts';
import { type HttpRequest, fieldsOf } from '../../wire/http/http-request.ts';
import { relayOf } from '../../wire/http/relay.ts';
import { openConnection } from './open-connection.ts';
import type { Plan } from './plan.ts';
import { receiveBody } from '../../wire/http/received-body.ts';

/** `auth: {oauth2: …}`: a token by client credentials (RFC 6749 §4.4). */
export interface Oauth2Options {
  readonly token_url: string;
  readonly client_id: string;
  readonly client_secret: string;
  readonly scope?: string;
  readonly audience?: string;
  readonly client_auth?: 'basic' | 'body';
}

/** Where the token is asked for, and how. */
export interface TokenRequest {
  readonly place: Place;
  readonly request: HttpRequest;
}

const LONGEST_ANSWER = 64 * 1024;

/** Throws InvalidOptions. */
export function prepareTokenRequest(options: Oauth2Options): TokenRequest {
  const { client_id, client_secret, scope, audience, client_auth = 'basic' } = options;
  const nowhere: Place = { scheme: 'https', host: 'localhost', port: 443, path: '/' };
  const written = options.token_url;
  const place = /^https?:\/\//i.test(written) ? placeOfLocation(written, nowhere) : 'it has no https://';
  if (typeof place === 'string')
    throw new InvalidOptions(
      'auth.oauth2.token_url',
      `${place}, expected such as https://login.example.org/token`,
    );
  const fields = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope === undefined ? {} : { scope }),
    ...(audience === undefined ? {} : { audience }),
    ...(client_auth === 'body' ? { client_id, client_secret } : {}),
  });
  return {
    place,
    request: {
      method: 'POST',
      headers: [
        ['accept', 'application/json'],
        ['content-type', 'application/x-www-form-urlencoded'],
      ],
      authorization: client_auth === 'basic' ? basicOf(client_id, client_secret) : null,
      body: Buffer.from(fields.toString()),
      compression: false,
    },
  };
}

/** RFC 6749 §2.3.1: each is form-encoded first. */
function basicOf(id: string, secret: string): string {
  const encoded = [id, secret].map((text) => new URLSearchParams([['', text]]).toString().slice(1));
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`;
}

/** The Authorization field with a new token. Whatever is wrong with the way to it is a fault of the login. */
export async function askToken(
  { place, request }: TokenRequest,
  plan: Pick<Plan, 'target'>,
  context: HttpContext,
): Promise<string> {
  try {
    const { status, text } = await ask(place, request, plan, context);
    const answer = parseForeignJson(text);
    const token = tokenOf(answer);
    if (status >= 200 && status < 300 && token !== null) {
      context.conceal(token);
      return `Bearer ${token}`;
    }
    throw refusal(place, describe(status, answer));
  } catch (error) {
    if (error instanceof Fault && error.finding.phase !== 'auth') throw refusal(place, error.finding.text);
    throw error;
  }
}

async function ask(place: Place, request: HttpRequest, plan: Pick<Plan, 'target'>, context: HttpContext) {
  const conversation = await openConnection(place, { ...plan, version: '1.1' }, context);
  const relay = relayOf(place, context.proxy);
  const fields = fieldsOf(request, place, null, relay?.authorization ?? null);
  const sent = { ...request, shown: '***', ...(relay === null ? {} : { target: relay.target }) };
  const response = await exchangeHttp1(conversation, place, sent, fields);
  const refused = relay === null ? null : proxyRefusal(response.head, relay.proxy, authorityOf(place), false);
  if (refused !== null) throw new Fault(refused);
  const { headers, status } = response.head;
  const body = receiveBody({ kept: LONGEST_ANSWER, longest: LONGEST_ANSWER });
  await readDecoded(response.body(), itemsOf(headerValue(headers, 'content-encoding')), body);
  conversation.destroy();
  return { status, text: body.beginning().toString('utf8') };
}

/** RFC 6749 §5.1, RFC 6750 §2.1. */
function tokenOf(answer: Json | undefined): string | null {
  if (!isObject(answer)) return null;
  const { access_token, token_type } = answer;
  if (typeof access_token !== 'string' || !/^[\x21-\x7e]+$/.test(access_token)) return null;
  return typeof token_type === 'string' && token_type.toLowerCase() !== 'bearer' ? null : access_token;
}

/** RFC 6749 §5.2. */
function describe(status: number, answer: Json | undefined): string {
  const { error, error_description } = isObject(answer) ? answer : {};
  const words = [error, error_description].filter((one) => typeof one === 'string').join(': ');
  if (words !== '') return `${String(status)}, ${safeLine(words, 200)}`;
  return `${String(status)} without a bearer token in JSON`;
}

function refusal(place: Place, why: string): Fault {
  const text = `no token from ${safeLine(hrefOf({ ...place, path: place.path.split('?', 1)[0] ?? '/' }), 100)}: ${why}`;
  return new Fault({ code: 'auth', phase: 'auth', text });
}
