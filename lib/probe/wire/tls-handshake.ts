import type { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  type ConnectionOptions,
  type SecureContext,
  type TLSSocket,
  checkServerIdentity,
  connect,
} from 'node:tls';
import type { FactsOf } from '../../words/fact.ts';
import type { Code, Finding } from '../../words/reason.ts';
import type { TlsOptions } from '../../words/service.ts';
import { safeLine } from '../../words/safe-text.ts';
import { type CannotTell, Fault } from '../prober.ts';
import { type TLS_FACTS, buildChain, chainFacts, judgeChain } from './certificates.ts';
import { explainError } from './errno.ts';
import type { TrustStore } from './trust-store.ts';
import { trustFor } from './tls-trust.ts';

/** What a handshake showed. */
export interface TlsSession {
  readonly version: string;
  readonly alpn: string | null;
  readonly facts: FactsOf<typeof TLS_FACTS>;
  /** what is wrong with the certificates; empty with `verify: false` */
  readonly findings: readonly Finding[];
  /** what another connection may resume it with; null as long as the server has given nothing for that */
  resumption(): Buffer | null;
}

/** How a protocol carries the records of a handshake. */
export interface TlsFraming {
  /** A newer version is not offered: it says more after the handshake, when nothing is framed any more. */
  readonly maxVersion: '1.2';
  /** The stream that TLS has instead of the socket; it ends and fails with the socket, and the socket with it. */
  wrap(socket: Socket): Duplex;
  /** The handshake is over. */
  done(): void;
}

export interface HandshakeOptions {
  readonly tls: TlsOptions;
  /** the name to ask for and to expect */
  readonly serverName: string;
  readonly alpn: readonly string[];
  readonly resume?: TlsSession;
  readonly framing?: TlsFraming;
  readonly signal: AbortSignal;
  readonly aborted: () => Fault | CannotTell;
  readonly env: { readonly [name: string]: string | undefined };
  readonly now: () => number;
}

/**
 * Makes a connected socket a TLS socket. Rejects when the handshake fails; what is wrong with the certificates is in
 * `session.findings`, so that the caller can report all of it before it sends a byte of its own.
 */
export async function shakeHands(
  socket: Socket,
  peer: string,
  options: HandshakeOptions,
): Promise<{ socket: TLSSocket; session: TlsSession }> {
  const { framing } = options;
  const trust = trustFor(limited(options.tls, framing), options.env);
  const carrier = framing?.wrap(socket) ?? socket;
  const secure = connect(connectionOptions(carrier, options, trust.context()));
  let resumable: Buffer | null = null;
  // With TLS 1.3 it comes after the handshake, perhaps more than once.
  secure.on('session', (session: Buffer) => (resumable = session));
  await settle(secure, socket, peer, options);
  framing?.done();
  const resumption = () => resumable;
  // Only who has the secrets of the first handshake can resume it: what was judged then stands.
  const session =
    options.resume !== undefined && secure.isSessionReused()
      ? options.resume
      : { ...inspect(secure, trust.store, options), resumption };
  return { socket: secure, session };
}

function limited(tls: TlsOptions, framing: TlsFraming | undefined): TlsOptions {
  const { max_version = '1.3' } = tls;
  return framing === undefined || max_version < framing.maxVersion
    ? tls
    : { ...tls, max_version: framing.maxVersion };
}

function connectionOptions(
  socket: Duplex,
  options: HandshakeOptions,
  secureContext: SecureContext,
): ConnectionOptions {
  return {
    socket,
    secureContext,
    // Judged by inspect(), on date, name and trust apart.
    rejectUnauthorized: false,
    ...sessionOf(options.resume),
    ...(isIP(options.serverName) === 0 ? { servername: options.serverName } : {}),
    ...(options.alpn.length > 0 ? { ALPNProtocols: [...options.alpn] } : {}),
  };
}

function sessionOf(resume: TlsSession | undefined): { readonly session?: Buffer } {
  const session = resume?.resumption() ?? null;
  return session === null ? {} : { session };
}

async function settle(
  secure: TLSSocket,
  raw: Socket,
  peer: string,
  options: HandshakeOptions,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const finish = (error: Error | null) => {
      secure.off('secureConnect', onSecure).off('error', onError).off('close', onClose);
      raw.off('error', onError);
      options.signal.removeEventListener('abort', onAbort);
      // Errors after the end of this promise are nobody’s.
      secure.on('error', () => undefined);
      raw.on('error', () => undefined);
      if (error === null) {
        resolve();
        return;
      }
      secure.destroy();
      raw.destroy();
      reject(error);
    };
    const onSecure = () => finish(null);
    const onError = (error: Error) => finish(explainHandshake(error, peer));
    const onClose = () =>
      finish(
        new Fault({
          code: 'closed',
          phase: 'tls',
          text: `${peer} closed the connection in the TLS handshake`,
        }),
      );
    const onAbort = () => finish(options.aborted());
    secure.once('secureConnect', onSecure).once('error', onError).once('close', onClose);
    raw.once('error', onError);
    options.signal.addEventListener('abort', onAbort, { once: true });
    if (options.signal.aborted) onAbort();
  });
}

