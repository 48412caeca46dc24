/** What of a request is no header field. */
export interface SentRequest {
  readonly method: string;
  readonly body: Buffer | null;
  /** what stands in the request line instead of the path, for a proxy (RFC 9112 §3.2.2) */
  readonly target?: string;
  /** the body for a transcript, where it holds a secret */
  readonly shown?: string;
}
