import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChunkedReader } from '../../../../lib/probe/wire/http/chunked-reader.ts';
import { createCookieJar } from '../../../../lib/probe/probers/http/cookie-jar.ts';
import { type Place, hrefOf, placeOfLocation } from '../../../../lib/probe/wire/http/place.ts';
import { parseHead } from '../../../../lib/probe/wire/http/response-head.ts';
import { Fault } from '../../../../lib/probe/prober.ts';

describe('a chunked body', () => {
  it('is the same however it is cut into segments', () => {
    const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 });
    fc.assert(
      fc.property(pieces, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (chunks, steps) => {
        const wire = Buffer.concat([
          ...chunks.map((chunk) =>
            Buffer.concat([Buffer.from(`${chunk.length.toString(16)};x\r\n`), chunk, Buffer.from('\r\n')]),
          ),
          Buffer.from('0\r\nTrailer: x\r\n\r\n'),
        ]);
        const reader = createChunkedReader();
        const seen: Buffer[] = [];
        for (let at = 0, turn = 0; at < wire.length; turn++) {
          const step = steps[turn % steps.length] ?? 1;
          expect(reader.done()).toBe(false);
          seen.push(reader.push(wire.subarray(at, at + step)));
          at += step;
        }
        expect(Buffer.concat(seen)).toEqual(Buffer.concat(chunks));
        expect(reader.done()).toBe(true);
      }),
    );
  });

  it('of any bytes ends in data or a fault, never in anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          createChunkedReader().push(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(Fault);
        }
      }),
    );
  });
});

describe('a head', () => {
  it('of any bytes is read or is a fault', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.string().map((text) => Buffer.from(`HTTP/1.1 200 OK\r\n${text}`)),
        ),
        (bytes) => {
          try {
            expect(parseHead(Buffer.from(bytes)).status).toBeGreaterThan(99);
          } catch (error) {
            expect(error).toBeInstanceOf(Fault);
          }
        },
      ),
    );
  });
});

const HERE: Place = { scheme: 'https', host: 'www.example.org', port: 443, path: '/a/b?c' };

describe('a Location', () => {
  it.each([
    ['/x', 'https://www.example.org/x'],
    ['x', 'https://www.example.org/a/x'],
    ['?d', 'https://www.example.org/a/b?d'],
    ['//other.example/x', 'https://other.example/x'],
    ['HTTP://user:pw@Other.Example:8080/x#frag', 'http://other.example:8080/x'],
    ['https://[2001:DB8::1]:443/', 'https://[2001:db8::1]/'],
    ['/späti', 'https://www.example.org/sp%C3%A4ti'],
  ])('%s leads to %s', (location, href) => {
    const place = placeOfLocation(location, HERE);
    expect(typeof place === 'string' ? place : hrefOf(place)).toBe(href);
  });

  it.each(['ftp://example.org/', 'javascript:alert(1)', 'file:///etc/passwd', 'http://', 'http://a b/'])(
    '%s leads nowhere',
    (location) => {
      expect(placeOfLocation(location, HERE)).toEqual(expect.any(String));
    },
  );
});

describe('a cookie', () => {
  const at = (href: string): Place => {
    const place = placeOfLocation(href, HERE);
    if (typeof place === 'string') throw new Error(place);
    return place;
  };
  it.each([
    ['a=1', '/a/c', 'a=1'],
    ['a=1', '/c', null],
    ['a=1; Path=/', '/c', 'a=1'],
    ['a=1; Path=/', 'http://www.example.org/', 'a=1'],
    ['a=1; Path=/; Secure', 'http://www.example.org/', null],
    ['a=1; Path=/', 'https://sub.www.example.org/', null],
    ['a=1; Path=/; Domain=.example.org', 'https://shop.example.org/', 'a=1'],
    ['a=1; Path=/; Domain=org', 'https://other.org/', null],
    ['a=1; Path=/; Domain=other.example', 'https://other.example/', null],
    ['a=1; Path=/', 'https://www.example.org:8443/', null],
    ['a=1; Path=/; Max-Age=0', '/', null],
    ['a=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT', '/', null],
    ['a=1; Path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT', '/', 'a=1'],
    ['a=b=c d; path="/"', '/a/', 'a=b=c d'],
    ['=x', '/a/', null],
    ['a=\u0001', '/a/', null],
  ])('%s at %s is sent as %s', (field, href, sent) => {
    const jar = createCookieJar();
    jar.store([['set-cookie', field]], HERE, Date.now());
    expect(jar.fieldFor(at(href))).toBe(sent);
  });
});
