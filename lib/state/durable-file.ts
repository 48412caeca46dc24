import { closeSync, fsyncSync, linkSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from './errno.ts';

export { errnoOf };

/** One file of a group: its name in the directory and all that it holds. */
export interface GroupFile {
  readonly name: string;
  readonly data: string;
}

/**
 * Writes `path` whole: a temporary file beside it, fsync, rename, fsync of the directory. Whoever reads sees the old
 * file or the new one. `durable: false` leaves out both fsyncs; `unique` keeps the temporary files of several writers
 * apart. Throws the errno of the first step that fails; then nothing has changed but, where the last fsync failed, that
 * the new file may or may not outlive a power cut.
 */
export function replaceFile(
  path: string,
  data: string,
  options: { readonly durable: boolean; readonly unique?: string },
): void {
  const temporary = options.unique === undefined ? `${path}.tmp` : `${path}.${options.unique}.tmp`;
  try {
    const fd = openSync(temporary, 'w', 0o600);
    finish(fd, () => {
      writeFully(fd, Buffer.from(data), 0);
      if (options.durable) fsyncSync(fd);
    });
    renameSync(temporary, path);
  } catch (error) {
    removeIfThere(temporary);
    throw error;
  }
  if (options.durable) syncDirectory(dirname(path));
}

/**
 * Makes a file that must not be there yet, durable like `replaceFile`. False when one of that name is there already,
 * which is left as it is. `unique` keeps the temporary files of several makers apart. Throws the errno of a failing step.
 */
export function createFile(path: string, data: string, unique: string): boolean {
  const temporary = `${path}.${unique}.tmp`;
  try {
    const fd = openSync(temporary, 'w', 0o600);
    finish(fd, () => {
      writeFully(fd, Buffer.from(data), 0);
      fsyncSync(fd);
    });
    linkSync(temporary, path);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    return false;
  } finally {
    // Its other name is what counts; this one is nobody’s, and goes with those that killed runs have left.
    removeIfPossible(temporary);
  }
  syncDirectory(dirname(path));
  return true;
}

/**
 * Puts many files into one directory with one fsync of it. Returns what went wrong, by name: those are not committed
 * and, as far as that can still be done, not there any more. An fsync that failed is never tried again on the same
 * descriptor: the kernel may have dropped the data and say yes the second time.
 */
export function createGroup(directory: string, files: readonly GroupFile[]): ReadonlyMap<string, Error> {
  const failed = new Map<string, Error>();
  const open: { readonly file: GroupFile; readonly fd: number }[] = [];
  const attempt = (name: string, step: () => void): boolean => {
    try {
      step();
      return true;
    } catch (error) {
      failed.set(name, asErrno(error));
      return false;
    }
  };
  for (const file of files) {
    attempt(file.name, () => {
      const fd = openSync(temporaryOf(directory, file), 'w', 0o600);
      open.push({ file, fd });
      writeFully(fd, Buffer.from(file.data), 0);
    });
  }
  for (const { file, fd } of open) {
    attempt(file.name, () => finish(fd, () => (failed.has(file.name) ? undefined : fsyncSync(fd))));
  }
  const renamed: GroupFile[] = [];
  for (const { file } of open) {
    if (failed.has(file.name)) continue;
    const done = attempt(file.name, () => {
      renameSync(temporaryOf(directory, file), `${directory}/${file.name}`);
    });
    if (done) renamed.push(file);
  }
  if (renamed.length > 0 && !attempt('', () => syncDirectory(directory))) {
    const error = failed.get('');
    failed.delete('');
    for (const { name } of renamed) {
      if (error !== undefined) failed.set(name, error);
      removeQuietly(`${directory}/${name}`);
    }
  }
  for (const { file } of open) if (failed.has(file.name)) removeQuietly(temporaryOf(directory, file));
  return failed;
}

/** Makes the names in a directory outlive a power cut. Throws the errno. */
export function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  finish(fd, () => {
    fsyncSync(fd);
  });
}

/** Writes everything at a given place in the file: pwrite(2), again after a short write. Throws the errno. */
export function writeFully(fd: number, bytes: Uint8Array, position: number): void {
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(fd, bytes, written, bytes.length - written, position + written);
  }
}

/** True when it was there. Throws any errno but ENOENT. */
export function removeIfThere(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Runs the steps, and closes in any case; a close that fails counts as a step that failed. */
function finish(fd: number, steps: () => void): void {
  let finished = false;
  try {
    steps();
    finished = true;
  } finally {
    if (finished) closeSync(fd);
    else closeAfterFailure(fd);
  }
}

function closeAfterFailure(fd: number): void {
  try {
    closeSync(fd);
  } catch (error) {
    // The first failure is the one to tell.
    if (errnoOf(error) === undefined) throw error;
  }
}

function removeQuietly(path: string): void {
  try {
    removeIfThere(path);
  } catch (error) {
    // A disk that takes no unlink has failed already, and that is what gets told; readers pass over temporary files.
    if (errnoOf(error) === undefined) throw error;
  }
}

function removeIfPossible(path: string): void {
  try {
    removeIfThere(path);
  } catch (error) {
    asErrno(error);
  }
}

function asErrno(error: unknown): Error {
  if (error instanceof Error && errnoOf(error) !== undefined) return error;
  throw error;
}

function temporaryOf(directory: string, file: GroupFile): string {
  return `${directory}/.${file.name}.tmp`;
}
