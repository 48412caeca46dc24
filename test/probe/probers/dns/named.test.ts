import type { Service } from '../../../../lib/words/service.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dns } from '../../../../lib/probe/probers/dns.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { type Named, signZone, startNamed } from '../../../servers/named.ts';

const HEAD = (serial: number) =>
  `$TTL 300\n@ SOA ns1 first\\.last.example.org. ${String(serial)} 3600 600 86400 60\n@ NS ns1\n@ NS ns2\nns1 A 192.0.2.53\nns2 A 192.0.2.54\n`;

/** A line of a zone file, the question for it, and the answers as facts. */
const RECORDS: readonly (readonly [zone: string, name: string, type: string, answers: readonly string[]])[] =
  [
    ['@ MX 20 mx2\n@ MX 10 MX1.example.org.', '', 'MX', ['10 mx1.example.org', '20 mx2.example.org']],
    ['web A 192.0.2.80\nweb A 192.0.2.8', 'web', 'A', ['192.0.2.8', '192.0.2.80']],
    ['web AAAA 2001:db8:0:0:0::80', 'web', 'AAAA', ['2001:db8::80']],
    ['www CNAME web', 'www', 'A', ['192.0.2.8', '192.0.2.80']],
    ['', 'www', 'CNAME', ['web.example.org']],
    ['', '', 'NS', ['ns1.example.org', 'ns2.example.org']],
    ['', '', 'SOA', ['ns1.example.org first\\.last.example.org 2026010102 3600 600 86400 60']],
    ['@ TXT "v=spf1 ip4:192.0.2.0/24" " -all"', '', 'TXT', ['v=spf1 ip4:192.0.2.0/24 -all']],
    ['_sip._tcp SRV 1 2 5060 sip', '_sip._tcp', 'SRV', ['1 2 5060 sip.example.org']],
    ['@ CAA 0 issue "ca.example.net"', '', 'CAA', ['0 issue "ca.example.net"']],
    ['ptr PTR web', 'ptr', 'PTR', ['web.example.org']],
    ['dname DNAME other.example.', 'dname', 'DNAME', ['other.example']],
    [
      'naptr NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:a@b!" .',
      'naptr',
      'NAPTR',
      ['100 10 "u" "E2U+sip" "!^.*$!sip:a@b!" .'],
    ],
    ['_443._tcp TLSA 3 1 1 (ab cd ef 01 2345)', '_443._tcp', 'TLSA', ['3 1 1 ABCDEF012345']],
    [
      'fp SSHFP 4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789',
      'fp',
      'SSHFP',
      ['4 2 123456789ABCDEF67890123456789ABCDEF67890123456789ABCDEF123456789'],
    ],
    [
      'h HTTPS 1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1',
      'h',
      'HTTPS',
      ['1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1'],
    ],
    ['s SVCB 0 web', 's', 'SVCB', ['0 web.example.org']],
    ['uri URI 10 1 "ftp://ftp.example.org/"', 'uri', 'URI', ['10 1 "ftp://ftp.example.org/"']],
    ['hinfo HINFO "cpu x" "os"', 'hinfo', 'HINFO', ['"cpu x" "os"']],
    ['rp RP root.example.org. web', 'rp', 'RP', ['root.example.org web.example.org']],
    ['afs AFSDB 1 web', 'afs', 'AFSDB', ['1 web.example.org']],
    ['cert CERT 1 2 3 AQID', 'cert', 'CERT', ['1 2 3 AQID']],
    ['key DNSKEY 257 3 13 AQIDBA==', 'key', 'DNSKEY', ['257 3 13 AQIDBA==']],
    ['pgp OPENPGPKEY AQIDBA==', 'pgp', 'OPENPGPKEY', ['AQIDBA==']],
    ['raw TYPE65280 \\# 3 0a0b0c', 'raw', 'TYPE65280', ['\\# 3 0A0B0C']],
    ['*.wild A 192.0.2.9', 'any.wild', 'A', ['192.0.2.9']],
    ['a\\.b A 192.0.2.10', '*.wild', 'A', ['192.0.2.9']],
    [
      'sub NS ns.sub\nsub DS 60485 13 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A\nns.sub A 192.0.2.99',
      'sub',
      'DS',
      ['60485 13 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A'],
    ],
  ];

const EXTRA = [
  'elsewhere CNAME www.example.net.',
  'dangling CNAME nothing',
  'loop1 CNAME loop2',
  'loop2 CNAME loop1',
  ...Array.from({ length: 60 }, (_, index) => `big TXT "${'x'.repeat(100)}${String(index)}"`),
].join('\n');

