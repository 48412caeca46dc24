import { describe, expect, test } from 'vitest';
import { ScramBroken, scramLogin } from '../../../lib/probe/wire/scram.ts';

// The exchanges that the RFCs print.
const PRINTED = [
  {
    source: 'RFC 5802 §5',
    hash: 'sha1',
    nonce: 'fyko+d2lbbFgONRv9qkxdawL',
    serverFirst: 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
    final: 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    serverFinal: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  },
  {
    source: 'RFC 7677 §3',
    hash: 'sha256',
    nonce: 'rOprNGfwEbeRWgbNEkqO',
    serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    final:
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
] as const;

const login = (nonce = 'abc') => scramLogin({ hash: 'sha256', username: 'user', password: 'pencil', nonce });

describe('SCRAM', () => {
  test.each(PRINTED)('$source', async ({ hash, nonce, serverFirst, final, serverFinal }) => {
    const scram = scramLogin({ hash, username: 'user', password: 'pencil', nonce });
    expect(scram.first).toBe(`n,,n=user,r=${nonce}`);
    expect(await scram.final(serverFirst)).toBe(final);
    expect(scram.proves(serverFinal)).toBe(true);
    expect(scram.proves(serverFinal.replace('v=', 'v=AA'))).toBe(false);
  });

  test('a comma and an equals sign in the name are escaped', () => {
    const { first } = scramLogin({ hash: 'sha1', username: 'a,b=c', password: 'x', nonce: 'n' });
    expect(first).toBe('n,,n=a=2Cb=3Dc,r=n');
  });

  test('a nonce is made anew each time', () => {
    const one = () => scramLogin({ hash: 'sha1', username: 'a', password: 'b' }).first;
    expect(one()).not.toBe(one());
  });

  test.each([
    ['another nonce', 'r=xyz123,s=QSXCR+Q6sek8bf92,i=4096'],
    ['just our nonce', 'r=abc,s=QSXCR+Q6sek8bf92,i=4096'],
    ['no salt', 'r=abcd,s=,i=4096'],
    ['no rounds', 'r=abcd,s=QSXCR+Q6sek8bf92'],
    ['too many rounds', 'r=abcd,s=QSXCR+Q6sek8bf92,i=2000000000'],
    ['nonsense', 'hello'],
    ['nothing', ''],
  ])('a server that sends %s is broken', async (_, serverFirst) => {
    await expect(login().final(serverFirst)).rejects.toThrow(ScramBroken);
  });
});
