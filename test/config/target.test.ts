import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { fillTarget } from '../../lib/config/fill-target.ts';
import { createLookup } from '../../lib/config/lookup.ts';
import { splitTarget } from '../../lib/config/target.ts';

const env = { PW: 'p@ss:/w?rd#%2F', HOST: 'cache', PORT: '6380', TOKEN: 'se&cret=1', EU: 'eu', BAD: 'a/b@c' };

function parse(text: string, port: number | null = null) {
  const split = splitTarget(text);
  if (!split.ok) throw new Error(split.text);
  return fillTarget(split.target, createLookup(env), port);
}

describe('a target is taken apart', () => {
  it.each([
    ['https://example.org', { scheme: 'https', host: 'example.org', port: null, path: '', raw: '' }],
    [
      'HTTPS://example.org:8443/a%20b?x=1&x=2&y=a+b',
      { scheme: 'https', port: 8443, path: '/a b', query: { x: '2', y: 'a b' }, raw: '/a%20b?x=1&x=2&y=a+b' },
    ],
    ['http://[2001:db8::1]:80/', { host: '2001:db8::1', port: 80, path: '/' }],
    ['redis://user:pass@h:6379/0', { username: 'user', password: 'pass', host: 'h', path: '/0' }],
    ['redis://:p%40ss@h', { username: null, password: 'p@ss' }],
    [
      'redis://:${PW}@${HOST}:${PORT}/0',
      { username: null, password: 'p@ss:/w?rd#%2F', host: 'cache', port: 6380, path: '/0' },
    ],
    ['http://h/?t=${TOKEN}&u=1', { query: { t: 'se&cret=1', u: '1' }, raw: '/?t=se%26cret%3D1&u=1' }],
    ['http://h/${env:NO:-a/b?c@d}x', { host: 'h', path: '/a/b?c@dx' }],
    ['unix:///run/x.sock', { host: '', path: '/run/x.sock' }],
    [
      'dns://ns1.example.org/example.org?type=MX',
      { host: 'ns1.example.org', path: '/example.org', query: { type: 'MX' } },
    ],
    ['dns+https://9.9.9.9/x', { scheme: 'dns+https', host: '9.9.9.9' }],
    ['http://h/#/login', { path: '/', raw: '/' }],
    ['http://bücher.example/ü', { host: 'xn--bcher-kva.example', path: '/ü', raw: '/%C3%BC' }],
    ['http://h/$${x}', { path: '/${x}', raw: '/${x}' }],
    ['http://h/?__proto__=1', { query: Object.fromEntries([['__proto__', '1']]) }],
  ])('%s', (text, parts) => {
    expect(parse(text).target).toMatchObject(parts);
  });
  it('takes the port of its scheme where none is written', () => {
    expect(parse('http://h/', 80).target.port).toBe(80);
  });
});

describe('a target is shown without its secrets', () => {
  it.each([
    ['redis://:${PW}@cache:6379/0', 'redis://:***@cache:6379/0'],
    ['redis://app:literal@cache/0', 'redis://app:***@cache/0'],
    ['redis://app:x@cache', 'redis://app:***@cache'],
    ['http://h/?t=${TOKEN}', 'http://h/?t=***'],
    ['http://${EU}.h:${PORT}/', 'http://eu.h:6380/'],
    ['http://[::1]:80/a', 'http://[::1]:80/a'],
  ])('%s as %s', (text, shown) => {
    expect(parse(text).shown).toBe(shown);
  });
  it('and a literal password is a secret like any other', () => {
    expect(parse('redis://:hunter22@h').passwords).toEqual(['hunter22']);
    expect(parse('redis://:abc@h').passwords).toEqual([]);
  });
});

describe('a broken target is refused without repeating it', () => {
  it.each([
    ['', /empty/],
    ['example.org', /no scheme/],
    ['example.org:80', /no scheme/],
    ['http:/example.org', /without \/\/, expected http:/],
    ['${URL}', /expected the scheme to be written/],
    ['http://a b/', /%20/],
    ['http://h:0/', /1 to 65535/],
    ['http://h:x/', /1 to 65535/],
    ['http://h:70000/', /1 to 65535/],
    ['http://2001:db8::1/', /brackets/],
    ['http://[zz]/', /no IPv6/],
    ['http://a_b!c/', /no host name has/],
    ['http://h/%zz', /%25/],
    ['redis://:pa/ss@h/0', /%2F/],
    ['http://${BAD}/', /no host name has/],
  ])('%s', (text, reason) => {
    expect(() => parse(text)).toThrow(reason);
  });
  it('whatever is written, it is a target or a fault', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl({ withQueryParameters: true })),
        (text) => {
          const split = splitTarget(text);
          if (!split.ok) expect(split.text).not.toBe('');
        },
      ),
    );
  });
});