describeWith(['named'], 'dns against BIND', () => {
  let primary: Named;
  let secondary: Named;
  beforeAll(async () => {
    const zone = `${HEAD(2026010102)}${RECORDS.map(([text]) => text).join('\n')}\n${EXTRA}\n`;
    const { valid } = testCertificates();
    primary = await startNamed({ 'example.org': zone, 'broken.example': '$TTL 300\n@ NS nowhere\n' }, valid);
    secondary = await startNamed({ 'example.org': `${HEAD(2026010101)}web A 192.0.2.8\n` });
  }, 30_000);
  afterAll(async () => {
    await primary.stop();
    await secondary.stop();
  });
  const probe = (question: string, entry: Entry = {}, scheme = 'dns') =>
    probeTarget(dns, `${scheme}://127.0.0.1:${String(primary.port)}/${question}`, entry);

  test.each(RECORDS)('%s', async (_, name, type, answers) => {
    const question = `${name === '' ? '' : `${name}.`}example.org?type=${type}`;
    const result = await probe(question, {
      expect: { answers: { equals: answers } },
      options: { authoritative: true },
    });
    expect(result.status, JSON.stringify([result.reasons, result.facts])).toBe('up');
    expect(result.facts['answers']).toEqual(answers);
  });

  test('the same over TCP, and over UDP with EDNS', async () => {
    for (const [scheme, options] of [
      ['dns+tcp', {}],
      ['dns', { edns: 1232, do: true }],
    ] as const) {
      const result = await probe('example.org?type=MX', { options }, scheme);
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
      expect(result.facts['answers']).toEqual(['10 mx1.example.org', '20 mx2.example.org']);
    }
  });

  test('facts of the whole answer', async () => {
    const { facts } = await probe('www.example.org');
    expect(facts).toMatchObject({
      rcode: 'NOERROR',
      cnames: ['web.example.org'],
      authority: ['ns1.example.org', 'ns2.example.org'],
      additional: ['192.0.2.53', '192.0.2.54'],
      ttl_min: 300,
      flags: ['aa', 'rd'],
      transport: 'udp',
    });
  });

  test('an answer too long for UDP comes over TCP', async () => {
    const result = await probe('big.example.org?type=TXT', { expect: { answers: { count: 60 } } });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['transport']).toBe('tcp');
  });

  test('a zone that did not load is SERVFAIL, one that is not there REFUSED', async () => {
    const broken = await probe('www.broken.example');
    expect([broken.status, broken.reason?.code, broken.facts['rcode']]).toEqual([
      'down',
      'status',
      'SERVFAIL',
    ]);
    const foreign = await probe('example.com');
    expect([foreign.status, foreign.reason?.code, foreign.facts['rcode']]).toEqual([
      'down',
      'status',
      'REFUSED',
    ]);
  });

  test('NXDOMAIN and NODATA are told apart, and give the serial', async () => {
    const gone = await probe('nothing.example.org');
    expect([gone.status, gone.reason?.code, gone.reason?.text]).toEqual([
      'down',
      'assertion',
      'rcode is NXDOMAIN, expected NOERROR',
    ]);
    expect(gone.facts).toMatchObject({ nodata: false, serial: 2026010102, serials: [2026010102] });
    const nodata = await probe('web.example.org?type=MX');
    expect([nodata.status, nodata.reason?.fact]).toEqual(['down', 'answers']);
    expect(nodata.facts).toMatchObject({ rcode: 'NOERROR', nodata: true, serial: 2026010102 });
    expect(nodata.output).toBe('web.example.org has no MX record (NODATA)');
    expect((await probe('nothing.example.org', { expect: { rcode: 'NXDOMAIN' } })).status).toBe('up');
  });

  test('CNAMEs that lead elsewhere, nowhere, in a circle', async () => {
    const elsewhere = await probe('elsewhere.example.org');
    expect([elsewhere.status, elsewhere.facts['answers']]).toEqual(['up', ['www.example.net']]);
    const dangling = await probe('dangling.example.org');
    expect([dangling.status, dangling.facts['rcode']]).toEqual(['down', 'NXDOMAIN']);
    const circle = await probe('loop1.example.org');
    expect([circle.status, circle.reason?.code]).toEqual(['down', 'redirect']);
  });

  test('a delegation is a referral, not an answer', async () => {
    const result = await probe('www.sub.example.org');
    expect([result.status, result.reason?.fact]).toEqual(['down', 'answers']);
    expect(result.facts).toMatchObject({ nodata: false, authority: ['ns.sub.example.org'], flags: ['rd'] });
    expect(result.output).toContain('refers to others for www.sub.example.org: ns.sub.example.org');
  });

  test('a secondary with a stale serial is a mismatch', async () => {
    const servers = [`127.0.0.1:${String(secondary.port)}`];
    const stale = await probe('example.org?type=SOA', { options: { servers } });
    expect([stale.status, stale.reason?.code]).toEqual(['down', 'mismatch']);
    expect(stale.facts).toMatchObject({ serial: 2026010102, serials: [2026010102, 2026010101] });
    const allowed = await probe('example.org?type=SOA', { options: { servers, max_skew: 1 } });
    expect(allowed.status, JSON.stringify(allowed.reasons)).toBe('up');
    const same = await probe('ns1.example.org', { options: { servers } });
    expect(same.status, JSON.stringify(same.reasons)).toBe('up');
  });

  test('a frozen server is a timeout over UDP and over TCP, a stopped one is refused', async () => {
    const frozen = await startNamed({ 'example.org': HEAD(1) });
    const ask = (scheme: string) =>
      probeTarget(dns, `${scheme}://127.0.0.1:${String(frozen.port)}/example.org?type=NS`, {
        timeout_ms: 400,
      });
    expect((await ask('dns')).status).toBe('up');
    frozen.daemon.signal('SIGSTOP');
    for (const scheme of ['dns', 'dns+tcp']) {
      const result = await ask(scheme);
      expect([result.status, result.reason?.code]).toEqual(['down', 'timeout']);
    }
    await frozen.stop();
    for (const scheme of ['dns', 'dns+tcp']) expect((await ask(scheme)).reason?.code).toBe('refused');
  });

  describe('over TLS', () => {
    const overTls = (port: number, tls: Service['tls']) =>
      probeTarget(dns, `dns+tls://127.0.0.1:${String(port)}/example.org?type=MX`, {
        service: { tls },
        timeout_ms: 1000,
      });

    test('answers, with facts of the certificate', async () => {
      const result = await overTls(primary.tlsPort, { ca: testCertificates().ca });
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
      expect(result.facts).toMatchObject({
        transport: 'tls',
        answers: ['10 mx1.example.org', '20 mx2.example.org'],
      });
      expect(result.facts['cert_days']).toBeGreaterThan(80);
      expect(result.timings.tls_ms).not.toBeNull();
    });

    test('is not believed from a stranger, or under another name', async () => {
      const stranger = await overTls(primary.tlsPort, {});
      expect([stranger.status, stranger.reason?.code, stranger.reason?.phase]).toEqual([
        'down',
        'tls_untrusted',
        'tls',
      ]);
      const other = await overTls(primary.tlsPort, {
        ca: testCertificates().ca,
        server_name: 'dns.example.org',
      });
      expect(other.reason?.code).toBe('tls_hostname');
    });

    test('is no plain DNS', async () => {
      const plain = await overTls(primary.port, { ca: testCertificates().ca });
      expect([plain.status, plain.reason?.phase]).toEqual(['down', 'tls']);
    });
  });
});

describeWith(['named', 'dnssec-keygen', 'dnssec-signzone'], 'dns against a signed zone', () => {
  const day = 86_400_000;
  test.each([
    ['valid', 10, 'up', null],
    ['expired', -2, 'down', 'expiring'],
  ])('signatures that are %s', async (_, days, status, code) => {
    const zone = signZone('signed.example', HEAD(1), new Date(Date.now() + days * day));
    const server = await startNamed({ 'signed.example': zone });
    try {
      const target = `dns://127.0.0.1:${String(server.port)}/ns1.signed.example`;
      const result = await probeTarget(dns, target, { options: { do: true } });
      expect([result.status, result.reason?.code ?? null], JSON.stringify(result.reasons)).toEqual([
        status,
        code,
      ]);
      expect(Math.abs((result.facts['rrsig_days'] as number) - days)).toBeLessThan(0.1);
      expect(result.facts['answers']).toEqual(['192.0.2.53']);
      expect(result.facts['flags']).toContain('do');
      const unasked = await probeTarget(dns, target);
      expect([unasked.status, unasked.facts['rrsig_days']]).toEqual(['up', null]);
    } finally {
      await server.stop();
    }
  });
});
