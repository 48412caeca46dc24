import { chmodSync, chownSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { TestCertificate } from './certificates.ts';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const VSFTPD_PROGRAMS = ['vsftpd'];

export interface Vsftpd extends Daemon {
  readonly port: number;
  /** what anonymous users see as `/` */
  readonly root: string;
  close(): Promise<void>;
}

/** An hour ago, to the second: when the newest of its files was changed. */
export const NEWEST = new Date(Math.floor(Date.now() / 1000) * 1000 - 3_600_000);

/**
 * Starts vsftpd on a free port of 127.0.0.1, with anonymous users only, who may have the password `right` alone where
 * `passwords` says so. Below `/` are `pub/` (two files, one directory), `empty/` and `file.txt`. Root only: it chroots.
 */
export async function startVsftpd(
  settings: { readonly [name: string]: string } = {},
  passwords: readonly string[] = [],
): Promise<Vsftpd> {
  const temporary = temporaryDirectory('vsftpd');
  chmodSync(temporary.path, 0o755);
  const at = (name: string) => path.join(temporary.path, name);
  layOut(at('root'));
  mkdirSync(at('jail'));
  writeFileSync(at('passwords'), passwords.map((password) => `${password}\n`).join(''));
  const port = await freePort();
  const all = {
    listen: 'YES',
    listen_address: '127.0.0.1',
    listen_port: String(port),
    background: 'NO',
    anonymous_enable: 'YES',
    anon_root: at('root'),
    nopriv_user: 'nobody',
    secure_chroot_dir: at('jail'),
    hide_ids: 'YES',
    seccomp_sandbox: 'NO',
    isolate: 'NO',
    isolate_network: 'NO',
    delay_failed_login: '0',
    ...(passwords.length > 0
      ? { secure_email_list_enable: 'YES', email_password_file: at('passwords') }
      : {}),
    ...settings,
  };
  writeFileSync(
    at('vsftpd.conf'),
    Object.entries(all)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const daemon = await startDaemon({ argv: ['vsftpd', at('vsftpd.conf')], ready: port });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, root: at('root'), stop, close: stop };
}

/** Settings for TLS with this certificate; `direct`: from the first byte. */
export function vsftpdTls(
  { cert, key }: TestCertificate,
  direct = false,
): { readonly [name: string]: string } {
  return {
    ssl_enable: 'YES',
    allow_anon_ssl: 'YES',
    force_anon_data_ssl: 'YES',
    ssl_tlsv1: 'YES',
    ssl_ciphers: 'HIGH',
    require_ssl_reuse: 'YES',
    rsa_cert_file: cert,
    rsa_private_key_file: key,
    ...(direct ? { implicit_ssl: 'YES' } : {}),
  };
}

function layOut(root: string): void {
  const nobody = Number(execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }));
  for (const directory of ['', 'pub', 'pub/old', 'empty', 'locked']) {
    mkdirSync(path.join(root, directory));
    chmodSync(path.join(root, directory), 0o755);
  }
  chownSync(path.join(root, 'locked'), nobody, nobody);
  chmodSync(path.join(root, 'locked'), 0o000);
  const write = (name: string, size: number, changed: Date) => {
    writeFileSync(path.join(root, name), Buffer.alloc(size, 'x'), { mode: 0o644 });
    utimesSync(path.join(root, name), changed, changed);
  };
  write('pub/backup one.tar', 1000, NEWEST);
  write('pub/backup.old.tar', 500, new Date(NEWEST.getTime() - 40 * 86_400_000));
  write('file.txt', 42, NEWEST);
}
