import type { JsonSchema } from '../../../words/json.ts';
import { InvalidOptions, type Target } from '../../prober.ts';
import { HOST_KEY_ALGORITHMS, type HostKeyKind } from './host-key.ts';
import { type KnownHost, knownHostName, knownKinds, parseKnownHosts } from './known-hosts.ts';
import type { SshLogin } from './login.ts';
import { type PrivateKey, UnusableKey, parsePrivateKey } from './private-key.ts';

/** The options of every prober over SSH. */
export interface SshHostOptions {
  readonly host_key?: HostKeyKind;
  readonly known_hosts?: string;
  readonly fingerprint?: string;
  readonly key?: string;
}

export const SSH_HOST_OPTIONS: { readonly [key: string]: JsonSchema } = {
  host_key: {
    enum: Object.keys(HOST_KEY_ALGORITHMS),
    description:
      'the host key to be shown where the server has several: ed25519, ecdsa or rsa. Needed to pin another one than the first of these that it has',
  },
  known_hosts: {
    type: 'string',
    description:
      'text of a known_hosts file, as ssh-keyscan prints it or from ${file:PATH}; the host key must be in it, else nobody is logged in',
  },
  fingerprint: {
    type: 'string',
    description:
      'the host key’s fingerprint, SHA256:…; another one is down, and nobody is logged in. `any`: every host key is given the password, which a host in between then has',
  },
  key: {
    type: 'string',
    description:
      'text of the private key to log in with, ${file:/etc/puptime/id_ed25519}: ed25519, ecdsa or rsa, as ssh-keygen writes it or as PEM, without passphrase',
  },
};

/** Options checked: which host it must be, and who logs in there. */
export interface SshHostPlan {
  readonly host: string;
  readonly port: number;
  /** whose ways to log in are asked for */
  readonly user: string;
  /** host key algorithms to offer; `only` says that others would not do */
  readonly hostKeys: readonly string[];
  readonly only: boolean;
  readonly known: { readonly hosts: readonly KnownHost[]; readonly name: string } | null;
  /** the fingerprint that it must have; null when any will do */
  readonly pinned: string | null;
  /** null: nobody is logged in */
  readonly login: SshLogin | null;
}

const PORT = 22;

/** Throws InvalidOptions. `example` is the form that the target should have. */
export function planHost(target: Target | null, options: SshHostOptions, example: string): SshHostPlan {
  if (target === null || target.host === '')
    throw new InvalidOptions('target', `it names no host, expected ${example}`);
  const { host } = target;
  const port = target.port ?? PORT;
  const name = knownHostName(host, port);
  const known =
    options.known_hosts === undefined ? null : { hosts: parseKnownHosts(options.known_hosts), name };
  const kinds = Object.keys(HOST_KEY_ALGORITHMS) as HostKeyKind[];
  const familiar = known === null ? [] : knownKinds(known.hosts, name);
  const preferred = options.host_key === undefined ? [...familiar, ...kinds] : [options.host_key];
  return {
    host,
    port,
    user: target.username ?? 'puptime',
    hostKeys: [...new Set(preferred)].flatMap((kind) => HOST_KEY_ALGORITHMS[kind]),
    only: options.host_key !== undefined,
    known,
    pinned: pinnedBy(options.fingerprint),
    login: loginOf(target, options),
  };
}

function pinnedBy(fingerprint: string | undefined): string | null {
  if (fingerprint === undefined || fingerprint === 'any') return null;
  const [, digest] = /^(SHA256:[A-Za-z0-9+/]{43})=?$/.exec(fingerprint) ?? [];
  if (digest === undefined)
    throw new InvalidOptions('fingerprint', 'expected SHA256:… as ssh-keygen -l shows it, or any');
  return digest;
}

function loginOf({ username, password }: Target, options: SshHostOptions): SshLogin | null {
  const key = options.key === undefined ? null : readKey(options.key);
  if (password === null && key === null) return null;
  if (username === null)
    throw new InvalidOptions(
      'target',
      'it names no user to log in as, expected USER@HOST, or USER:PASSWORD@HOST',
    );
  if (password !== null && options.known_hosts === undefined && options.fingerprint === undefined)
    throw new InvalidOptions(
      'target',
      'it has a password, which only a host that is known may have: add known_hosts or fingerprint (`any` for whoever answers)',
    );
  return { user: username, password, key };
}

function readKey(text: string): PrivateKey {
  try {
    return parsePrivateKey(text);
  } catch (error) {
    if (!(error instanceof UnusableKey)) throw error;
    throw new InvalidOptions('key', error.message);
  }
}
