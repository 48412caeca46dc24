import { encode } from 'dns-packet';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DnsMessage, decodeMessage } from '../../../../lib/probe/probers/dns/message.ts';
import { a, cname } from './peers.ts';
import { processorTime } from '../../../contract/processor-time.ts';

/** A header with these counts, and what follows. */
function message(
  counts: readonly [number, number, number, number],
  body: Buffer | string,
  bits = 0x8180,
): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0x1234, 0);
  head.writeUInt16BE(bits, 2);
  for (const [index, count] of counts.entries()) head.writeUInt16BE(count, 4 + index * 2);
  return Buffer.concat([
    head,
    typeof body === 'string' ? Buffer.from(body.replaceAll(' ', ''), 'hex') : body,
  ]);
}

function decoded(bytes: Buffer): DnsMessage {
  const result = decodeMessage(bytes);
  if (!result.ok) throw new Error(result.why);
  return result.message;
}

function whyNot(bytes: Buffer): string {
  const result = decodeMessage(bytes);
  return result.ok ? 'it was decoded' : result.why;
}

/** Owner root, type, class IN, TTL 60, and this rdata. */
function record(type: number, rdata: string): string {
  const bytes = rdata.replaceAll(' ', '');
  return `00 ${hex16(type)} 0001 0000003c ${hex16(bytes.length / 2)} ${bytes}`;
}

function hex16(value: number): string {
  return value.toString(16).padStart(4, '0');
}

const textOf = (type: number, rdata: string) =>
  decoded(message([0, 1, 0, 0], record(type, rdata))).answers[0]?.text;

describe('a message', () => {
  test('is read as another implementation writes it', () => {
    const bytes = encode({
      type: 'response',
      id: 7,
      flags: 0x0580,
      questions: [{ type: 'A', name: 'www.Example.org', class: 'IN' }],
      answers: [cname('www.example.org', 'example.org', 30), a('example.org', '192.0.2.1', 60)],
      authorities: [{ type: 'NS', name: 'example.org', data: 'ns1.example.org', ttl: 9 }],
      additionals: [
        { type: 'AAAA', name: 'ns1.example.org', data: '2001:db8::1', ttl: 9 },
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: 1232,
          extendedRcode: 1,
          ednsVersion: 0,
          flags: 0x8000,
          flag_do: true,
          options: [],
        },
      ],
    });
    expect(decoded(bytes)).toEqual({
      id: 7,
      opcode: 0,
      flags: ['aa', 'rd', 'ra', 'do'],
      rcode: 16,
      questions: [{ name: 'www.example.org', type: 1, class: 1 }],
      answers: [
        { name: 'www.example.org', type: 5, class: 1, ttl: 30, text: 'example.org' },
        { name: 'example.org', type: 1, class: 1, ttl: 60, text: '192.0.2.1' },
      ],
      authority: [{ name: 'example.org', type: 2, class: 1, ttl: 9, text: 'ns1.example.org' }],
      additional: [{ name: 'ns1.example.org', type: 28, class: 1, ttl: 9, text: '2001:db8::1' }],
      size: bytes.length,
    });
  });

  test('may have names that point back', () => {
    // example.org at 12, then www + pointer to it
    const body = '07 6578616d706c65 03 6f7267 00 0001 0001' + '03 777777 c00c 0005 0001 0000003c 0002 c00c';
    expect(decoded(message([1, 1, 0, 0], body)).answers).toMatchObject([
      { name: 'www.example.org', text: 'example.org' },
    ]);
  });

  test('keeps dots and strange bytes inside labels apart', () => {
    expect(textOf(2, '05 612e622063 03 6f7267 00')).toBe('a\\.b\\032c.org');
    expect(textOf(2, '02 ff5c 00')).toBe('\\255\\\\');
    expect(textOf(2, '00')).toBe('.');
  });

  test('with a TTL beyond 31 bits has none (RFC 2181)', () => {
    expect(decoded(message([0, 1, 0, 0], '00 0001 0001 ffffffff 0004 c0000201')).answers[0]?.ttl).toBe(0);
  });
});

