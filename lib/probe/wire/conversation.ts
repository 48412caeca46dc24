import type { Socket } from 'node:net';
import { type Address, Fault } from '../prober.ts';
import { type Inbox, type InboxHost, openInbox } from './inbox.ts';
import type { TlsFraming, TlsSession } from './tls-handshake.ts';
import type { Overheard } from './trace.ts';

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
  /** our own address, where there is one: `192.0.2.8` */
  readonly local: string | null;
  /** the last handshake; null before one */
  tls(): TlsSession | null;
  /** Sends; resolves when the kernel has taken it. `shown`: the same for a transcript, where it holds a secret. */
  write(data: Uint8Array | string, shown?: Uint8Array | string): Promise<void>;
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
  startTls(options?: HandshakeChoice): Promise<TlsSession>;
  /** For a transcript, what a library says on a socket that was handed over. */
  readonly overheard: Overheard;
  /** Hands the socket to a library. Nothing may be read or written here afterwards; the context still closes it. */
  handover(): Socket;
  /** Ends our side. */
  end(): void;
  /** Gone at once. */
  destroy(): void;
}

/** What a conversation needs of its probe. */
export interface ConversationHost extends InboxHost {
  /** makes `socket` a TLS socket, judged; see tls-handshake.ts */
  secure(
    socket: Socket,
    peer: string,
    options: HandshakeChoice,
  ): Promise<{ socket: Socket; session: TlsSession }>;
}

export interface HandshakeChoice {
  /** another name than the target’s */
  readonly serverName?: string;
  readonly alpn?: readonly string[];
  /** of another connection to the same server, to be resumed where that can be: FTP servers ask for it */
  readonly resume?: TlsSession;
  /** where a protocol carries the handshake in packets of its own */
  readonly framing?: TlsFraming;
}

const MAX_LINE = 8192;

/** Takes a connected socket. */
export function converse(
  socket: Socket,
  address: Address | null,
  peer: string,
  host: ConversationHost,
): Conversation {
  const inbox = openInbox(socket, peer, host);
  let session: TlsSession | null = null;
  const readUntil = (matched: (sofar: Buffer) => number | null, max: number) =>
    readMatched(inbox, peer, matched, max);
  return {
    address,
    peer,
    // A system call, which few need.
    get local() {
      return socket.localAddress ?? null;
    },
    tls: () => session,
    overheard: host.overheard,
    async write(data, shown = data) {
      host.overheard.sent(shown);
      if (host.signal.aborted) inbox.check();
      if (inbox.size() === 0) host.enter('first_byte');
      await writeTo(inbox.socket(), data);
    },
    async read() {
      while (inbox.size() === 0) {
        if (inbox.ended()) {
          inbox.check();
          return null;
        }
        await inbox.more();
      }
      return inbox.take(inbox.size());
    },
    async readExactly(length) {
      if (length === 0) return Buffer.alloc(0);
      return readUntil((sofar) => (sofar.length >= length ? length : null), length);
    },
    readLine: (options = {}) => readLine(readUntil, peer, options),
    readUntil,
    unread: (bytes) => inbox.putBack(bytes),
    buffered: () => inbox.size(),
    async startTls(options = {}) {
      refuseInjected(inbox, peer);
      inbox.check();
      host.enter('tls');
      const secured = await host.secure(inbox.detach(), peer, options);
      inbox.attach(secured.socket);
      session = secured.session;
      host.enter('first_byte');
      return session;
    },
    handover: () => inbox.detach(),
    end: () => void inbox.socket().end(),
    destroy: () => void inbox.socket().destroy(),
  };
}

async function readMatched(
  inbox: Inbox,
  peer: string,
  matched: (sofar: Buffer) => number | null,
  max: number,
): Promise<Buffer> {
  let seen = 0;
  for (;;) {
    if (inbox.size() > seen) {
      seen = inbox.size();
      const wanted = matched(inbox.peek());
      if (wanted !== null && wanted <= seen) return inbox.take(wanted);
      if (seen > max) throw tooLarge(peer, `more than ${String(max)} bytes where less was expected`);
    }
    await inbox.more();
  }
}

async function readLine(
  readUntil: Conversation['readUntil'],
  peer: string,
  { max = MAX_LINE, end = '\n' }: { readonly max?: number; readonly end?: string },
): Promise<string> {
  let from = 0;
  const line = await readUntil((sofar) => {
    const at = sofar.indexOf(end, from);
    from = Math.max(0, sofar.length - end.length + 1);
    if (at > max) throw tooLarge(peer, `a line of more than ${String(max)} bytes`);
    return at === -1 ? null : at + end.length;
  }, max);
  const text = line.subarray(0, line.length - end.length).toString('utf8');
  return end === '\n' && text.endsWith('\r') ? text.slice(0, -1) : text;
}

function tooLarge(peer: string, what: string): Fault {
  return new Fault({ code: 'too_large', phase: 'protocol', text: `${peer} sent ${what}` });
}

/** What goes wrong with a write is told by the next read, after what the peer said before it hung up. */
async function writeTo(socket: Socket, data: Uint8Array | string): Promise<void> {
  if (socket.destroyed || !socket.writable) return;
  await new Promise<void>((resolve) => {
    const settle = () => {
      socket.off('close', settle);
      resolve();
    };
    socket.once('close', settle);
    socket.write(data, settle);
  });
}

/** Bytes that came before the handshake were not protected by it: somebody on the way may have put them there. */
function refuseInjected(inbox: Inbox, peer: string): void {
  if (inbox.size() === 0) return;
  const text = `${peer} sent ${String(inbox.size())} bytes in the clear before the TLS handshake: they may be injected`;
  throw new Fault({ code: 'protocol', phase: 'tls', text });
}
