import { writeFileSync } from 'node:fs';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const KAMAILIO_PROGRAMS = ['kamailio'];

export interface Kamailio extends Daemon {
  /** of UDP and TCP */
  readonly port: number;
  close(): Promise<void>;
}

/** Users whom it answers with another status than 200. */
const STATUSES = ['403 Forbidden', '404 Not Here', '503 Service Unavailable', '603 Decline'];

/** Starts kamailio on a free port of 127.0.0.1; a user `u404` is answered with 404, and so on. */
export async function startKamailio(): Promise<Kamailio> {
  const temporary = temporaryDirectory('kamailio');
  const port = await freePort();
  const others = STATUSES.map((status) => {
    const [code = '', ...words] = status.split(' ');
    return `if ($rU == "u${code}") { sl_send_reply("${code}", "${words.join(' ')}"); exit; }`;
  });
  const config = [
    '#!KAMAILIO',
    'debug=0',
    'log_stderror=yes',
    'children=1',
    'tcp_children=1',
    `listen=udp:127.0.0.1:${String(port)}`,
    `listen=tcp:127.0.0.1:${String(port)}`,
    ...['pv', 'sl', 'textops'].map((name) => `loadmodule "${name}.so"`),
    'request_route {',
    'if ($rU == "slow") sl_send_reply("100", "Trying");',
    ...others,
    'append_to_reply("Allow: INVITE, ACK, options\\r\\nSupported: Path\\r\\n");',
    'sl_send_reply("200", "OK");',
    '}',
  ];
  const file = `${temporary.path}/kamailio.cfg`;
  writeFileSync(file, config.map((line) => `${line}\n`).join(''));
  const daemon = await startDaemon({
    argv: ['kamailio', '-DD', '-f', file, '-m', '16', '-M', '4', '-Y', temporary.path],
    ready: port,
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}
