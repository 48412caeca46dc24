import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Daemon, findProgram, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

const run = promisify(execFile);

/** What these tests need to be installed. */
export const MOSQUITTO_PROGRAMS = ['mosquitto', 'mosquitto_pub', 'mosquitto_passwd'];

export interface Mosquitto extends Daemon {
  readonly port: number;
  /** Publishes by mosquitto_pub: `-t`, `topic`, `-m`, `message`, `-r` … */
  publish(...argv: readonly string[]): Promise<void>;
  /** `stop`, under the name that the contract uses */
  close(): Promise<void>;
}

export interface MosquittoStart {
  /** lines of mosquitto.conf for the listener and what comes after it: `max_connections 1` */
  readonly settings?: readonly string[];
  /** user → password; without any, everybody may come in */
  readonly users?: { readonly [name: string]: string };
  /** lines of its acl file */
  readonly acl?: readonly string[];
}

/** Starts mosquitto on a free port of 127.0.0.1. */
export async function startMosquitto(start: MosquittoStart = {}): Promise<Mosquitto> {
  const temporary = temporaryDirectory('mosquitto');
  const at = (name: string) => path.join(temporary.path, name);
  const port = await freePort();
  const lines = ['persistence false', `listener ${String(port)} 127.0.0.1`, ...(start.settings ?? [])];
  if (process.getuid?.() === 0) lines.unshift('user root');
  if (start.users === undefined) lines.push('allow_anonymous true');
  else {
    const written = Object.entries(start.users).map(([name, password]) => `${name}:${password}\n`);
    writeFileSync(at('passwords'), written.join(''), { mode: 0o600 });
    await run(findProgram('mosquitto_passwd') ?? '', ['-U', at('passwords')]);
    lines.push(`password_file ${at('passwords')}`);
  }
  if (start.acl !== undefined) {
    writeFileSync(at('acl'), start.acl.map((line) => `${line}\n`).join(''), { mode: 0o600 });
    lines.push(`acl_file ${at('acl')}`);
  }
  writeFileSync(at('mosquitto.conf'), lines.map((line) => `${line}\n`).join(''));
  const daemon = await startDaemon({
    argv: ['mosquitto', '-c', at('mosquitto.conf')],
    cwd: temporary.path,
    ready: (printed) => / running/.test(printed),
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return {
    ...daemon,
    port,
    stop,
    close: stop,
    async publish(...argv) {
      await run(findProgram('mosquitto_pub') ?? '', ['-h', '127.0.0.1', '-p', String(port), ...argv]);
    },
  };
}
