import type { X509Certificate } from 'node:crypto';
import type { FactTable, FactsOf } from '../../words/fact.ts';
import type { Finding } from '../../words/reason.ts';
import { safeLine } from '../../words/safe-text.ts';
import type { TrustStore } from './trust-store.ts';

/** The facts that every prober with TLS gives. */
export const TLS_FACTS = {
  cert_days: {
    kind: 'number',
    unit: 'days',
    code: 'expiring',
    meaning: 'days until the first certificate of the chain ends, roots left out; negative once it has',
  },
  cert_leaf_days: {
    kind: 'number',
    unit: 'days',
    code: 'expiring',
    meaning: 'days until the server’s own certificate ends',
  },
  cert_subject: { kind: 'word', meaning: 'subject of the server’s certificate' },
  cert_issuer: { kind: 'word', meaning: 'issuer of the server’s certificate' },
  cert_sans: { kind: 'list', meaning: 'names and addresses that the certificate is for' },
  cert_sha256: { kind: 'word', meaning: 'fingerprint of the server’s certificate, lower-case hex' },
  certs: {
    kind: 'records',
    meaning: 'each certificate of the chain: subject, issuer, not_before, not_after, days, sha256',
  },
  tls_version: { kind: 'word', meaning: 'TLS version, "1.3"' },
  cipher: { kind: 'word', meaning: 'cipher suite' },
  alpn: { kind: 'word', meaning: 'protocol agreed on by ALPN; absent when none' },
} as const satisfies FactTable;

/** What every prober with TLS prefers unless the config says otherwise. */
export const TLS_PREFER = { cert_days: '>= 14' } as const;

const DAY_MS = 86_400_000;

/**
 * The chain from the server’s certificate up to, and without, a trusted root: issuers are looked for among what the
 * server sent, but a trusted authority ends the path wherever one fits, so that an old cross-signed certificate sent
 * along counts for nothing.
 */
export function buildChain(leaf: X509Certificate, sent: readonly X509Certificate[], store: TrustStore) {
  const chain = [leaf];
  let current = leaf;
  for (let depth = 0; depth < 10; depth += 1) {
    if (isAnchor(current, store)) return { chain: depth === 0 ? chain : chain.slice(0, -1), trusted: true };
    const below = current;
    if (store.bySubject(below.issuer).some((root) => isIssuer(root, below))) return { chain, trusted: true };
    const next = sent.find((candidate) => !chain.includes(candidate) && isIssuer(candidate, below));
    if (!next) return { chain: withoutRoot(chain), trusted: false };
    chain.push(next);
    current = next;
  }
  return { chain, trusted: false };
}

/** Judged on date, name and trust apart; every finding, in that order. `now` is ms since 1970. */
export function judgeChain(
  { chain, trusted }: { readonly chain: readonly X509Certificate[]; readonly trusted: boolean },
  nameProblem: string | null,
  now: number,
): Finding[] {
  const findings: Finding[] = [];
  for (const certificate of chain) {
    const which =
      certificate === chain[0] ? 'the certificate' : `the intermediate certificate ${subjectOf(certificate)}`;
    const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
    if (now > to)
      findings.push(expired(`${which} ended ${dayOf(to)}`, `valid until after ${dayOf(now)}`, dayOf(to)));
    else if (now < from)
      findings.push(
        expired(`${which} begins only ${dayOf(from)}`, `valid from before ${dayOf(now)}`, dayOf(from)),
      );
  }
  if (nameProblem !== null) findings.push({ code: 'tls_hostname', phase: 'tls', text: nameProblem });
  if (!trusted) findings.push({ code: 'tls_untrusted', phase: 'tls', text: untrustedText(chain) });
  return findings;
}

/** The facts of a chain (server’s certificate first). */
export function chainFacts(chain: readonly X509Certificate[], now: number): FactsOf<typeof TLS_FACTS> {
  const [leaf] = chain;
  if (!leaf) return {};
  const days = chain.map((certificate) => daysLeft(certificate, now));
  return {
    cert_days: Math.min(...days),
    cert_leaf_days: daysLeft(leaf, now),
    cert_subject: subjectOf(leaf),
    cert_issuer: nameOf(leaf.issuer),
    cert_sans: sansOf(leaf),
    cert_sha256: fingerprint(leaf),
    certs: chain.map((certificate) => ({
      subject: subjectOf(certificate),
      issuer: nameOf(certificate.issuer),
      not_before: isoOf(certificate.validFrom),
      not_after: isoOf(certificate.validTo),
      days: daysLeft(certificate, now),
      sha256: fingerprint(certificate),
    })),
  };
}

function isAnchor(certificate: X509Certificate, store: TrustStore): boolean {
  return store
    .bySubject(certificate.subject)
    .some((root) => root.fingerprint256 === certificate.fingerprint256);
}

function isIssuer(issuer: X509Certificate, of: X509Certificate): boolean {
  return issuer.subject === of.issuer && issuer.ca && of.checkIssued(issuer) && of.verify(issuer.publicKey);
}

function withoutRoot(chain: readonly X509Certificate[]): X509Certificate[] {
  return chain.filter((certificate, index) => index === 0 || certificate.subject !== certificate.issuer);
}

function untrustedText(chain: readonly X509Certificate[]): string {
  const [leaf] = chain;
  const last = chain.at(-1);
  if (!leaf || !last) return 'the server sent no certificate';
  if (leaf.subject === leaf.issuer) return 'the certificate is signed by itself and not trusted here';
  return `no trusted authority: nobody here knows the issuer ${nameOf(last.issuer)}`;
}

function expired(text: string, expected: string, got: string): Finding {
  return { code: 'tls_expired', phase: 'tls', text, expected, got };
}

function daysLeft(certificate: X509Certificate, now: number): number {
  return Math.floor(((Date.parse(certificate.validTo) - now) / DAY_MS) * 100) / 100;
}

/** `CN=a.example` of Node’s form with one attribute a line; the most telling one alone where there is one. */
function nameOf(name: string): string {
  const lines = name.split('\n');
  const common = lines.find((line) => line.startsWith('CN='));
  return safeLine(common ?? lines.join(', '));
}

function subjectOf(certificate: X509Certificate): string {
  return nameOf(certificate.subject);
}

/** Names of `subjectAltName` as they stand in the certificate, without their type. */
function sansOf(certificate: X509Certificate): string[] {
  const names =
    certificate.subjectAltName?.match(/(?:DNS|IP Address|URI|email):(?:"(?:[^"\\]|\\.)*"|[^,]*)/g) ?? [];
  return names.slice(0, 100).map((name) => safeLine(name.slice(name.indexOf(':') + 1).trim()));
}

function fingerprint(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

function isoOf(date: string): string {
  const time = Date.parse(date);
  return Number.isNaN(time) ? date : new Date(time).toISOString();
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
