import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';
import { asOwner, own } from './postgres.ts';

/** What these tests need to be installed, besides PostgreSQL. */
export const PGBOUNCER_PROGRAMS = ['pgbouncer'];

export interface Pgbouncer extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts pgbouncer before a PostgreSQL at that port: one server for each transaction, one user with `se cret`. */
export async function startPgbouncer(
  server: number,
  user: string,
  settings: { readonly [name: string]: string } = {},
): Promise<Pgbouncer> {
  const temporary = temporaryDirectory('pgbouncer');
  const port = await freePort();
  const users = path.join(temporary.path, 'users');
  writeFileSync(users, `"${user}" "se cret"\n`);
  const lines = {
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: users,
    admin_users: user,
    pool_mode: 'transaction',
    ...settings,
  };
  const config = path.join(temporary.path, 'pgbouncer.ini');
  const databases = `shop = host=127.0.0.1 port=${String(server)} dbname=shop`;
  const own_ = Object.entries(lines).map(([name, value]) => `${name} = ${value}`);
  writeFileSync(config, ['[databases]', databases, '[pgbouncer]', ...own_, ''].join('\n'));
  own(temporary.path);
  const daemon = await startDaemon({ argv: asOwner(['pgbouncer', config]), ready: port });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}
