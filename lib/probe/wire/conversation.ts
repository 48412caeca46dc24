import type { Socket } from 'node:net';
import type { Finding, Phase } from '../../words/reason.ts';
import type { Address } from '../prober.ts';
import { CannotTell, Fault } from '../prober.ts';
import { explainError } from './errno.ts';
import type { StopwatchPhase } from './stopwatch.ts';
import type { TlsSession } from './tls-handshake.ts';

/**
 * One connection, read and written in turns. Everything rejects with a Fault or CannotTell: at the deadline (timeout),
 * when the peer hangs up (closed) or resets (reset), and beyond a limit (too_large). What arrived before a fault can
 * still be read: the fault comes after it.
 */
export interface Conversation {
  /** null for a Unix socket */
  readonly address: Address | null;
  /** `192.0.2.7:6379`, for messages */
  readonly peer: string;
  /** the last handshake; null before one */
  tls(): TlsSession | null;
  /** Sends; resolves when the kernel has taken it. */
  write(data: Uint8Array | string): Promise<void>;
  /** The next bytes that come, at least one; null when the peer has ended its side. */
  read(): Promise<Buffer | null>;
  /** Exactly so many bytes. */
  readExactly(length: number): Promise<Buffer>;
  /** Up to and without `end` (default LF, with a CR before it dropped). Longer than `max` bytes: too_large. */
  readLine(options?: { readonly max?: number; readonly end?: string }): Promise<string>;
  /** Everything until `matched` says how many of the bytes so far are wanted; beyond `max` bytes: too_large. */
  readUntil(matched: (sofar: Buffer) => number | null, max: number): Promise<Buffer>;
  /** Puts bytes back: they are read next. */
  unread(bytes: Buffer): void;
  /** Bytes that have come and were not read yet. */
  buffered(): number;
  /** TLS from here on (STARTTLS). Refuses bytes that came before the handshake. */
  startTls(options?: {
    readonly serverName?: string;
    readonly alpn?: readonly string[];
  }): Promise<TlsSession>;
  /** Hands the socket to a library. Nothing may be read or written here afterwards; the context still closes it. */
  handover(): Socket;
  /** Ends our side. */
  end(): void;
  /** Gone at once. */
  destroy(): void;
}

/** What a conversation needs of its probe. */
export interface ConversationHost {
  readonly signal: AbortSignal;
  /** the fault that the deadline or an interruption makes now */
  aborted(phase: Phase): Fault | CannotTell;
  enter(phase: StopwatchPhase): void;
  /** makes `socket` a TLS socket, judged; see tls-handshake.ts */
  secure(
    socket: Socket,
    peer: string,
    options: { readonly serverName?: string; readonly alpn?: readonly string[] },
  ): Promise<{ socket: Socket; session: TlsSession }>;
}

/** Above this much unread data the peer is made to wait. */
const HIGH_WATER = 256 * 1024;
const MAX_LINE = 8192;

