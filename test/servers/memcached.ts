import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Daemon, findProgram, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed; `saslpasswd2` is of sasl2-bin. */
export const MEMCACHED_PROGRAMS = ['memcached', 'saslpasswd2'];

export interface MemcachedServer extends Daemon {
  readonly port: number;
  /** `stop`, under the name that the contract uses */
  close(): Promise<void>;
}

export interface MemcachedStart {
  readonly argv?: readonly string[];
  /** `text`: -Y, `sasl`: -S with these mechanisms; the user is joe, the password `secret` */
  readonly login?: 'text' | { readonly sasl: string };
}

/** Starts memcached on a free port of 127.0.0.1. */
export async function startMemcached(start: MemcachedStart = {}): Promise<MemcachedServer> {
  const temporary = temporaryDirectory('memcached');
  chmodSync(temporary.path, 0o755);
  const port = await freePort();
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const argv = ['memcached', ...user, '-l', '127.0.0.1', '-p', String(port), '-t', '1'] as const;
  const daemon = await startDaemon({
    argv: [...argv, ...loginSettings(temporary.path, start.login), ...(start.argv ?? [])],
    env: { SASL_CONF_PATH: temporary.path },
    ready: port,
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}

function loginSettings(directory: string, login: MemcachedStart['login']): readonly string[] {
  if (login === undefined) return [];
  const file = path.join(directory, login === 'text' ? 'users' : 'sasldb');
  if (login === 'text') {
    writeFileSync(file, 'joe:secret\n');
    return ['-Y', file];
  }
  const saslpasswd = findProgram('saslpasswd2') ?? 'saslpasswd2';
  execFileSync(saslpasswd, ['-p', '-c', '-a', 'memcached', '-f', file, 'joe'], { input: 'secret' });
  chmodSync(file, 0o644);
  writeFileSync(path.join(directory, 'memcached.conf'), `mech_list: ${login.sasl}\nsasldb_path: ${file}\n`);
  return ['-S'];
}
