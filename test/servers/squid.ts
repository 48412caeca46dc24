import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

export const SQUID_PROGRAMS = ['squid'];

export interface Squid extends Daemon {
  /** open to all, for every port */
  readonly port: number;
  /** wants the login user:secret (basic) */
  readonly lockedPort: number;
  close(): Promise<void>;
}

/** Starts Squid as a forward proxy that keeps nothing, and refuses CONNECT to port 25. */
export async function startSquid(): Promise<Squid> {
  const directory = temporaryDirectory('squid');
  const at = (name: string) => path.join(directory.path, name);
  const [port, lockedPort] = [await freePort(), await freePort()];
  const helper = at('login.sh');
  writeFileSync(
    helper,
    '#!/bin/sh\nwhile read -r user password; do [ "$user $password" = "user secret" ] && echo OK || echo ERR; done\n',
  );
  chmodSync(helper, 0o755);
  chmodSync(directory.path, 0o755);
  mkdirSync(at('run'));
  // Squid gives up root for the user proxy.
  if (process.getuid?.() === 0) chownSync(at('run'), 13, 13);
  writeFileSync(
    at('squid.conf'),
    `
http_port 127.0.0.1:${String(port)} name=open
http_port 127.0.0.1:${String(lockedPort)} name=locked
pid_filename none
access_log none
cache_log ${at('run')}/cache.log
cache deny all
cache_mem 1 MB
coredump_dir ${at('run')}
shutdown_lifetime 0 seconds
workers 1
pinger_enable off
logfile_rotate 0
netdb_filename none
connect_timeout 2 seconds
dns_nameservers 127.0.0.1
auth_param basic program ${helper}
auth_param basic children 1
acl locked myportname locked
acl login proxy_auth REQUIRED
acl mail port 25
acl CONNECT method CONNECT
http_access deny CONNECT mail
http_access deny locked !login
http_access allow all
`,
  );
  const daemon = await startDaemon({
    argv: ['squid', '-N', '-f', at('squid.conf'), '-d', '1'],
    ready: port,
  });
  const stop = async () => {
    await daemon.stop();
    directory.remove();
  };
  return { ...daemon, port, lockedPort, stop, close: stop };
}
