import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const RSYSLOGD_PROGRAMS = ['rsyslogd'];

export interface Rsyslogd extends Daemon {
  /** the same over UDP and TCP */
  readonly port: number;
  /** what it has stored so far */
  log(): string;
  close(): Promise<void>;
}

/** Starts rsyslogd on a free port of 127.0.0.1; with `allowed`, it takes connections from there alone. */
export async function startRsyslogd(allowed?: string): Promise<Rsyslogd> {
  const temporary = temporaryDirectory('rsyslogd');
  const port = await freePort();
  const at = (name: string) => `${temporary.path}/${name}`;
  const own = `address="127.0.0.1" port="${String(port)}"`;
  writeFileSync(
    at('rsyslog.conf'),
    `${allowed === undefined ? '' : `$AllowedSender TCP, ${allowed}`}
global(workDirectory="${temporary.path}")
module(load="imudp")
module(load="imtcp")
template(name="raw" type="string" string="%rawmsg%\\n")
input(type="imudp" ${own})
input(type="imtcp" ${own})
action(type="omfile" file="${at('log')}" template="raw" asyncWriting="off")
`,
  );
  const daemon = await startDaemon({
    argv: ['rsyslogd', '-n', '-f', at('rsyslog.conf'), '-i', at('pid')],
    ready: port,
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  const log = () => (existsSync(at('log')) ? readFileSync(at('log'), 'utf8') : '');
  return { ...daemon, port, log, stop, close: stop };
}
