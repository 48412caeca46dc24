import {
  type SecureContext,
  type SecureContextOptions,
  type SecureVersion,
  createSecureContext,
} from 'node:tls';
import { safeLine } from '../../words/safe-text.ts';
import type { TlsOptions } from '../../words/service.ts';
import { CannotTell } from '../prober.ts';
import { type TrustStore, fileTrustStore, readPem, systemTrustStore } from './trust-store.ts';

interface Trust {
  readonly store: TrustStore;
  context(): SecureContext;
}

/** Reading and parsing a bundle costs more than a handshake: once per process and choice. */
const trusts = new Map<string, Trust>();

/** Whom to trust, and who we are. Throws CannotTell when a file of the config cannot be used. */
export function trustFor(tls: TlsOptions, env: { readonly [name: string]: string | undefined }): Trust {
  const key = JSON.stringify([
    tls.ca,
    tls.cert,
    tls.key,
    tls.min_version,
    tls.max_version,
    env['SSL_CERT_FILE'],
  ]);
  const known = trusts.get(key);
  if (known) return known;
  const store = tls.ca === undefined ? systemTrustStore(env) : fileTrustStore(tls.ca, 'tls.ca');
  const cert = tls.cert === undefined ? undefined : readPem(tls.cert, 'tls.cert');
  const keyFile = tls.key ?? tls.cert;
  const contextOptions: SecureContextOptions = {
    ca: [...store.pem],
    ...(cert === undefined ? {} : { cert }),
    ...(cert === undefined || keyFile === undefined ? {} : { key: readPem(keyFile, 'tls.key') }),
    ...(tls.min_version ? { minVersion: asVersion(tls.min_version) } : {}),
    ...(tls.max_version ? { maxVersion: asVersion(tls.max_version) } : {}),
  };
  let context: SecureContext | null = null;
  const trust: Trust = { store, context: () => (context ??= createContext(contextOptions)) };
  trusts.set(key, trust);
  return trust;
}

function createContext(options: SecureContextOptions): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    throw new CannotTell(
      'permission',
      `tls.cert, tls.key or tls.ca: ${safeLine(error instanceof Error ? error.message : String(error))}`,
    );
  }
}

function asVersion(version: '1.0' | '1.1' | '1.2' | '1.3'): SecureVersion {
  return version === '1.0' ? 'TLSv1' : `TLSv${version}`;
}
