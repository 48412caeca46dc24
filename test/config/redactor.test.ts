import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor, createSecretKeeper } from '../../lib/config/redactor.ts';

const secret = `p@ss "w/ö?+rd'`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a secret is hidden', () => {
  it.each([
    ['plain', secret],
    ['URL-encoded', encodeURIComponent(secret)],
    ['URL-encoded, lower-case hex', encodeURIComponent(secret).replace(/%../g, (hex) => hex.toLowerCase())],
    ['form-encoded', new URLSearchParams({ a: secret }).toString()],
    ['strictly encoded', encodeURIComponent(secret).replace("'", '%27')],
    ['JSON-escaped', JSON.stringify({ a: secret })],
    ['JSON-escaped twice', JSON.stringify(JSON.stringify(secret))],
    ['in base64', base64(secret)],
    ['in base64url', Buffer.from(secret).toString('base64url')],
    ['in Basic authentication', base64(`user:${secret}`)],
    ['in base64 one further on', base64(`users:${secret}!`)],
    ['in base64 two further on', base64(`my-user:${secret}!!`)],
  ])('%s', (_, text) => {
    const shown = createRedactor([secret])(`before ${text} after`);
    expect(shown).toContain('***');
    expect(shown).not.toContain(text);
    for (let offset = 0; offset < 3; offset++) {
      const inner = base64('x'.repeat(offset) + secret).slice(4, -6);
      expect(shown).not.toContain(inner);
    }
  });
  it('among so many that they are looked up by their beginnings', () => {
    const many = Array.from({ length: 500 }, (_, index) => `secret-${index}-of-many`);
    const redact = createRedactor([...many, secret]);
    expect(redact(`a secret-7-of-many, secret-77-of-manysecret-499-of-many and ${base64(secret)}.`)).toBe(
      'a ***, ****** and ***.',
    );
    expect(redact('secret-500-of-many')).toBe('secret-500-of-many');
    expect(redact('short')).toBe('short');
  });
  it('by those who share a keeper, whosever it is', () => {
    const keeper = createSecretKeeper();
    keeper.add(['secret-of-a']);
    expect(keeper.redact('secret-of-a secret-of-b')).toBe('*** secret-of-b');
    keeper.add(['secret-of-b']);
    expect(keeper.redact('secret-of-a secret-of-b')).toBe('*** ***');
  });
  it('line by line, where it has several', () => {
    const redact = createRedactor(['-----BEGIN KEY-----\nMIIEvQIBADANBg\n-----END KEY-----\n']);
    expect(redact('got MIIEvQIBADANBg there')).toBe('got *** there');
  });
  it('anywhere in JSON: texts, keys, and a number that is it', () => {
    const redact = createRedactor(['12345678', 'hidden-one']);
    expect(redact({ a: ['x hidden-one'], 'hidden-one': 1, n: 12345678, m: 1, nothing: null })).toEqual({
      a: ['x ***'],
      '***': 1,
      n: '***',
      m: 1,
      nothing: null,
    });
  });
  it('the longer one first, where one holds the other', () => {
    expect(createRedactor(['secret', 'secretive-word'])('secretive-word')).toBe('***');
  });
});

it('shows values of less than six characters', () => {
  const value = { text: 'the eu region' };
  expect(createRedactor(['eu', '5432'])(value)).toBe(value);
});

it('hides any secret in any surroundings, whatever signs are in it', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 6, unit: 'grapheme' }),
      fc.string({ unit: 'grapheme' }),
      (value, around) => {
        const redact = createRedactor([value]);
        expect(redact(around + value)).not.toContain(value === '***' ? '\0' : value);
        expect(redact(base64(`u:${value}`))).toContain('***');
      },
    ),
  );
});
