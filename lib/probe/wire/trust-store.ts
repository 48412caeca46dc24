import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { CannotTell } from '../prober.ts';

/** Authorities that are trusted. */
export interface TrustStore {
  /** PEM, one certificate each */
  readonly pem: readonly string[];
  /** certificates with this subject, parsed when first asked for */
  bySubject(subject: string): readonly X509Certificate[];
}

/** Where distributions keep the bundle. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** The system’s authorities: SSL_CERT_FILE, else the distribution’s bundle, else the roots that come with Node. */
export function systemTrustStore(env: { readonly [name: string]: string | undefined }): TrustStore {
  const chosen = env['SSL_CERT_FILE'];
  if (chosen !== undefined && chosen !== '') return fileTrustStore(chosen, 'SSL_CERT_FILE');
  for (const path of BUNDLES) {
    const text = readIfThere(path);
    if (text !== null) return createTrustStore(splitPem(text));
  }
  return createTrustStore(rootCertificates);
}

/** A PEM bundle of the user’s. `what` names the setting, for the error. */
export function fileTrustStore(path: string, what: string): TrustStore {
  const pem = splitPem(readPem(path, what));
  if (pem.length === 0) throw new CannotTell('permission', `${what}: ${path} holds no PEM certificate`);
  return createTrustStore(pem);
}

/** Reads a PEM file that the config names; one that cannot be read is our trouble, not the service’s. */
export function readPem(path: string, what: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    throw new CannotTell(
      'permission',
      `${what}: cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function createTrustStore(pem: readonly string[]): TrustStore {
  let index: Map<string, X509Certificate[]> | null = null;
  return {
    pem,
    bySubject(subject) {
      index ??= indexBySubject(pem);
      return index.get(subject) ?? [];
    },
  };
}

function indexBySubject(pem: readonly string[]): Map<string, X509Certificate[]> {
  const index = new Map<string, X509Certificate[]>();
  for (const text of pem) {
    const certificate = parse(text);
    if (certificate === null) continue;
    const same = index.get(certificate.subject);
    if (same) same.push(certificate);
    else index.set(certificate.subject, [certificate]);
  }
  return index;
}

/** A bundle may hold what this OpenSSL does not read; such a certificate is trusted for nothing. */
function parse(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

function splitPem(text: string): string[] {
  const parts = text.split('-----END CERTIFICATE-----').slice(0, -1);
  return parts.flatMap((part) => {
    const at = part.indexOf('-----BEGIN CERTIFICATE-----');
    return at === -1 ? [] : [`${part.slice(at)}-----END CERTIFICATE-----\n`];
  });
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}
