import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

export const CUPS_PROGRAMS = ['cupsd'];

export interface Cupsd extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

const QUEUES = [
  { name: 'office', state: 'Idle', accepting: 'Yes', reason: null },
  { name: 'broken', state: 'Stopped', accepting: 'Yes', reason: 'media-jam-error' },
  { name: 'closed', state: 'Idle', accepting: 'No', reason: null },
  { name: 'thirsty', state: 'Idle', accepting: 'Yes', reason: 'toner-low-warning' },
];

/** Starts CUPS with the queues office, broken (stopped), closed (takes no jobs) and thirsty (a warning). */
export async function startCupsd(): Promise<Cupsd> {
  const directory = temporaryDirectory('cups');
  const at = (name: string) => path.join(directory.path, name);
  chmodSync(directory.path, 0o755);
  for (const name of ['spool', 'cache', 'state', 'ppd', 'tmp']) mkdirSync(at(name));
  const port = await freePort();
  writeFileSync(
    at('cups-files.conf'),
    `ServerRoot ${directory.path}
RequestRoot ${at('spool')}
CacheDir ${at('cache')}
StateDir ${at('state')}
TempDir ${at('tmp')}
ErrorLog stderr
AccessLog ${at('access')}
PageLog ${at('page')}
SystemGroup root
FileDevice Yes
`,
  );
  writeFileSync(
    at('cupsd.conf'),
    `Listen 127.0.0.1:${String(port)}
LogLevel warn
Browsing No
WebInterface No
DefaultAuthType None
<Location />
  Order allow,deny
  Allow all
</Location>
`,
  );
  const queues = QUEUES.map(
    ({ name, state, accepting, reason }) => `<Printer ${name}>
Info ${name}
MakeModel Test Printer 9000
DeviceURI file:///dev/null
State ${state}
StateTime 1700000000
${reason === null ? '' : `Reason ${reason}`}
Type 4
Accepting ${accepting}
Shared No
JobSheets none none
OpPolicy default
ErrorPolicy stop-printer
</Printer>
`,
  );
  writeFileSync(at('printers.conf'), queues.join(''), { mode: 0o600 });
  const daemon = await startDaemon({
    argv: ['cupsd', '-f', '-c', at('cupsd.conf'), '-s', at('cups-files.conf')],
    ready: port,
  });
  const stop = async () => {
    await daemon.stop();
    directory.remove();
  };
  return { ...daemon, port, stop, close: stop };
}
