import type { ResponseHead } from './response-head.ts';

/** An answer whose body is still to come. */
export interface HttpResponse {
  readonly head: ResponseHead;
  /** The body’s bytes as they come, still encoded; nothing where the answer has no body. To be read once. Throws Faults. */
  body(): AsyncIterable<Buffer>;
}
