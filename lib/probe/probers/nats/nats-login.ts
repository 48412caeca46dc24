import { InvalidOptions, PLACEHOLDER, type Target } from '../../prober.ts';
import type { NatsOptions } from './nats-options.ts';
import { type NKey, readSeed } from './nkey.ts';

/** Who logs in, and how. Source: docs.nats.io, Authentication. */
export type NatsLogin =
  | { readonly kind: 'none' }
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }
  /** signs the server’s nonce; `jwt` is null where the server knows the key itself */
  | { readonly kind: 'nkey'; readonly key: NKey; readonly jwt: string | null };

/** Throws InvalidOptions. */
export function loginOf({ username, password }: Target, { creds, nkey }: NatsOptions): NatsLogin {
  if (creds !== undefined && nkey !== undefined)
    throw new InvalidOptions(
      'nkey',
      '`creds` and `nkey` exclude each other: the credentials have a key of their own',
    );
  const own = creds !== undefined ? 'creds' : nkey !== undefined ? 'nkey' : null;
  if (own !== null && (username !== null || password !== null))
    throw new InvalidOptions(own, 'the target has a login already: leave one of them out');
  if (creds !== undefined) return creds === PLACEHOLDER ? { kind: 'none' } : readCreds(creds);
  if (nkey !== undefined)
    return nkey === PLACEHOLDER ? { kind: 'none' } : { kind: 'nkey', key: keyOf(nkey, 'nkey'), jwt: null };
  if (username === null) return password === null ? { kind: 'none' } : { kind: 'token', token: password };
  if (password === null)
    throw new InvalidOptions(
      'target',
      'it has a user but no password, expected nats://USER:PASSWORD@HOST, or nats://:TOKEN@HOST',
    );
  return { kind: 'password', username, password };
}

/** A file as nsc writes it: a token and a seed, each between its own lines. No text of it is in what is thrown. */
function readCreds(text: string): NatsLogin {
  const jwt = between(text, 'NATS USER JWT');
  const seed = between(text, 'USER NKEY SEED');
  if (jwt === null || seed === null)
    throw new InvalidOptions(
      'creds',
      'saw no "BEGIN NATS USER JWT" and "BEGIN USER NKEY SEED" in it, expected the text of a credentials file: creds: "${file:./probe.creds}"',
    );
  return { kind: 'nkey', key: keyOf(seed, 'creds'), jwt };
}

function between(text: string, name: string): string | null {
  const lines = text.split('\n').map((line) => line.trim());
  const begin = lines.findIndex((line) => line.startsWith('-----BEGIN ') && line.includes(name));
  const value = begin === -1 ? undefined : lines[begin + 1];
  return value === undefined || value === '' ? null : value;
}

function keyOf(seed: string, option: string): NKey {
  const key = readSeed(seed);
  if (key === null)
    throw new InvalidOptions(option, 'saw a seed that is none, expected SU and 56 more letters and digits');
  return key;
}
