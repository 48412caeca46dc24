import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryDirectory } from './daemon.ts';

/** Paths of PEM files. `cert` is what a server sends: its own certificate, the intermediate one after it. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** A small authority and what it issued, for localhost, 127.0.0.1 and ::1 where nothing else is said. */
export interface TestCertificates {
  readonly directory: string;
  /** the root: for `tls.ca` */
  readonly ca: string;
  /** 90 days left, the intermediate one 365 */
  readonly valid: TestCertificate;
  /** ended ten days ago */
  readonly expired: TestCertificate;
  /** begins in ten days */
  readonly future: TestCertificate;
  /** for other.example.org */
  readonly wrongHost: TestCertificate;
  /** of an authority that nobody knows */
  readonly untrusted: TestCertificate;
  readonly selfSigned: TestCertificate;
  /** 90 days left, but 5 of the intermediate one */
  readonly intermediateEnding: TestCertificate;
  /** valid, but sent without the intermediate one */
  readonly withoutIntermediate: TestCertificate;
  /** for a client to show */
  readonly client: TestCertificate;
}

const LOCAL = 'DNS:localhost,IP:127.0.0.1,IP:::1';
let made: TestCertificates | null = null;

/** Makes them at the first call (by openssl, about half a second); they are gone when the process ends. */
export function testCertificates(): TestCertificates {
  made ??= makeAll(temporaryDirectory('certificates').path);
  return made;
}

function makeAll(directory: string): TestCertificates {
  const root = makeAuthority(directory, 'root', null, 3650);
  const intermediate = makeAuthority(directory, 'intermediate', root, 365);
  const ending = makeAuthority(directory, 'ending-intermediate', root, 5);
  const stranger = makeAuthority(directory, 'stranger', null, 3650);
  const server = (name: string, issuer: Issuer, days: Days = [-1, 90], names = LOCAL) =>
    makeLeaf(directory, { name, issuer, days, names, chain: [issuer.cert] });
  const valid = server('valid', intermediate);
  return {
    directory,
    ca: root.cert,
    valid,
    expired: server('expired', intermediate, [-100, -10]),
    future: server('future', intermediate, [10, 90]),
    wrongHost: server('wrong-host', intermediate, [-1, 90], 'DNS:other.example.org'),
    untrusted: server('untrusted', stranger),
    selfSigned: makeLeaf(directory, {
      name: 'self-signed',
      issuer: null,
      days: [-1, 90],
      names: LOCAL,
      chain: [],
    }),
    intermediateEnding: server('intermediate-ending', ending),
    withoutIntermediate: makeLeaf(directory, {
      name: 'without-intermediate',
      issuer: intermediate,
      days: [-1, 90],
      names: LOCAL,
      chain: [],
    }),
    client: server('client', intermediate, [-1, 90], 'email:probe@example.org'),
  };
}

/** When it begins and ends, in days from now. */
type Days = readonly [from: number, to: number];

interface Issuer {
  readonly cert: string;
  readonly key: string;
}

function makeAuthority(directory: string, name: string, issuer: Issuer | null, days: number): Issuer {
  const extensions = 'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n';
  return issue(directory, { name, issuer, days: [-2, days], extensions });
}

function makeLeaf(
  directory: string,
  {
    name,
    issuer,
    days,
    names,
    chain,
  }: {
    readonly name: string;
    readonly issuer: Issuer | null;
    readonly days: Days;
    readonly names: string;
    readonly chain: readonly string[];
  },
): TestCertificate {
  const extensions = `basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nsubjectAltName=${names}\n`;
  const { cert, key } = issue(directory, { name, issuer, days, extensions });
  const served = path.join(directory, `${name}.chain.pem`);
  writeFileSync(served, [cert, ...chain].map((file) => readFileSync(file, 'utf8')).join(''));
  return { cert: served, key };
}

function issue(
  directory: string,
  {
    name,
    issuer,
    days,
    extensions,
  }: {
    readonly name: string;
    readonly issuer: Issuer | null;
    readonly days: Days;
    readonly extensions: string;
  },
): Issuer {
  const at = (suffix: string) => path.join(directory, `${name}.${suffix}`);
  const [key, request, cert, config] = [at('key'), at('csr'), at('crt'), at('cnf')];
  const database = at('db');
  mkdirSync(database);
  writeFileSync(path.join(database, 'index.txt'), '');
  // `openssl x509 -req` cannot set a beginning in the past; `openssl ca` can.
  writeFileSync(
    config,
    `[ca]\ndefault_ca=d\n[d]\ndatabase=${database}/index.txt\nnew_certs_dir=${database}\nrand_serial=yes\n` +
      `default_md=sha256\npolicy=p\nx509_extensions=x\nunique_subject=no\n[p]\ncommonName=supplied\n` +
      `[req]\ndistinguished_name=n\n[n]\n[x]\n${extensions}`,
  );
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key);
  openssl(
    'req',
    '-new',
    '-config',
    config,
    '-key',
    key,
    '-subj',
    `/CN=puptime test ${name}`,
    '-out',
    request,
  );
  const [from, to] = days;
  openssl(
    'ca',
    ...['-batch', '-notext', '-config', config, '-in', request, '-out', cert],
    ...['-startdate', dateIn(from), '-enddate', dateIn(to)],
    ...(issuer === null ? ['-selfsign', '-keyfile', key] : ['-cert', issuer.cert, '-keyfile', issuer.key]),
  );
  return { cert, key };
}

function openssl(...argv: string[]): void {
  execFileSync('openssl', argv, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** `20260131120000Z`, with half an hour added so that whole days are left while a test runs. */
function dateIn(days: number): string {
  const time = new Date(Date.now() + days * 86_400_000 + 1_800_000);
  return `${time.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
}
