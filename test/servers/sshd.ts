import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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

/** A user with a password, who is there for this sshd alone. */
export interface SshUser {
  readonly name: string;
  readonly password: string;
  /** the password must be changed */
  readonly expired?: boolean;
}

/** To give users to an sshd one must be root. */
export const canMakeUsers = process.getuid?.() === 0;

/**
 * Starts sshd on a free port with these host keys. `settings` are lines of sshd_config; `users` are in the passwd and shadow
 * of a mount namespace of its own.
 */
export async function startSshd(
  hostKeys: readonly SshHostKey[],
  settings: { readonly [name: string]: string } = {},
  users: readonly SshUser[] = [],
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
    argv: [
      ...withUsers(temporary.path, users),
      ...[findProgram('sshd') ?? 'sshd', '-D', '-e', '-f', config],
    ] as [string, ...string[]],
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

/** A prefix for a command: it sees these users besides the real ones. */
function withUsers(directory: string, users: readonly SshUser[]): string[] {
  if (users.length === 0) return [];
  const today = Math.floor(Date.now() / 86_400_000);
  const [passwd, shadow] = [path.join(directory, 'passwd'), path.join(directory, 'shadow')];
  const home = path.join(directory, 'home');
  mkdirSync(home);
  chmodSync(directory, 0o755);
  const entries = users.map(({ name, password, expired = false }, index) => ({
    passwd: `${name}:x:${String(60_000 + index)}:65534::${home}:/bin/sh\n`,
    shadow: `${name}:${hashOf(password)}:${String(expired ? 0 : today)}:0:99999:7:::\n`,
  }));
  for (const [file, original, key] of [
    [passwd, '/etc/passwd', 'passwd'],
    [shadow, '/etc/shadow', 'shadow'],
  ] as const)
    writeFileSync(file, readFileSync(original, 'utf8') + entries.map((entry) => entry[key]).join(''));
  const script = 'mount --bind "$1" /etc/passwd && mount --bind "$2" /etc/shadow && shift 2 && exec "$@"';
  return ['unshare', '-m', 'sh', '-c', script, 'sh', passwd, shadow];
}

function hashOf(password: string): string {
  return execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: password, encoding: 'utf8' }).trim();
}
