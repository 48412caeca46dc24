import { describe, expect, test } from 'vitest';
import type { FactTable } from '../../lib/words/fact.ts';
import type { Prober } from '../../lib/probe/prober.ts';
import { type TestCertificate, testCertificates } from '../servers/certificates.ts';
import { type Entry, probeTarget } from './probe-target.ts';

/** What the contract needs to know of a prober whose protocol has TLS, direct or after a command. */
export interface TlsContract<Options, Table extends FactTable> {
  readonly prober: Prober<Options, Table>;
  /** what the tests are named by: `imaps`, `imap with STARTTLS` */
  readonly name: string;
  /** a target at that port of `localhost`, the name that the certificates are for */
  readonly target: (port: number) => string;
  readonly entry?: Entry;
  /** starts a healthy server that shows this certificate; `chain` and key are PEM files */
  readonly start: (certificate: TestCertificate) => Promise<{ readonly port: number; close(): unknown }>;
}

const BAD = [
  ['expired', 'tls_expired'],
  ['wrongHost', 'tls_hostname'],
  ['untrusted', 'tls_untrusted'],
  ['selfSigned', 'tls_untrusted'],
  ['withoutIntermediate', 'tls_untrusted'],
] as const;

/** Puts a prober through every state of a certificate. */
export function tlsContract<Options, Table extends FactTable>(contract: TlsContract<Options, Table>): void {
  const probeWith = async (certificate: TestCertificate, tls: object = {}) => {
    const server = await contract.start(certificate);
    try {
      const service = {
        ...contract.entry?.service,
        tls: { ca: testCertificates().ca, ...tls },
        ip: '4',
      } as const;
      return await probeTarget(contract.prober, contract.target(server.port), { ...contract.entry, service });
    } finally {
      await server.close();
    }
  };

  describe(`${contract.name}: every state of a certificate`, () => {
    test('valid: up, with its days, issuer and TLS version', async () => {
      const result = await probeWith(testCertificates().valid);
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
      expect(result.facts['tls_version']).toMatch(/^1\.[23]$/);
      expect(result.facts['cert_issuer']).toBe('CN=puptime test intermediate');
      expect(Math.floor(result.facts['cert_days'] as number)).toBe(90);
      expect(result.timings.tls_ms).not.toBeNull();
    });

    test.each(BAD)('%s: %s, with its facts', async (name, code) => {
      const { status, reason, facts } = await probeWith(testCertificates()[name]);
      expect([status, reason?.code, reason?.phase]).toEqual(['down', code, 'tls']);
      expect(facts['cert_days']).toBeTypeOf('number');
    });

    test('an intermediate certificate that ends soon: degraded, expiring', async () => {
      const { status, reason, facts } = await probeWith(testCertificates().intermediateEnding);
      expect([status, reason?.code, reason?.fact]).toEqual(['degraded', 'expiring', 'cert_days']);
      expect(Math.floor(facts['cert_leaf_days'] as number)).toBe(90);
      expect(Math.floor(facts['cert_days'] as number)).toBe(5);
    });

    test('verify: false takes any', async () => {
      const result = await probeWith(testCertificates().untrusted, { verify: false });
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    });
  });
}
