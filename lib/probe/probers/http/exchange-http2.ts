import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  connect,
  constants,
} from 'node:http2';
import { safeLine } from '../../../words/safe-text.ts';
import { type ProbeContext, CannotTell, Fault } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { explainError } from '../../wire/errno.ts';
import { mayHaveBody } from './framing.ts';
import type { HeaderList } from './header-list.ts';
import type { HttpRequest } from './http-request.ts';
import { type Place, originOf } from './place.ts';
import type { HttpResponse } from './response.ts';
import type { ResponseHead } from './response-head.ts';

/** Sends one request over HTTP/2 (RFC 9113) on a connection of its own, and reads the head of its answer. */
export async function exchangeHttp2(
  conversation: Conversation,
  place: Place,
  request: HttpRequest,
  fields: HeaderList,
  context: Pick<ProbeContext, 'enter' | 'signal'>,
): Promise<HttpResponse> {
  const line = await openLine(conversation, place, context);
  context.enter('first_byte');
  const stream = line.session.request(headersOf(request, place, fields), {
    endStream: request.body === null,
  });
  stream.on('error', line.note);
  if (request.body !== null) stream.end(request.body);
  const head = await readHead(stream, line);
  context.enter('transfer');
  return { head, body: () => readBody(stream, line, mayHaveBody(request.method, head.status)) };
}

/** A session, and what ended it. */
interface Line {
  readonly session: ClientHttp2Session;
  note(error: unknown): void;
  /** the fault that explains why a stream ended early */
  fault(stream: ClientHttp2Stream, otherwise: Fault): Promise<unknown>;
}

async function openLine(
  conversation: Conversation,
  place: Place,
  { signal }: Pick<ProbeContext, 'signal'>,
): Promise<Line> {
  // The server’s settings may have come already.
  const early = conversation.buffered() > 0 ? await conversation.read() : null;
  const socket = conversation.handover();
  socket.pause();
  if (early !== null) socket.unshift(early);
  const session = connect(originOf(place), {
    createConnection: () => socket,
    settings: { enablePush: false, initialWindowSize: 2 ** 20 },
    maxHeaderListPairs: 1000,
    maxSessionMemory: 20,
  });
  let first: unknown = null;
  let goaway: number = constants.NGHTTP2_NO_ERROR;
  const note = (error: unknown) => void (first ??= error);
  session.on('error', note).on('goaway', (code: number) => void (goaway = code));
  socket.on('error', note);
  return {
    session,
    note,
    async fault(stream, otherwise) {
      // After the deadline the conversation says what there is to say.
      if (signal.aborted) await conversation.read();
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR && stream.rstCode !== constants.NGHTTP2_CANCEL)
        return reset('stream', stream.rstCode);
      if (goaway !== constants.NGHTTP2_NO_ERROR) return reset('connection', goaway);
      return first === null ? otherwise : explainSession(first, conversation.peer, otherwise);
    },
  };
}

function headersOf(request: HttpRequest, place: Place, fields: HeaderList) {
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

async function readHead(stream: ClientHttp2Stream, line: Line): Promise<ResponseHead> {
  const response = once(stream, 'response').catch((error: unknown) => {
    line.note(error);
    return null;
  });
  const closed = once(stream, 'close').then(
    () => null,
    () => null,
  );
  const answer = await Promise.race([response, closed]);
  if (answer === null) {
    const text = 'the connection was closed without an answer';
    throw await line.fault(stream, new Fault({ code: 'closed', phase: 'protocol', text }));
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
  line: Line,
  expected: boolean,
): AsyncGenerator<Buffer, undefined> {
  try {
    const pieces: AsyncIterable<Buffer> = stream;
    for await (const piece of pieces) if (expected) yield piece;
  } catch (error) {
    line.note(error);
    const text = 'the connection was closed before the end of the body';
    throw await line.fault(stream, new Fault({ code: 'truncated', phase: 'protocol', text }));
  }
  if (stream.aborted) {
    const text = 'the stream ended before the end of the body';
    throw await line.fault(stream, new Fault({ code: 'truncated', phase: 'protocol', text }));
  }
  line.session.destroy();
}

const ERROR_NAMES = Object.fromEntries(
  Object.entries(constants)
    .filter(
      ([name]) =>
        /^NGHTTP2_[A-Z0-9_]+$/.test(name) &&
        !/^NGHTTP2_(ERR|FLAG|HCAT|NV|DEFAULT|SETTINGS|SESSION|STREAM)_/.test(name),
    )
    .map(([name, code]): [string, string] => [String(code), name.replace('NGHTTP2_', '')]),
);

function reset(what: 'stream' | 'connection', code: number): Fault {
  const name = ERROR_NAMES[String(code)] ?? String(code);
  const hint = name === 'HTTP_1_1_REQUIRED' ? ': set http_version: 1.1' : '';
  const overloaded = name === 'ENHANCE_YOUR_CALM' || name === 'REFUSED_STREAM';
  return new Fault({
    code: overloaded ? 'overloaded' : 'protocol',
    phase: 'protocol',
    text: `the server ended the ${what} with ${name}${hint}`,
  });
}

function explainSession(error: unknown, peer: string, otherwise: Fault): unknown {
  const explained = explainError(error, 'protocol', peer);
  if (
    explained instanceof Fault ||
    explained instanceof CannotTell ||
    !(error instanceof Error) ||
    !('code' in error)
  )
    return explained;
  const code = String(error.code);
  if (code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ERR_HTTP2_STREAM_CANCEL' || code === 'ABORT_ERR')
    return otherwise;
  if (!code.startsWith('ERR_HTTP2_') && !code.startsWith('ERR_SSL_')) return error;
  return new Fault({
    code: 'protocol',
    phase: 'protocol',
    text: `${peer} does not keep to HTTP/2: ${safeLine(error.message, 80)}`,
  });
}
