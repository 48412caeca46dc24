import { mkdirSync, writeFileSync } from 'node:fs';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const SNMPD_PROGRAMS = ['snmpd'];

export interface Snmpd extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

/** Passwords of every user, whose name says its protocols: `sha256-aes`. */
export const AUTH_PASSWORD = 'auth secret 1';
export const PRIV_PASSWORD = 'priv secret 2';
export const COMMUNITY = 'sesame';

const HASHES = {
  md5: 'MD5',
  sha: 'SHA',
  sha224: 'SHA-224',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
};
const CIPHERS = { des: 'DES', aes: 'AES', aes192: 'AES-192', aes256: 'AES-256' };

/** Starts snmpd on a free port of 127.0.0.1, with a user for every pair of protocols, and one without any. */
export async function startSnmpd(): Promise<Snmpd> {
  const temporary = temporaryDirectory('snmpd');
  const port = await freePort();
  const at = (name: string) => `${temporary.path}/${name}`;
  mkdirSync(at('persistent'));
  const users = Object.entries(HASHES).flatMap(([auth, hash]) =>
    Object.entries(CIPHERS).flatMap(([priv, cipher]) => [
      `createUser ${auth}-${priv} ${hash} "${AUTH_PASSWORD}" ${cipher} "${PRIV_PASSWORD}"`,
      `rouser ${auth}-${priv} auth`,
    ]),
  );
  const lines = [
    `agentAddress udp:127.0.0.1:${String(port)}`,
    'sysName device.example.org',
    'sysDescr A device of the test',
    `rocommunity ${COMMUNITY} 127.0.0.1`,
    // one that sees only a part
    'view part included .1.3.6.1.2.1.1.3',
    'rocommunity narrow 127.0.0.1 -V part',
    ...users,
    'createUser open',
    'rouser open noauth',
    'createUser strict SHA "auth secret 1" AES "priv secret 2"',
    'rouser strict priv',
  ];
  writeFileSync(at('snmpd.conf'), lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  const daemon = await startDaemon({
    argv: [
      'snmpd',
      ...['-f', '-Lo', '-C', '-c', at('snmpd.conf'), '-p', at('pid')],
      ...[
        '-I',
        'system_mib,sysORTable,snmpEngine,usmStats,usmConf,snmpMPDStats,usmUser,vacm_conf,vacm_context,ifTable,loadave,laTable',
      ],
    ],
    env: { SNMP_PERSISTENT_DIR: at('persistent'), SNMPCONFPATH: temporary.path, MIBS: '' },
    ready: (output) => output.includes('NET-SNMP version'),
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}
