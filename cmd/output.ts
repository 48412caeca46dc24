import type { Writable } from 'node:stream';
import { EXIT, UserError } from '../lib/words/problem.ts';

/** A stream that others read: a reader that has gone is no fault, a full disk is. */
export interface Output {
  write(text: string): void;
  /** Resolves when everything is out. Throws UserError 74 when it could not be written. */
  finish(): Promise<void>;
  /** true once nobody reads any more */
  readonly closed: () => boolean;
}

/** Text is collected for one turn of the event loop and written in one piece. */
export function openOutput(stream: Writable): Output {
  let waiting = '';
  let scheduled = false;
  let closed = false;
  let fault: Error | null = null;
  let last: Promise<void> = Promise.resolve();
  stream.on('error', (error: Error) => {
    closed = true;
    if (!('code' in error) || error.code !== 'EPIPE') fault ??= error;
  });
  const flush = () => {
    scheduled = false;
    const text = waiting;
    waiting = '';
    if (text === '' || closed) return;
    last = new Promise((resolve) => {
      stream.write(text, () => resolve());
    });
  };
  return {
    write(text) {
      waiting += text;
      if (scheduled) return;
      scheduled = true;
      setImmediate(flush);
    },
    async finish() {
      flush();
      await last;
      if (fault !== null) throw new UserError(EXIT.io, `cannot write to stdout: ${fault.message}`);
    },
    closed: () => closed,
  };
}

/** Writes one text and waits for it. */
export async function writeOut(stream: Writable, text: string): Promise<number> {
  const output = openOutput(stream);
  output.write(text);
  await output.finish();
  return EXIT.ok;
}
