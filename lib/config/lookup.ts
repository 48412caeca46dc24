import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stepMark } from '../probe/step-reference.ts';
import type { Referenced } from '../words/service.ts';
import type { Lookup, Reference } from './references.ts';

/** Shorter values are shown: hiding every `eu` or `5432` would hide everything. */
export const SHORTEST_SECRET = 6;

const LARGEST_FILE = 64 * 1024;

/**
 * Looks references up in the environment, in files (relative paths begin at `directory`) and in systemd’s credentials
 * ($CREDENTIALS_DIRECTORY).
 */
export function createLookup(env: { readonly [name: string]: string | undefined }, directory = '/'): Lookup {
  const missing = new Set<string>();
  const secrets = new Set<string>();
  const known = new Map<string, Referenced>();
  const find = (reference: Reference): Referenced => {
    if (reference.kind === 'step') return { value: stepMark(reference.name), secret: false };
    const found = read(reference, env, directory);
    if (!found.ok) missing.add(found.text);
    const value = found.ok ? found.value : '';
    const secret = reference.kind !== 'plain' && value.length >= SHORTEST_SECRET;
    if (secret) secrets.add(value);
    return { value, secret };
  };
  return {
    missing,
    secrets,
    value(reference) {
      const referenced = known.get(reference.source) ?? find(reference);
      known.set(reference.source, referenced);
      return referenced;
    },
  };
}

/** Stands in for every value while a config is checked: nothing is read, nothing is missing. */
export function createPlaceholders(): Lookup {
  return {
    missing: new Set(),
    secrets: new Set(),
    value: ({ kind, name }) => ({ value: kind === 'step' ? stepMark(name) : 'placeholder', secret: false }),
  };
}

type Read = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly text: string };

function read(
  reference: Reference,
  env: { readonly [name: string]: string | undefined },
  directory: string,
): Read {
  const { kind, name, fallback, source } = reference;
  switch (kind) {
    case 'env':
    case 'plain': {
      const value = env[name];
      if (value !== undefined && (value !== '' || fallback === null)) return { ok: true, value };
      if (fallback !== null) return { ok: true, value: fallback };
      return {
        ok: false,
        text: `${source} is not set: export ${name}, or write \${${kind}:${name}:-default}`,
      };
    }
    case 'file':
      return readSecretFile(resolve(directory, name), source);
    case 'cred': {
      const directory = env['CREDENTIALS_DIRECTORY'];
      if (directory !== undefined && directory !== '') return readSecretFile(join(directory, name), source);
      return {
        ok: false,
        text: `${source} is not there: systemd gave no credentials ($CREDENTIALS_DIRECTORY is not set)`,
      };
    }
    case 'step':
    case 'matrix':
      return { ok: false, text: `${source} belongs to no ${kind === 'step' ? 'step' : 'matrix'}` };
  }
}

/** One trailing line end is not part of a secret. */
function readSecretFile(path: string, source: string): Read {
  try {
    const bytes = readRegularFile(path);
    if (bytes === null) {
      return {
        ok: false,
        text: `${source} cannot be read: expected a regular file of at most ${LARGEST_FILE} bytes`,
      };
    }
    return { ok: true, value: bytes.toString('utf8').replace(/\r?\n$/, '') };
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    return { ok: false, text: `${source} cannot be read (${String(error.code)})` };
  }
}

function readRegularFile(path: string): Buffer | null {
  // Opening a pipe would wait for a writer.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { size } = fstatSync(descriptor);
    if (!fstatSync(descriptor).isFile() || size > LARGEST_FILE) return null;
    const buffer = Buffer.alloc(LARGEST_FILE + 1);
    let length = 0;
    for (;;) {
      const count = readSync(descriptor, buffer, length, buffer.length - length, null);
      if (count === 0) return buffer.subarray(0, length);
      length += count;
      if (length > LARGEST_FILE) return null;
    }
  } finally {
    closeSync(descriptor);
  }
}
