import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Daemon, findProgram, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const SSH_PROGRAMS = ['sshd', 'ssh-keygen'];

export type SshKeyKind = 'ed25519' | 'ecdsa' | 'rsa' | 'ecdsa384' | 'ecdsa521';

/** A host key made for a test. */
export interface SshHostKey {
  readonly file: string;
  /** `ssh-ed25519 AAAA…`, as known_hosts has it */
  readonly line: string;
  /** `SHA256:…` as ssh-keygen tells it */
  readonly fingerprint: string;
}

export interface Sshd extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

const made = new Map<SshKeyKind, SshHostKey>();
let keys: string | null = null;

/** Makes it at the first call; gone when the process ends. */
export function sshHostKey(kind: SshKeyKind): SshHostKey {
  const known = made.get(kind);
  if (known !== undefined) return known;
  keys ??= temporaryDirectory('ssh-keys').path;
  const key = makeSshKey(path.join(keys, kind), kind);
  made.set(kind, key);
  return key;
}

/** Another key than all others. */
export function makeSshKey(file: string, kind: SshKeyKind): SshHostKey {
  const [, type = kind, bits = kind === 'rsa' ? '2048' : ''] = /^(ecdsa)(\d{3})$/.exec(kind) ?? [];
  const size = bits === '' ? [] : ['-b', bits];
  const keygen = (...argv: string[]) => execFileSync('ssh-keygen', argv, { encoding: 'utf8' });
  keygen('-q', '-t', type, ...size, '-N', '', '-C', '', '-f', file);
  const line = readFileSync(`${file}.pub`, 'utf8').trim();
  const [, fingerprint = ''] = keygen('-lf', `${file}.pub`).split(' ');
  return { file, line, fingerprint };
}

/** Starts sshd on a free port with these host keys. `settings` are lines of sshd_config. */
export async function startSshd(
  hostKeys: readonly SshHostKey[],
  settings: { readonly [name: string]: string } = {},
): Promise<Sshd> {
  const temporary = temporaryDirectory('sshd');
  const port = await freePort();
  const config = path.join(temporary.path, 'sshd_config');
  const lines = {
    Port: String(port),
    ListenAddress: '127.0.0.1',
    PidFile: 'none',
    UsePAM: 'no',
    StrictModes: 'no',
    LogLevel: 'VERBOSE',
    ...settings,
  };
  writeFileSync(
    config,
    [
      ...hostKeys.map(({ file }) => `HostKey ${file}`),
      ...Object.entries(lines).map(([name, value]) => `${name} ${value}`),
    ].join('\n') + '\n',
  );
  // Where rights are separated in a chroot, root’s sshd wants its directory.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const daemon = await startDaemon({
    argv: [findProgram('sshd') ?? 'sshd', '-D', '-e', '-f', config],
    ready: (output) => output.includes('Server listening'),
  });
  return {
    ...daemon,
    port,
    async close() {
      await daemon.stop();
      temporary.remove();
    },
  };
}
