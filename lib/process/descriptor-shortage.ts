import { closeSync, openSync } from 'node:fs';

/** What keeps this process from opening so many more descriptors, `EMFILE` or `ENFILE`; null: it can. */
export function shortageOfDescriptors(count: number): 'EMFILE' | 'ENFILE' | null {
  const opened: number[] = [];
  try {
    while (opened.length < count) opened.push(openSync('/', 'r'));
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EMFILE' || code === 'ENFILE') return code;
    throw error;
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}
