import { safeLine } from '../../../words/safe-text.ts';
import { VERSION } from '../../../words/version.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { exchangeHttp1 } from '../../wire/http/exchange-http1.ts';
import { exchangeHttp2 } from '../../wire/http/exchange-http2.ts';
import { type HeaderList, headerValue } from '../../wire/http/header-list.ts';
import { type Place, authorityOf } from '../../wire/http/place.ts';
import type { HttpResponse } from '../../wire/http/response.ts';
import type { DnsContext } from './dns-facts.ts';
import { matchAnswer } from './match-answer.ts';
import type { DnsMessage } from './message.ts';
import type { Query } from './query.ts';

export interface HttpsOptions {
  readonly path: string;
  readonly method: 'GET' | 'POST';
}

const MEDIA_TYPE = 'application/dns-message';
const LONGEST = 65_535;

/** What of `HttpsOptions` an exchange is, and with whom. */
interface HttpsAsking extends HttpsOptions {
  readonly host: string;
  readonly port: number;
}

/** Asks over HTTPS (RFC 8484), in HTTP/2 or 1.1 as ALPN has agreed. Redirects are not followed. */
export async function askHttps(
  context: DnsContext,
  conversation: Conversation,
  asking: HttpsAsking,
  query: Query,
  onHttpStatus: (status: number) => void,
): Promise<DnsMessage> {
  const { peer } = conversation;
  const response = await exchange(context, conversation, asking, query);
  const { status, headers } = response.head;
  onHttpStatus(status);
  if (status < 200 || status > 299) {
    fail('status', 'protocol', `${peer} answers HTTP ${String(status)} at ${asking.path}, expected 200`, {
      expected: 200,
      got: status,
    });
  }
  const type = headerValue(headers, 'content-type') ?? 'no type';
  if (type.split(';')[0]?.trim().toLowerCase() !== MEDIA_TYPE) {
    fail(
      'protocol',
      'protocol',
      `${peer} answers with ${safeLine(type, 60)} at ${asking.path}, expected ${MEDIA_TYPE}`,
    );
  }
  const matched = matchAnswer(await readBody(response, peer), query);
  if (matched.kind === 'answer') return matched.message;
  return fail('protocol', 'protocol', `${peer} sent a wrong answer: ${safeLine(matched.why, 250)}`);
}

async function exchange(
  context: DnsContext,
  conversation: Conversation,
  { host, port, path, method }: HttpsAsking,
  query: Query,
): Promise<HttpResponse> {
  const inPath = `${path}${path.includes('?') ? '&' : '?'}dns=${query.bytes.toString('base64url')}`;
  const place: Place = { scheme: 'https', host, port, path: method === 'GET' ? inPath : path };
  const fields: HeaderList = [
    ['host', authorityOf(place)],
    ['user-agent', `puptime/${VERSION}`],
    ['accept', MEDIA_TYPE],
  ];
  const sent: HeaderList = [
    ['content-type', MEDIA_TYPE],
    ['content-length', String(query.bytes.length)],
  ];
  const request = { method, body: method === 'GET' ? null : query.bytes };
  const all = method === 'GET' ? fields : [...fields, ...sent];
  return conversation.tls()?.alpn === 'h2'
    ? exchangeHttp2(conversation, place, request, all, context)
    : exchangeHttp1(conversation, place, request, all);
}

async function readBody(response: HttpResponse, peer: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response.body()) {
    pieces.push(piece);
    size += piece.length;
    if (size > LONGEST)
      fail('too_large', 'protocol', `${peer} answers with more than ${String(LONGEST)} bytes`);
  }
  return Buffer.concat(pieces);
}
