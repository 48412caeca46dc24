import { safeLine, safeText } from '../../../words/safe-text.ts';
import { VERSION } from '../../../words/version.ts';
import { fail } from '../../prober.ts';
import { exchangeHttp2 } from '../../wire/http/exchange-http2.ts';
import { type HeaderList, headerValue } from '../../wire/http/header-list.ts';
import { type Place, authorityOf } from '../../wire/http/place.ts';
import type { HttpResponse } from '../../wire/http/response.ts';
import type { GrpcContext } from './grpc-facts.ts';
import { decodeHealth, encodeHealthRequest } from './health-message.ts';

/** What is asked: source grpc.io, health checking protocol (grpc.health.v1). */
export interface HealthCheck {
  readonly place: Place;
  /** empty: the server as a whole */
  readonly service: string;
  readonly authority: string | null;
  readonly metadata: HeaderList;
  readonly authorization: string | null;
}

/** In the order of their numbers. Source: grpc/doc/statuscodes.md. */
const STATUSES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** One unary call over HTTP/2 on a connection of its own. Source: grpc/doc/PROTOCOL-HTTP2.md. */
export async function askHealth(check: HealthCheck, context: GrpcContext): Promise<void> {
  const { place } = check;
  const conversation = await context.dial(place.scheme === 'https' ? { tls: { alpn: ['h2'] } } : {});
  if (place.scheme === 'https' && conversation.tls()?.alpn !== 'h2')
    fail('protocol', 'protocol', `${conversation.peer} does not offer HTTP/2 (ALPN), which gRPC needs`);
  const request = { method: 'POST', body: encodeHealthRequest(check.service) };
  const response = await exchangeHttp2(conversation, place, request, fieldsOf(check, context), context);
  const { status, headers } = response.head;
  context.see({ status });
  if (status !== 200) {
    noteHttpStatus(status, context);
    return;
  }
  const type = headerValue(headers, 'content-type') ?? '';
  if (!/^application\/grpc(?:[+;]|$)/i.test(type))
    fail('protocol', 'protocol', `it answers as "${safeLine(type, 60)}", expected application/grpc`);
  const body = await readWhole(response);
  const trailers = response.trailers?.() ?? [];
  const outcome = headerValue(trailers, 'grpc-status') !== null ? trailers : headers;
  report(outcome, body, context);
  conversation.destroy();
}

function fieldsOf(
  { place, authority, metadata, authorization }: HealthCheck,
  context: GrpcContext,
): HeaderList {
  const written = metadata.map(([name, value]) => [name.toLowerCase(), value] as const);
  const hasOwn = written.some(([name]) => name === 'authorization');
  // At most eight digits.
  const timeout = Math.min(99_999_999, Math.max(1, Math.floor(context.remaining_ms())));
  return [
    ['host', authority ?? authorityOf(place)],
    ['te', 'trailers'],
    ['content-type', 'application/grpc'],
    ['grpc-accept-encoding', 'identity'],
    ['grpc-timeout', `${String(timeout)}m`],
    ['user-agent', `puptime/${VERSION}`],
    ...(authorization === null || hasOwn ? [] : [['authorization', authorization] as const]),
    ...written,
  ];
}

/** Of a proxy in front, or of a server that is none of gRPC. */
function noteHttpStatus(status: number, context: GrpcContext): void {
  if (status === 401 || status === 403)
    context.find({ code: 'auth', phase: 'auth', text: `the login was refused (HTTP ${String(status)})` });
}

const LONGEST = 64 * 1024;

async function readWhole(response: HttpResponse): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response.body()) {
    size += piece.length;
    if (size > LONGEST) fail('too_large', 'protocol', `the answer is longer than ${String(LONGEST)} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function report(fields: HeaderList, body: Buffer, context: GrpcContext): void {
  const written = headerValue(fields, 'grpc-status');
  if (written === null) return fail('truncated', 'protocol', 'the answer ended without a grpc-status');
  if (!/^\d{1,3}$/.test(written))
    fail('protocol', 'protocol', `grpc-status is "${safeLine(written, 40)}", expected a number`);
  const message = headerValue(fields, 'grpc-message');
  const grpc_status = STATUSES[Number(written)] ?? written;
  context.see({ grpc_status, grpc_message: message === null || message === '' ? null : decoded(message) });
  if (grpc_status === 'OK') context.see({ serving: decodeHealth(body) });
}

/** Percent-encoded UTF-8; what is wrongly encoded stays as it is. */
function decoded(message: string): string {
  try {
    return safeText(decodeURIComponent(message.slice(0, 4096)), 2048);
  } catch (error) {
    if (error instanceof URIError) return safeText(message, 2048);
    throw error;
  }
}
