import type { FactTable } from '../../../words/fact.ts';

/** The facts of every prober over SSH: what the host says of itself, and its key. */
export const SSH_HOST_FACTS = {
  software: { kind: 'word', meaning: 'what the server calls itself, OpenSSH_9.2p1' },
  comment: { kind: 'text', meaning: 'what follows after it, Debian-2+deb12u3; absent when nothing does' },
  protocol: { kind: 'word', meaning: 'protocol version, "2.0", or "1.99" of one that speaks 1 as well' },
  banner: { kind: 'text', meaning: 'lines before the identification; absent when there are none' },
  host_key_type: { kind: 'word', meaning: 'type of the host key that was proved, ssh-ed25519' },
  host_key_sha256: {
    kind: 'word',
    meaning:
      'its fingerprint as `ssh-keygen -l` shows it, SHA256:…; seen only once its signature is verified',
  },
  host_key_known: {
    kind: 'word',
    meaning:
      'what `known_hosts` says of it: match, changed (it has another key for this host), absent (it has none) or revoked',
  },
  kex: { kind: 'list', meaning: 'key exchanges that the server offers' },
  host_key_algorithms: { kind: 'list', big: true, meaning: 'host key algorithms that the server offers' },
  ciphers: { kind: 'list', big: true, meaning: 'ciphers that the server offers towards us' },
  macs: { kind: 'list', big: true, meaning: 'MACs that the server offers towards us' },
  auth_methods: {
    kind: 'list',
    meaning:
      'ways to log in that it offers the user of the target (or “puptime”), publickey, password; asked for only with a login, or when expected, watched or kept, for the server logs it as a try',
  },
  auth_method: {
    kind: 'word',
    meaning:
      'how the login was taken: publickey, password, keyboard-interactive, none, or several with commas',
  },
} as const satisfies FactTable;