describe('what is no message', () => {
  test.each([
    ['shorter than a header', Buffer.alloc(11), 'it has 11 bytes'],
    ['a question', message([0, 0, 0, 0], '', 0x0100), 'it is a question itself'],
    ['counts that lie', message([0, 0xffff, 0xffff, 0xffff], ''), 'in the middle of a name'],
    ['a pointer to itself', message([1, 0, 0, 0], 'c00c 0001 0001'), 'points forward or to itself'],
    ['a pointer forward', message([1, 0, 0, 0], 'c010 0001 0001 00'), 'points forward or to itself'],
    ['pointers in a circle', message([2, 0, 0, 0], '01 61 c00c 0001 0001'), 'points forward or to itself'],
    ['a pointer cut off', message([1, 0, 0, 0], 'c0'), 'in the middle of a name'],
    ['a label of an unknown kind', message([1, 0, 0, 0], '41 00 0001 0001'), 'unknown kind'],
    ['a label that is cut off', message([1, 0, 0, 0], '3f 61'), 'in the middle of a name'],
    [
      'rdata that is cut off',
      message([0, 1, 0, 0], '00 0001 0001 0000003c 0004 c000'),
      'in the middle of a field',
    ],
    ['an address of five bytes', message([0, 1, 0, 0], record(1, 'c000020100')), 'A record is longer'],
    ['an address of three bytes', message([0, 1, 0, 0], record(1, 'c00002')), 'in the middle of a field'],
    [
      'a name that runs out of its rdata',
      message([0, 1, 0, 0], `${record(2, '03 6e73')}31 00`),
      'in the middle of a name',
    ],
    [
      'a string that runs out of its rdata',
      message([0, 1, 0, 0], `${record(16, '05 6162')} 636465`),
      'in the middle of a field',
    ],
    ['a bitmap out of order', message([0, 1, 0, 0], record(47, '00 01 01 40 00 01 40')), 'bitmap'],
  ])('%s: says why', (_, bytes, why) => {
    expect(whyNot(bytes)).toContain(why);
  });

  test('a name of more than 255 bytes', () => {
    const labels = Buffer.concat(Array.from({ length: 5 }, () => Buffer.from(`?${'a'.repeat(63)}`)));
    expect(whyNot(message([1, 0, 0, 0], Buffer.concat([labels, Buffer.alloc(5)])))).toContain(
      'longer than 255',
    );
  });

  test('a long chain of pointers, used by many records, costs nothing', () => {
    const parts: Buffer[] = [];
    const chain = [Buffer.from([0])];
    const start = 12 + 11;
    for (let at = start + 1, before = start; at < 0x3ff0; before = at, at += 2)
      chain.push(Buffer.from([0xc0 | (before >> 8), before & 255]));
    const rdata = Buffer.concat(chain);
    const head = Buffer.from(`00 000a 0001 0000003c ${hex16(rdata.length)}`.replaceAll(' ', ''), 'hex');
    const last = start + rdata.length - 2;
    const use = Buffer.from([0xc0 | (last >> 8), last & 255, 0, 10, 0, 1, 0, 0, 0, 0, 0, 0]);
    parts.push(head, rdata, ...Array.from({ length: 4000 }, () => use));
    let why: unknown;
    expect(processorTime(() => (why = whyNot(message([0, 4001, 0, 0], Buffer.concat(parts)))))).toBeLessThan(
      250,
    );
    expect(why).toContain('too many pointers');
  });

  test('any bytes whatever are decoded or refused, soon', () => {
    const bits = fc.constantFrom(0x8180, 0x8580, 0x8183, 0x8380);
    const counts = fc.tuple(fc.nat(3), fc.nat(5), fc.nat(5), fc.nat(5));
    // pointers, small lengths and known types are what gets deep into a decoder
    const byte = fc.oneof(
      fc.constantFrom(0, 1, 2, 5, 6, 12, 15, 16, 28, 33, 46, 47, 50, 64, 65, 0xc0),
      fc.nat(255),
    );
    const body = fc.array(byte, { maxLength: 120 });
    fc.assert(
      fc.property(bits, counts, body, (flags, four, bytes) => {
        expect(typeof decodeMessage(message(four, Buffer.from(bytes), flags)).ok).toBe('boolean');
      }),
      { numRuns: 5000 },
    );
  });
});

