import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** An authority made for a test, in a directory of its own. */
export interface CertificateAuthority {
  /** path of its certificate: for `tls.ca` */
  readonly ca: string;
  /** A certificate for these names and addresses, valid for so many days, with its key; paths of PEM files and their text. */
  issue(
    names: readonly string[],
    days?: number,
  ): { readonly certFile: string; readonly keyFile: string; readonly cert: string; readonly key: string };
  close(): void;
}

/** Makes an authority with openssl. */
export function createAuthority(): CertificateAuthority {
  const directory = mkdtempSync(path.join(tmpdir(), 'puptime-ca-'));
  const file = (name: string) => path.join(directory, name);
  const openssl = (...argv: string[]) => execFileSync('openssl', argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-subj',
    '/CN=puptime test authority',
    '-days',
    '3650',
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
  );
  let count = 0;
  return {
    ca: file('ca.pem'),
    issue(names, days = 365) {
      const id = `leaf${String(++count)}`;
      const [keyFile, request, extensions, certFile] = [
        file(`${id}.key`),
        file(`${id}.csr`),
        file(`${id}.ext`),
        file(`${id}.pem`),
      ];
      const sans = names.map((name) => (/^[\d.]+$|:/.test(name) ? `IP:${name}` : `DNS:${name}`));
      writeFileSync(extensions, `subjectAltName=${sans.join(',')}\n`);
      openssl(
        'req',
        '-new',
        ...newKey,
        '-subj',
        `/CN=${names[0] ?? 'nobody'}`,
        '-keyout',
        keyFile,
        '-out',
        request,
      );
      openssl(
        'x509',
        '-req',
        '-in',
        request,
        '-CA',
        file('ca.pem'),
        '-CAkey',
        file('ca.key'),
        '-CAcreateserial',
        '-days',
        String(days),
        '-extfile',
        extensions,
        '-out',
        certFile,
      );
      return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
    },
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}
