import { closeSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { distrust } from '../state/trust-path.ts';
import { EXIT, UserError } from '../words/problem.ts';

/** What finding and reading config files needs of the world. */
export interface FilesWorld {
  readonly env: { readonly [name: string]: string | undefined };
  readonly cwd: string;
  readonly uid: number;
}

export interface Source {
  /** absolute; `-` for stdin */
  readonly file: string;
  readonly text: string;
}

export interface Sources {
  readonly sources: readonly Source[];
  /** true when it was found in the current directory by itself */
  readonly found: boolean;
}

/**
 * The texts of the config: the given files (a directory is its *.yaml in order, `-` is stdin), else the first of the
 * usual places. Throws UserError 66 when there is none, 77 when it may not be read or trusted.
 */
export function readSources(given: readonly string[] | null, world: FilesWorld): Sources {
  const named = given ?? namedByEnvironment(world);
  if (named !== null) return { sources: named.flatMap((name) => readNamed(name, world)), found: false };
  const places = usualPlaces(world);
  for (const [index, place] of places.entries()) {
    const text = readIfThere(place);
    if (text === null) continue;
    if (index === 0) trust(place, world.uid);
    return { sources: [{ file: place, text }], found: index === 0 };
  }
  throw new UserError(
    EXIT.noInput,
    `no config: none of ${places.join(', ')} is there; give one with -c FILE`,
  );
}

function namedByEnvironment({ env }: FilesWorld): readonly string[] | null {
  const name = env['PUPTIME_CONFIG'];
  return name === undefined || name === '' ? null : [name];
}

function usualPlaces({ env, cwd }: FilesWorld): string[] {
  const home = env['XDG_CONFIG_HOME'] || (env['HOME'] === undefined ? null : `${env['HOME']}/.config`);
  return [
    path.join(cwd, 'puptime.yaml'),
    ...(home === null ? [] : [`${home}/puptime/puptime.yaml`]),
    '/etc/puptime/puptime.yaml',
  ];
}

function readNamed(name: string, world: FilesWorld): Source[] {
  if (name === '-') return [{ file: '-', text: readText(0, 'stdin') }];
  const file = path.resolve(world.cwd, name);
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() !== true)
    return [{ file, text: readText(file, file) }];
  const names = readdirSync(file)
    .filter((entry) => entry.endsWith('.yaml') && !entry.startsWith('.'))
    .sort();
  if (names.length === 0) throw new UserError(EXIT.noInput, `${file}: no *.yaml in this directory`);
  return names.map((entry) => ({
    file: path.join(file, entry),
    text: readText(path.join(file, entry), path.join(file, entry)),
  }));
}

function readText(file: string | 0, shown: string): string {
  try {
    return decode(readBounded(file, shown), shown);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw unreadable(shown, error);
  }
}

function readIfThere(file: string): string | null {
  try {
    return decode(readBounded(file, file), file);
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error))) return null;
    throw unreadable(file, error);
  }
}

/** More than that is no config: reading /dev/zero must end. In bytes; see also config-text.ts. */
const LARGEST = 64 * 2 ** 20;

function readBounded(file: string | 0, shown: string): Buffer {
  const descriptor = file === 0 ? 0 : openSync(file, 'r');
  try {
    const chunks: Buffer[] = [];
    let length = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(256 * 1024);
      const count = readSome(descriptor, chunk);
      if (count === 0) return Buffer.concat(chunks, length);
      chunks.push(chunk.subarray(0, count));
      length += count;
      if (length > LARGEST)
        throw new UserError(EXIT.config, `${shown}: saw more than ${LARGEST} bytes, expected a config`);
    }
  } finally {
    if (descriptor !== 0) closeSync(descriptor);
  }
}

/** A standard input that somebody made non-blocking says EAGAIN until there is something. */
function readSome(descriptor: number, chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(descriptor, chunk, 0, chunk.length, null);
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

function decode(bytes: Buffer, shown: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(EXIT.config, `${shown}: it is not UTF-8, expected a YAML text`);
  }
}

function unreadable(shown: string, error: unknown): UserError {
  const errno = errnoOf(error);
  if (errno === 'ENOENT' || errno === 'ENOTDIR')
    return new UserError(EXIT.noInput, `${shown}: there is no such file`);
  if (errno === 'EACCES' || errno === 'EPERM')
    return new UserError(EXIT.notPermitted, `${shown}: this user may not read it`);
  return new UserError(EXIT.io, `${shown}: cannot be read (${errno})`);
}

function trust(file: string, uid: number): void {
  const reason = distrust(file, uid);
  if (reason === null) return;
  throw new UserError(
    EXIT.notPermitted,
    `${file}: found in the current directory, but not to be trusted: ${reason}; or name it with -c`,
  );
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
