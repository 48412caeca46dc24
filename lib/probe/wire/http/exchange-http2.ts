import { once } from 'node:events';
import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
import { Fault, type ProbeContext } from '../../prober.ts';
import type { Conversation } from '../conversation.ts';
import { mayHaveBody } from './framing.ts';
import { type HeaderList, withoutSecrets } from './header-list.ts';
import { type Http2Line, openHttp2Line } from './http2-line.ts';
import type { SentRequest } from './sent-request.ts';
import type { Place } from './place.ts';
import type { HttpResponse } from './response.ts';
import type { ResponseHead } from './response-head.ts';

/** Sends one request over HTTP/2 (RFC 9113) on a connection of its own, and reads the head of its answer. */
export async function exchangeHttp2(
  conversation: Conversation,
  place: Place,
  request: SentRequest,
  fields: HeaderList,
  context: Pick<ProbeContext, 'enter' | 'signal'>,
): Promise<HttpResponse> {
  const line = await openHttp2Line(conversation, place, context);
  context.enter('first_byte');
  const stream = line.session.request(headersOf(request, place, fields), {
    endStream: request.body === null,
  });
  let trailers: HeaderList = [];
  stream.on('error', line.note).on('trailers', (fields: IncomingHttpHeaders) => (trailers = listOf(fields)));
  conversation.overheard.sent(shownHead(request, place, fields));
  if (request.body !== null) stream.end(request.body);
  const head = await readHead(stream, line);
  context.enter('transfer');
  conversation.overheard.received(
    [
      `HTTP/2 ${String(head.status)}`,
      ...head.headers.map(([name, value]) => `${name}: ${value}`),
      '',
      '',
    ].join('\r\n'),
  );
  return {
    head,
    body: () => readBody(stream, line, mayHaveBody(request.method, head.status)),
    trailers: () => trailers,
  };
}

/** What was sent, in the words of HTTP/1.1: of the frames nothing could be read. */
function shownHead(request: SentRequest, place: Place, fields: HeaderList): string {
  const lines = withoutSecrets(fields).map(([name, value]) => `${name}: ${value}`);
  return [`${request.method} ${place.path} HTTP/2`, ...lines, '', ''].join('\r\n');
}

/** The fields as `fieldsOf` gives them, Host first. */
function headersOf(request: SentRequest, place: Place, fields: HeaderList) {
  const [[, authority] = ['', ''], ...rest] = fields;
  const headers: Record<string, string | string[]> = {
    ':method': request.method,
    ':scheme': place.scheme,
    ':authority': authority,
    ':path': place.path,
  };
  for (const [name, value] of rest) {
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

async function readHead(stream: ClientHttp2Stream, line: Http2Line): Promise<ResponseHead> {
  const answered = once(stream, 'response').catch((error: unknown) => {
    line.note(error);
    return null;
  });
  const closed = once(stream, 'close').then(
    () => null,
    () => null,
  );
  const answer = await Promise.race([answered, closed]);
  if (answer === null) {
    const text = 'the connection was closed without an answer';
    throw await line.explain(stream.rstCode, new Fault({ code: 'closed', phase: 'protocol', text }));
  }
  const [headers] = answer as [IncomingHttpHeaders & { ':status'?: number }];
  return { version: '2', status: headers[':status'] ?? 0, headers: listOf(headers) };
}

function listOf(headers: IncomingHttpHeaders): HeaderList {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (name.startsWith(':') || value === undefined) return [];
    return [value].flat().map((one) => [name, one] as const);
  });
}

async function* readBody(
  stream: ClientHttp2Stream,
  line: Http2Line,
  expected: boolean,
): AsyncGenerator<Buffer, undefined> {
  try {
    const pieces: AsyncIterable<Buffer> = stream;
    for await (const piece of pieces) if (expected) yield piece;
  } catch (error) {
    line.note(error);
    throw await endedEarly(stream, line);
  }
  // A stream whose connection is gone ends like any other; only its code tells.
  if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) throw await endedEarly(stream, line);
  line.session.destroy();
}

async function endedEarly(stream: ClientHttp2Stream, line: Http2Line): Promise<unknown> {
  const text = 'the connection was closed before the end of the body';
  return line.explain(stream.rstCode, new Fault({ code: 'truncated', phase: 'protocol', text }));
}
