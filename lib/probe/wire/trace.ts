/** What `puptime explain` shows of a probe besides its result. Bytes are as they were said, inside TLS where there is any. */
export type Traced =
  | { readonly kind: 'resolved'; readonly host: string; readonly addresses: readonly string[] }
  | { readonly kind: 'sent' | 'received'; readonly peer: string; readonly bytes: Uint8Array }
  /** bytes on the wire so far, those of the handshake included */
  | {
      readonly kind: 'secured' | 'closed';
      readonly peer: string;
      readonly sent: number;
      readonly received: number;
    }
  | {
      readonly kind: 'executed';
      readonly argv: readonly string[];
      readonly exit_code: number | null;
      readonly signal: string | null;
    };

/** Told of everything as it happens; absent where nobody wants to know. Whatever it is told may hold secrets. */
export type Trace = (entry: Traced) => void;

/** What a conversation tells of itself. */
export interface Overheard {
  sent(data: Uint8Array | string): void;
  received(data: Uint8Array | string): void;
}

/** Nobody listens: nothing is copied. */
const NOBODY: Overheard = { sent: () => undefined, received: () => undefined };

export function overhear(peer: string, trace: Trace | undefined): Overheard {
  if (trace === undefined) return NOBODY;
  const tell = (kind: 'sent' | 'received') => (data: Uint8Array | string) =>
    trace({ kind, peer, bytes: typeof data === 'string' ? Buffer.from(data) : Uint8Array.from(data) });
  return { sent: tell('sent'), received: tell('received') };
}