/** Takes a connected socket. */
export function converse(
  socket: Socket,
  address: Address | null,
  peer: string,
  host: ConversationHost,
): Conversation {
  let current = socket;
  let session: TlsSession | null = null;
  let phase: Phase = 'protocol';
  let chunks: Buffer[] = [];
  let size = 0;
  let ended = false;
  let fault: unknown = null;
  let wake: (() => void) | null = null;

  const notify = () => {
    const waiting = wake;
    wake = null;
    waiting?.();
  };
  const onData = (chunk: Buffer) => {
    if (size === 0) host.enter('transfer');
    chunks.push(chunk);
    size += chunk.length;
    if (size > HIGH_WATER) current.pause();
    notify();
  };
  const onEnd = () => {
    ended = true;
    notify();
  };
  const onError = (error: Error) => {
    fault ??= explainError(tlsAlert(error), phase, peer);
    notify();
  };
  const onClose = () => {
    ended = true;
    notify();
  };
  const listen = () => {
    current.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
  };
  const unlisten = () => {
    current.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
  };
  const onAbort = () => {
    fault ??= host.aborted(phase);
    current.destroy();
    notify();
  };
  host.signal.addEventListener('abort', onAbort, { once: true });
  socket.once('close', () => host.signal.removeEventListener('abort', onAbort));
  listen();

  /** Resolves when something has changed. */
  const change = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
      if (current.isPaused()) current.resume();
    });
  const joined = (): Buffer => {
    const [only] = chunks;
    if (chunks.length === 1 && only !== undefined) return only;
    const all = Buffer.concat(chunks);
    chunks = size === 0 ? [] : [all];
    return all;
  };
  const take = (length: number): Buffer => {
    const all = joined();
    const rest = all.subarray(length);
    chunks = rest.length === 0 ? [] : [rest];
    size = rest.length;
    return all.subarray(0, length);
  };
  const closedEarly = (): Finding => ({
    code: 'closed',
    phase,
    text:
      size === 0
        ? `${peer} closed the connection without an answer`
        : `${peer} closed the connection in the middle of an answer (${String(size)} bytes)`,
  });
  const more = async (): Promise<void> => {
    if (host.signal.aborted) throw asError(fault ?? host.aborted(phase));
    if (fault !== null) throw asError(fault);
    if (ended) throw new Fault(closedEarly());
    await change();
  };

  const readUntil = async (matched: (sofar: Buffer) => number | null, max: number): Promise<Buffer> => {
    let seen = -1;
    for (;;) {
      if (size > seen && size > 0) {
        seen = size;
        const wanted = matched(joined());
        if (wanted !== null && wanted <= size) return take(wanted);
        if (size > max) {
          throw new Fault({
            code: 'too_large',
            phase,
            text: `${peer} sent more than ${String(max)} bytes where less was expected`,
          });
        }
      }
      await more();
    }
  };

  return {
    address,
    peer,
    tls: () => session,
    async write(data) {
      if (host.signal.aborted) throw asError(fault ?? host.aborted(phase));
      if (size === 0) host.enter('first_byte');
      // What goes wrong with a write is told by the next read, after what the peer said before it hung up.
      await new Promise<void>((resolve) => {
        if (fault !== null || current.destroyed || !current.writable) return resolve();
        const settle = () => {
          current.off('close', settle);
          resolve();
        };
        current.once('close', settle);
        current.write(data, settle);
      });
    },
    async read() {
      while (size === 0) {
        if (ended && fault === null && !host.signal.aborted) return null;
        await more();
      }
      return take(size);
    },
    readExactly: (length) =>
      length === 0
        ? Promise.resolve(Buffer.alloc(0))
        : readUntil((sofar) => (sofar.length >= length ? length : null), length),
    async readLine({ max = MAX_LINE, end = '\n' } = {}) {
      let from = 0;
      const line = await readUntil((sofar) => {
        const at = sofar.indexOf(end, from);
        from = Math.max(0, sofar.length - end.length + 1);
        if (at > max)
          throw new Fault({
            code: 'too_large',
            phase,
            text: `${peer} sent a line of more than ${String(max)} bytes`,
          });
        return at === -1 ? null : at + end.length;
      }, max);
      const text = line.subarray(0, line.length - end.length).toString('utf8');
      return end === '\n' && text.endsWith('\r') ? text.slice(0, -1) : text;
    },
    readUntil,
    unread(bytes) {
      if (bytes.length === 0) return;
      chunks.unshift(bytes);
      size += bytes.length;
    },
    buffered: () => size,
    async startTls(options = {}) {
      if (size > 0) {
        throw new Fault({
          code: 'protocol',
          phase: 'tls',
          text: `${peer} sent ${String(size)} bytes in the clear before the TLS handshake: they may be injected`,
        });
      }
      if (fault !== null) throw asError(fault);
      unlisten();
      phase = 'tls';
      host.enter('tls');
      const secured = await host.secure(current, peer, options);
      current = secured.socket;
      session = secured.session;
      phase = 'protocol';
      listen();
      host.enter('first_byte');
      return session;
    },
    handover() {
      unlisten();
      return current;
    },
    end: () => void current.end(),
    destroy: () => void current.destroy(),
  };
}

/** A TLS error after the handshake (a client certificate that is missed, say) is the peer’s word. */
function tlsAlert(error: Error): unknown {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (!code.startsWith('ERR_SSL_') && !code.startsWith('ERR_TLS_')) return error;
  return new Fault({
    code: 'tls_handshake',
    phase: 'tls',
    text: `the peer ended TLS: ${code
      .replace(/^ERR_(SSL|TLS)_/, '')
      .toLowerCase()
      .replaceAll('_', ' ')}`,
  });
}

function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
