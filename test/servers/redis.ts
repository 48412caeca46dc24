import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { type Daemon, findProgram, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

const run = promisify(execFile);

/** What these tests need to be installed. */
export const REDIS_PROGRAMS = ['redis-server', 'redis-cli'];

export interface RedisServer extends Daemon {
  readonly port: number;
  /** where it keeps its files */
  readonly directory: string;
  /** Runs a command by redis-cli; gives what it printed, errors too. */
  command(...argv: readonly string[]): Promise<string>;
  /** `stop`, under the name that the contract uses */
  close(): Promise<void>;
}

export interface RedisSettings {
  /** lines of redis.conf, `maxmemory: '1mb'`; a list makes several lines */
  readonly settings?: { readonly [name: string]: string | readonly string[] };
  readonly port?: number;
  readonly directory?: string;
  readonly sentinel?: boolean;
}

/** Starts redis-server on a free port of 127.0.0.1 and waits until it accepts (it may still be loading then). */
export async function startRedis(start: RedisSettings = {}): Promise<RedisServer> {
  const temporary = temporaryDirectory('redis');
  const directory = start.directory ?? temporary.path;
  const port = start.port ?? (await freePort());
  const own = { port: String(port), bind: '127.0.0.1', dir: directory };
  const settings = { ...own, ...(start.sentinel === true ? {} : { save: '""' }), ...start.settings };
  const ready = start.settings?.['port'] === '0' ? Number(start.settings['tls-port']) : port;
  const lines = Object.entries(settings).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((one) => `${name} ${one}\n`),
  );
  const config = `${directory}/redis.conf`;
  writeFileSync(config, lines.join(''), { mode: 0o600 });
  const mode = start.sentinel === true ? ['--sentinel'] : [];
  const daemon = await startDaemon({ argv: ['redis-server', config, ...mode], cwd: directory, ready });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return {
    ...daemon,
    port,
    directory,
    stop,
    close: stop,
    async command(...command) {
      const { stdout } = await run(findProgram('redis-cli') ?? 'redis-cli', ['-p', String(port), ...command]);
      return stdout.trim();
    },
  };
}
