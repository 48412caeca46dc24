import { afterAll, beforeAll, expect, test } from 'vitest';
import { dns } from '../../../../lib/probe/probers/dns.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { type Named, signZone, startNamed } from '../../../servers/named.ts';
import { type Unbound, startUnbound } from '../../../servers/unbound.ts';

const ZONE = '$TTL 300\n@ SOA ns1 root 1 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.53\n';
const day = 86_400_000;

/** The key that signs keys, on one line. */
function anchorOf(zone: string, signed: string): string {
  const [, key = ''] = /DNSKEY\s+(257 3 13 \([^)]*\))/.exec(signed) ?? [];
  return `${zone}. DNSKEY ${key.replace(/[()]/g, '').replace(/\s+/g, ' ').trim()}`;
}

describeWith(['unbound', 'named', 'dnssec-signzone'], 'dns against Unbound', () => {
  let authority: Named;
  let resolver: Unbound;
  beforeAll(async () => {
    const good = signZone('good.example', ZONE, new Date(Date.now() + 10 * day));
    const bad = signZone('bad.example', ZONE, new Date(Date.now() - 2 * day));
    authority = await startNamed({ 'good.example': good, 'bad.example': bad });
    const { port } = authority;
    resolver = await startUnbound(['example.org. 300 IN A 192.0.2.1'], testCertificates().valid, [
      { zone: 'good.example', port, trustAnchor: anchorOf('good.example', good) },
      { zone: 'bad.example', port, trustAnchor: anchorOf('bad.example', bad) },
    ]);
  }, 30_000);
  afterAll(async () => {
    await resolver.stop();
    await authority.stop();
  });
  const probe = (question: string, entry: Entry = {}) =>
    probeTarget(dns, `dns://127.0.0.1:${String(resolver.port)}/${question}`, entry);

  test.each([
    ['dns', 'port', {}],
    ['dns+tcp', 'port', {}],
    ['dns+tls', 'tlsPort', {}],
    ['dns+https', 'httpsPort', {}],
    ['dns+https', 'httpsPort', { method: 'GET' }],
  ] as const)('%s to %s with %j is up', async (scheme, port, options) => {
    const result = await probeTarget(dns, `${scheme}://127.0.0.1:${String(resolver[port])}/example.org`, {
      options,
      service: { tls: { ca: testCertificates().ca } },
    });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['answers']).toEqual(['192.0.2.1']);
    if (scheme === 'dns+https')
      expect(result.facts).toMatchObject({ http_status: 200, alpn: 'h2', transport: 'https' });
  });

  test('a signed zone is validated: the flag ad can be expected', async () => {
    const result = await probe('ns1.good.example', {
      options: { ad: true },
      expect: { flags: ['ra', 'ad'] },
    });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test('a zone whose signatures have expired is SERVFAIL, unless nobody is to check', async () => {
    const checked = await probe('ns1.bad.example');
    expect([checked.status, checked.reason?.code, checked.facts['rcode']]).toEqual([
      'down',
      'status',
      'SERVFAIL',
    ]);
    const unchecked = await probe('ns1.bad.example', { options: { cd: true } });
    expect([unchecked.status, unchecked.facts['answers']]).toEqual(['up', ['192.0.2.53']]);
  });

  test('a name that it does not know is NXDOMAIN', async () => {
    expect((await probe('nothing.example.com')).facts['rcode']).toBe('NXDOMAIN');
  });
});
