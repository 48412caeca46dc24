import path from 'node:path';
import type { Json, JsonObject } from '../words/json.ts';

/**
 * A prober’s options with relative paths made absolute: the program of `command` where it has a slash, and `cwd`. What
 * begins with a reference is left for when that has been put in.
 */
export function absoluteOptions(options: JsonObject, directory: string): JsonObject {
  const { command, cwd } = options;
  const [program, ...rest] = Array.isArray(command) ? (command as readonly Json[]) : [];
  return {
    ...options,
    ...(typeof cwd === 'string' ? { cwd: absolute(cwd, directory) } : {}),
    ...(typeof program === 'string' && program.includes('/')
      ? { command: [absolute(program, directory), ...rest] }
      : {}),
  };
}

/** `ca`, `cert` and `key` of `tls` as absolute paths, the rest as it is. */
export function absoluteTls(tls: JsonObject, directory: string): JsonObject {
  const entries = Object.entries(tls).map(([key, value]) => [
    key,
    PATHS_OF_TLS.has(key) && typeof value === 'string' ? absolute(value, directory) : value,
  ]);
  return Object.fromEntries(entries) as JsonObject;
}

const PATHS_OF_TLS: ReadonlySet<string> = new Set(['ca', 'cert', 'key']);

function absolute(written: string, directory: string): string {
  return written.startsWith('${') ? written : path.resolve(directory, written);
}
