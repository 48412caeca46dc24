import { Readable, type Transform, Writable, promises } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { safeLine } from '../../../words/safe-text.ts';
import { CannotTell, Fault, fail } from '../../prober.ts';
import type { ReceivedBody } from './received-body.ts';

/** What is asked for, and can be taken. */
export const ACCEPT_ENCODING = 'gzip, deflate, br';

/** Reads a body to its end, undoing its codings (Content-Encoding, in the order applied) while it comes. */
export async function readDecoded(
  source: AsyncIterable<Buffer>,
  codings: readonly string[],
  body: ReceivedBody,
): Promise<void> {
  const counted = count(source, body);
  const first = await counted.next();
  // An empty body has nothing to decode, whatever its header says.
  if (first.done === true) return;
  const whole = rejoin(first.value, counted);
  const decoders = codings.filter((coding) => coding !== 'identity').reverse();
  if (decoders.length === 0) {
    for await (const piece of whole) body.take(piece);
    return;
  }
  if (decoders.length > 3)
    fail('protocol', 'protocol', `the body is encoded ${String(decoders.length)} times over`);
  const streams = decoders.map((coding, index) => decoderFor(coding, index === 0 ? first.value : null));
  try {
    await promises.pipeline([Readable.from(whole, { objectMode: false }), ...streams, sinkOf(body)]);
  } catch (error) {
    throw explain(error, codings);
  }
}

function sinkOf(body: ReceivedBody): Writable {
  return new Writable({
    write(piece: Buffer, _encoding, done) {
      try {
        body.take(piece);
        done();
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
}

async function* count(source: AsyncIterable<Buffer>, body: ReceivedBody): AsyncGenerator<Buffer, undefined> {
  for await (const piece of source) {
    if (piece.length === 0) continue;
    body.came(piece.length);
    yield piece;
  }
}

async function* rejoin(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer, undefined> {
  yield first;
  yield* rest;
}

function decoderFor(coding: string, beginning: Buffer | null): Transform {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'br':
      return createBrotliDecompress();
    case 'deflate':
      return isZlib(beginning) ? createInflate() : createInflateRaw();
    default:
      return fail(
        'protocol',
        'protocol',
        `the body is encoded as ${safeLine(coding, 40)}, expected one of ${ACCEPT_ENCODING}`,
      );
  }
}

/** RFC 1950 §2.2. Some servers send bare deflate under the same name (RFC 9110 §8.4.1.2). */
function isZlib(beginning: Buffer | null): boolean {
  const [method] = beginning ?? [];
  return method === undefined || (method & 0x0f) === 8;
}

function explain(error: unknown, codings: readonly string[]): unknown {
  if (
    error instanceof Fault ||
    error instanceof CannotTell ||
    !(error instanceof Error) ||
    !('code' in error)
  )
    return error;
  const code = String(error.code);
  const named = codings.join(', ');
  if (code === 'Z_BUF_ERROR')
    return new Fault({
      code: 'truncated',
      phase: 'protocol',
      text: `the body ended in the middle of its ${named} data`,
    });
  if (!code.startsWith('Z_') && !code.startsWith('ERR_')) return error;
  return new Fault({
    code: 'protocol',
    phase: 'protocol',
    text: `the body is no ${named} data: ${safeLine(error.message, 60)}`,
  });
}