/** OpenSSL’s words for a handshake that failed, sorted by what they mean. */
const HANDSHAKE: readonly (readonly [RegExp, Code, string])[] = [
  [
    /UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|NO_PROTOCOLS_AVAILABLE|VERSION_TOO_LOW|INAPPROPRIATE_FALLBACK/,
    'tls_version',
    'has no TLS version in common with what is allowed here',
  ],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNEXPECTED_MESSAGE|RECORD_LAYER|BAD_RECORD|WRONG_SSL_VERSION|UNKNOWN_PROTOCOL|INVALID_|LENGTH_|DECODE_ERROR|UNEXPECTED_RECORD/,
    'tls_handshake',
    'answers, but not in TLS',
  ],
  [
    /CERTIFICATE_REQUIRED|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|UNKNOWN_CA/,
    'tls_handshake',
    'wants a client certificate that it knows',
  ],
  [/UNRECOGNIZED_NAME/, 'tls_hostname', 'does not serve this name'],
  [/APPLICATION_PROTOCOL/, 'tls_handshake', 'speaks none of the protocols offered (ALPN)'],
  [
    /HANDSHAKE_FAILURE|NO_SHARED_CIPHER|INSUFFICIENT_SECURITY/,
    'tls_handshake',
    'refused the handshake: no cipher in common, or it wants a client certificate',
  ],
];

function explainHandshake(error: Error, peer: string): Error {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'ECONNRESET' && error.message.includes('before secure TLS connection')) {
    return new Fault({
      code: 'closed',
      phase: 'tls',
      text: `${peer} closed the connection in the TLS handshake`,
    });
  }
  if (!code.startsWith('ERR_') && code !== 'EPROTO') return explainError(error, 'tls', peer);
  const words = `${code} ${error.message}`.toUpperCase().replaceAll(' ', '_');
  const known = HANDSHAKE.find(([pattern]) => pattern.test(words));
  const detail = safeLine(
    code
      .replace(/^ERR_SSL_/, '')
      .toLowerCase()
      .replaceAll('_', ' '),
    80,
  );
  return new Fault({
    code: known?.[1] ?? 'tls_handshake',
    phase: 'tls',
    text: `${peer} ${known?.[2] ?? 'broke off the TLS handshake'} (${detail})`,
  });
}

function inspect(
  secure: TLSSocket,
  store: TrustStore,
  options: HandshakeOptions,
): Omit<TlsSession, 'resumption'> {
  // Asked once and for all: on Node 20 this call takes the leaf off the chain that later calls see.
  const leaf = secure.getPeerX509Certificate();
  const alpn = typeof secure.alpnProtocol === 'string' ? secure.alpnProtocol : null;
  const version = (secure.getProtocol() ?? '').replace(/^TLSv(1)$/, '1.0').replace(/^TLSv/, '');
  const about = {
    tls_version: version,
    cipher: secure.getCipher().name,
    alpn: alpn === null ? null : safeLine(alpn),
  };
  if (!leaf) return { version, alpn, facts: about, findings: [] };
  const now = options.now();
  const built = buildChain(leaf, issuersOf(leaf), store);
  const nameProblem = checkName(leaf, options.serverName);
  const findings = options.tls.verify === false ? [] : judgeChain(built, nameProblem, now);
  return { version, alpn, facts: { ...about, ...chainFacts(built.chain, now) }, findings };
}

function issuersOf(leaf: X509Certificate): X509Certificate[] {
  const issuers: X509Certificate[] = [];
  for (
    let next = leaf.issuerCertificate;
    next !== undefined && issuers.length < 20;
    next = next.issuerCertificate
  ) {
    if (issuers.some((known) => known.fingerprint256 === next.fingerprint256)) break;
    issuers.push(next);
  }
  return issuers;
}

function checkName(leaf: X509Certificate, serverName: string): string | null {
  if (checkServerIdentity(serverName, leaf.toLegacyObject()) === undefined) return null;
  return `the certificate is for ${safeLine(leaf.subjectAltName ?? 'no name', 160)}, not for ${serverName}`;
}
