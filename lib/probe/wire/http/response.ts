import type { HeaderList } from './header-list.ts';
import type { ResponseHead } from './response-head.ts';

/** An answer whose body is still to come. */
export interface HttpResponse {
  readonly head: ResponseHead;
  /** The body’s bytes as they come, still encoded; nothing where the answer has no body. To be read once. Throws Faults. */
  body(): AsyncIterable<Buffer>;
  /** The fields after the body, once it was read; only those of HTTP/2 are kept. */
  trailers?(): HeaderList;
}
