import type { JsonSchema } from '../../../words/json.ts';
import { InvalidOptions, type Target } from '../../prober.ts';
import { HOST_KEY_ALGORITHMS, type HostKeyKind } from './host-key.ts';
import { type KnownHost, knownHostName, knownKinds, parseKnownHosts } from './known-hosts.ts';

export interface SshOptions {
  readonly host_key?: HostKeyKind;
  readonly known_hosts?: string;
}

export const SSH_OPTIONS: { readonly [key: string]: JsonSchema } = {
  host_key: {
    enum: Object.keys(HOST_KEY_ALGORITHMS),
    description:
      'the host key to be shown where the server has several: ed25519, ecdsa or rsa. Needed to pin another one than the first of these that it has',
  },
  known_hosts: {
    type: 'string',
    description:
      'text of a known_hosts file, as ssh-keyscan prints it or from ${file:PATH}; the host key must be in it',
  },
};

/** Options checked. */
export interface SshPlan {
  readonly host: string;
  readonly port: number;
  /** whose ways to log in are asked for */
  readonly user: string;
  /** host key algorithms to offer; `only` says that others would not do */
  readonly hostKeys: readonly string[];
  readonly only: boolean;
  readonly known: { readonly hosts: readonly KnownHost[]; readonly name: string } | null;
}

const PORT = 22;

/** Throws InvalidOptions. */
export function planSsh(target: Target | null, options: SshOptions): SshPlan {
  if (target === null || target.host === '')
    throw new InvalidOptions('target', 'it names no host, expected ssh://HOST or ssh://HOST:PORT');
  if (target.password !== null)
    throw new InvalidOptions('target', 'it has a password, but to log in over SSH is not in this version');
  if (target.path !== '' && target.path !== '/')
    throw new InvalidOptions('target', 'it has a path, which has no meaning here; expected ssh://HOST:PORT');
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
  };
}
