import type { Socket } from 'node:net';
import type { Phase } from '../../words/reason.ts';
import { safeLine } from '../../words/safe-text.ts';
import { Fault, type CannotTell } from '../prober.ts';
import { explainError } from './errno.ts';
import type { StopwatchPhase } from './stopwatch.ts';
import type { Overheard } from './trace.ts';

/** What has come over one socket and was not read yet, and how the socket ended. */
export interface Inbox {
  /** whose bytes they are now: another socket after STARTTLS */
  socket(): Socket;
  size(): number;
  /** true once the peer has ended its side, or the socket is gone */
  ended(): boolean;
  /** all unread bytes, which stay unread */
  peek(): Buffer;
  take(length: number): Buffer;
  putBack(bytes: Buffer): void;
  /** Resolves when more has come. Rejects when nothing more can: what came before the fault is still there. */
  more(): Promise<void>;
  /** Throws what has gone wrong so far, if anything has. */
  check(): void;
  /** what faults from here on are about */
  during(phase: Phase): void;
  /** Stops listening; the socket belongs to somebody else. */
  detach(): Socket;
  /** Listens to this socket from now on. */
  attach(socket: Socket): void;
}

export interface InboxHost {
  readonly signal: AbortSignal;
  /** what the deadline or an interruption means now */
  aborted(phase: Phase): Fault | CannotTell;
  enter(phase: StopwatchPhase): void;
  readonly overheard: Overheard;
}

/** Above this much unread data the peer is made to wait. */
const HIGH_WATER = 256 * 1024;

export function openInbox(first: Socket, peer: string, host: InboxHost): Inbox {
  let socket = first;
  let phase: Phase = 'protocol';
  let chunks: Buffer[] = [];
  let size = 0;
  let ended = false;
  let fault: Error | null = null;
  let wake: (() => void) | null = null;

  const notify = () => {
    const waiting = wake;
    wake = null;
    waiting?.();
  };
  const onData = (chunk: Buffer) => {
    if (size === 0) host.enter('transfer');
    host.overheard.received(chunk);
    chunks.push(chunk);
    size += chunk.length;
    if (size > HIGH_WATER) socket.pause();
    notify();
  };
  const onEnd = () => {
    ended = true;
    notify();
  };
  const onError = (error: Error) => {
    fault ??= explainError(explainAlert(error), phase, peer);
    notify();
  };
  const onAbort = () => {
    fault ??= host.aborted(phase);
    socket.destroy();
    notify();
  };
  host.signal.addEventListener('abort', onAbort, { once: true });
  first.once('close', () => host.signal.removeEventListener('abort', onAbort));

  const attach = (next: Socket) => {
    socket = next;
    socket.on('data', onData).on('end', onEnd).on('error', onError).on('close', onEnd);
  };
  attach(first);

  const peek = (): Buffer => {
    const [only] = chunks;
    if (chunks.length === 1 && only !== undefined) return only;
    const all = Buffer.concat(chunks);
    chunks = size === 0 ? [] : [all];
    return all;
  };
  const check = () => {
    if (fault !== null) throw fault;
    if (host.signal.aborted) throw host.aborted(phase);
  };

  return {
    socket: () => socket,
    size: () => size,
    ended: () => ended,
    peek,
    take(length) {
      const all = peek();
      const rest = all.subarray(length);
      chunks = rest.length === 0 ? [] : [rest];
      size = rest.length;
      return all.subarray(0, length);
    },
    putBack(bytes) {
      if (bytes.length > 0) chunks.unshift(bytes);
      size += bytes.length;
    },
    async more() {
      check();
      if (ended) throw new Fault({ code: 'closed', phase, text: closedText(peer, size) });
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (socket.isPaused()) socket.resume();
      });
    },
    check,
    during: (next) => void (phase = next),
    detach() {
      socket.off('data', onData).off('end', onEnd).off('error', onError).off('close', onEnd);
      return socket;
    },
    attach,
  };
}

function closedText(peer: string, unread: number): string {
  return unread === 0
    ? `${peer} closed the connection without an answer`
    : `${peer} closed the connection in the middle of an answer (${String(unread)} bytes)`;
}

/** A TLS error after the handshake (a client certificate that is missed, say) is the peer’s word. */
function explainAlert(error: Error): Error {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (!code.startsWith('ERR_SSL_') && !code.startsWith('ERR_TLS_')) return error;
  const words = safeLine(
    code
      .replace(/^ERR_(SSL|TLS)_/, '')
      .toLowerCase()
      .replaceAll('_', ' '),
    80,
  );
  return new Fault({ code: 'tls_handshake', phase: 'tls', text: `the peer ended TLS: ${words}` });
}
