import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type Daemon, findProgram, freePort, startDaemon, temporaryDirectory } from './daemon.ts';
import type { TestCertificate } from './certificates.ts';

/** What these tests need to be installed. */
export const SLAPD_PROGRAMS = ['slapd', 'slapadd'];

export interface Slapd extends Daemon {
  readonly port: number;
  /** where ldaps is answered; null without a certificate */
  readonly tlsPort: number | null;
  close(): Promise<void>;
}

export interface SlapdSettings {
  readonly certificate?: TestCertificate;
  /** lines of slapd.conf before the database */
  readonly global?: readonly string[];
  /** lines of slapd.conf behind it */
  readonly database?: readonly string[];
}

export const PROBE_DN = 'cn=probe,dc=example,dc=org';
export const PROBE_PASSWORD = 'se cret%1';

/** dc=example,dc=org with a few people, and under ou=codes entries that answer with a result code of their name (slapo-retcode). */
const TREE = `dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ${PROBE_DN}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: probe
userPassword: ${PROBE_PASSWORD}

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: uid=ada,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: ada
cn: Ada (Countess) Lovelace
sn: Lovelace
mail: ada@example.org
mail: countess@example.org
employeeNumber: 12
jpegPhoto:: /9j/4A==

dn: uid=bob,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: bob
cn: Bob
sn: Builder

dn: ou=elsewhere,dc=example,dc=org
objectClass: referral
objectClass: extensibleObject
ou: elsewhere
ref: ldap://other.example.org/ou=elsewhere,dc=example,dc=org
`;

/** Starts slapd with a small tree of its own on free ports of 127.0.0.1. */
export async function startSlapd({ certificate, global, database }: SlapdSettings = {}): Promise<Slapd> {
  const temporary = temporaryDirectory('slapd');
  const [port, tlsPort] = [await freePort(), certificate === undefined ? null : await freePort()];
  const at = (name: string) => `${temporary.path}/${name}`;
  mkdirSync(at('db'));
  const tls =
    certificate === undefined
      ? []
      : [`TLSCertificateFile ${certificate.cert}`, `TLSCertificateKeyFile ${certificate.key}`];
  const lines = [
    ...['core', 'cosine', 'inetorgperson'].map((name) => `include /etc/ldap/schema/${name}.schema`),
    'modulepath /usr/lib/ldap',
    'moduleload back_mdb',
    'moduleload retcode',
    `pidfile ${at('pid')}`,
    ...tls,
    ...(global ?? []),
    'database mdb',
    'maxsize 10485760',
    'suffix "dc=example,dc=org"',
    `directory ${at('db')}`,
    'dbnosync',
    'overlay retcode',
    'retcode-parent "ou=codes,dc=example,dc=org"',
    ...['0x03', '0x33', '0x34', '0x35', '0x50'].map((code) => `retcode-item "cn=${code}" ${code}`),
    'retcode-item "cn=slow" 0x00 sleeptime=5',
    ...(database ?? []),
  ];
  writeFileSync(at('slapd.conf'), lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  writeFileSync(at('tree.ldif'), TREE);
  const slapadd = findProgram('slapadd') ?? 'slapadd';
  execFileSync(slapadd, ['-q', '-f', at('slapd.conf'), '-l', at('tree.ldif')], { stdio: 'pipe' });
  const urls = [
    `ldap://127.0.0.1:${String(port)}`,
    ...(tlsPort === null ? [] : [`ldaps://127.0.0.1:${String(tlsPort)}`]),
  ];
  const daemon = await startDaemon({
    argv: ['slapd', '-f', at('slapd.conf'), '-h', urls.join(' '), '-d', '0'],
    ready: port,
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, tlsPort, stop, close: stop };
}