describe('rdata in words', () => {
  test.each([
    ['A', 1, 'c0000201', '192.0.2.1'],
    ['AAAA', 28, '20010db8 00000000 00010000 00000001', '2001:db8::1:0:0:1'],
    ['AAAA, the longest zeros', 28, '20010000 00000001 00000000 00000001', '2001:0:0:1::1'],
    ['AAAA, one zero group only', 28, '20010db8 00000001 00010001 00010001', '2001:db8:0:1:1:1:1:1'],
    ['AAAA, none', 28, '00000000 00000000 00000000 00000000', '::'],
    ['AAAA, mapped', 28, '00000000 00000000 0000ffff c0000201', '::ffff:192.0.2.1'],
    ['MX', 15, '000a 02 4d58 00', '10 mx'],
    ['null MX', 15, '0000 00', '0 .'],
    ['TXT of two strings', 16, '02 6162 03 636465', 'abcde'],
    ['empty TXT', 16, '00', ''],
    ['TXT that is UTF-8', 16, '03 e282ac', '€'],
    ['TXT that is not', 16, '02 41ff', 'A\\255'],
    ['SOA', 6, '00 00 00000001 00000002 00000003 00000004 ffffffff', '. . 1 2 3 4 4294967295'],
    ['SRV', 33, '0001 0002 01bb 01 61 00', '1 2 443 a'],
    ['CAA', 257, '80 05 6973737565 612e622263', '128 issue "a.b\\"c"'],
    ['NAPTR', 35, '0064 000a 01 75 07 4532552b736970 00 00', '100 10 "u" "E2U+sip" "" .'],
    ['DS', 43, 'ec45 05 01 2bb1', '60485 5 1 2BB1'],
    ['DNSKEY', 48, '0101 03 0d 010203', '257 3 13 AQID'],
    [
      'RRSIG',
      46,
      '0001 0d 02 00000e10 6af4f6ff 6acf0cff 1234 01 61 00 0102',
      'A 13 2 3600 20261111231511 20261014050255 4660 a AQI=',
    ],
    ['NSEC', 47, '01 61 00 00 07 40 01 00 00 00 03 80', 'a A MX RRSIG NSEC DNSKEY'],
    ['NSEC3', 50, '01 01 000c 04 aabbccdd 05 0123456789 00 01 40', '1 1 12 AABBCCDD 04HKAPS9 A'],
    ['NSEC3PARAM without salt', 51, '01 00 0000 00', '1 0 0 -'],
    ['TLSA', 52, '03 01 01 abcd', '3 1 1 ABCD'],
    ['SSHFP', 44, '04 02 abcd', '4 2 ABCD'],
    ['HINFO', 13, '03 782022 00', '"x \\"" ""'],
    ['URI', 256, '000a 0001 6674703a', '10 1 "ftp:"'],
    [
      'HTTPS',
      65,
      '0001 00 0001 0006 02 6832 02 6833 0003 0002 20fb 0004 0004 c0000201 0006 0010 20010db8000000000000000000000001',
      '1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1',
    ],
    [
      'SVCB with an unknown and an empty key',
      64,
      '0010 01 61 00 0002 0000 029b 0002 6869',
      '16 a no-default-alpn key667="hi"',
    ],
    ['HTTPS alias', 65, '0000 01 61 00', '0 a'],
    ['a type that nobody knows', 65280, '0a0b0c', '\\# 3 0A0B0C'],
    ['nothing of a type that nobody knows', 65280, '', '\\# 0'],
  ])('%s', (_, type, rdata, text) => {
    expect(textOf(type, rdata)).toBe(text);
  });
});
