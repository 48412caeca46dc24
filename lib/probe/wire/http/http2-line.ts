import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { safeLine } from '../../../words/safe-text.ts';
import { CannotTell, Fault, type ProbeContext } from '../../prober.ts';
import type { Conversation } from '../conversation.ts';
import { explainError } from '../errno.ts';
import { type Place, originOf } from './place.ts';
import { watchSocket } from './watched-socket.ts';

/** An HTTP/2 connection for one request. */
export interface Http2Line {
  readonly session: ClientHttp2Session;
  /** takes an error that may explain why a stream ended early */
  note(error: unknown): void;
  /** The fault of a stream that ended early with this code; `otherwise` when nothing explains it. Rejects after the deadline. */
  explain(rstCode: number, otherwise: Fault): Promise<unknown>;
}

/** Takes the connection over. */
export async function openHttp2Line(
  conversation: Conversation,
  place: Place,
  { signal }: Pick<ProbeContext, 'signal'>,
): Promise<Http2Line> {
  const { peer } = conversation;
  // The server’s settings may have come already.
  const early = conversation.buffered() > 0 ? await conversation.read() : null;
  const socket = conversation.handover();
  socket.pause();
  let first: unknown = null;
  let theirs: number = constants.NGHTTP2_NO_ERROR;
  let ours: number = constants.NGHTTP2_NO_ERROR;
  const note = (error: unknown) => void (first ??= error);
  const duplex = watchSocket(socket, early, (code) => {
    ours = code;
    if (code !== constants.NGHTTP2_NO_ERROR) socket.destroy();
  });
  const session = connect(originOf(place), {
    createConnection: () => duplex,
    settings: { enablePush: false, initialWindowSize: 2 ** 20 },
    maxHeaderListPairs: 1000,
    maxSessionMemory: 20,
  });
  session.on('error', note).on('goaway', (code: number) => void (theirs = code));
  socket.on('error', note);
  return {
    session,
    note,
    async explain(rstCode, otherwise) {
      // After the deadline the conversation says what there is to say.
      if (signal.aborted) await conversation.read();
      if (ours !== constants.NGHTTP2_NO_ERROR) return broken(peer, nameOf(ours));
      if (!isQuiet(rstCode)) return reset('stream', rstCode);
      if (theirs !== constants.NGHTTP2_NO_ERROR) return reset('connection', theirs);
      return first === null ? otherwise : explainSession(first, peer, otherwise);
    },
  };
}

/** Codes that node:http2 also gives to a stream whose connection is gone. */
function isQuiet(code: number): boolean {
  return code === constants.NGHTTP2_NO_ERROR || code === constants.NGHTTP2_CANCEL;
}

function reset(what: 'stream' | 'connection', code: number): Fault {
  const name = nameOf(code);
  const hint = name === 'HTTP_1_1_REQUIRED' ? ': set http_version: 1.1' : '';
  const overloaded = name === 'ENHANCE_YOUR_CALM' || name === 'REFUSED_STREAM';
  return new Fault({
    code: overloaded ? 'overloaded' : 'protocol',
    phase: 'protocol',
    text: `the server ended the ${what} with ${name}${hint}`,
  });
}

function broken(peer: string, what: string): Fault {
  return new Fault({
    code: 'protocol',
    phase: 'protocol',
    text: `${peer} does not keep to HTTP/2: ${what}`,
  });
}

/** RFC 9113 §7. */
const ERROR_NAMES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

function nameOf(code: number): string {
  return ERROR_NAMES[code] ?? `error ${String(code)}`;
}

function explainSession(error: unknown, peer: string, otherwise: Fault): unknown {
  const explained = explainError(error, 'protocol', peer);
  if (explained instanceof Fault || explained instanceof CannotTell) return explained;
  if (!(error instanceof Error) || !('code' in error)) return error;
  const code = String(error.code);
  if (ENDED.includes(code)) return otherwise;
  if (!code.startsWith('ERR_HTTP2_') && !code.startsWith('ERR_SSL_')) return error;
  return broken(peer, safeLine(error.message, 80));
}

const ENDED = [
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_HTTP2_STREAM_CANCEL',
  'ERR_HTTP2_SESSION_ERROR',
  'ABORT_ERR',
];
