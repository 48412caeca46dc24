/** What of a request is no header field. */
export interface SentRequest {
  readonly method: string;
  readonly body: Buffer | null;
}
