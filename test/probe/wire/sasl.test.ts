import { describe, expect, test } from 'vitest';
import {
  type Mechanism,
  type SaslCarrier,
  carryLogin,
  chooseMechanism,
  plain,
  requireMechanism,
  requireProof,
  saslLogin,
} from '../../../lib/probe/wire/sasl.ts';

const me = { username: 'tim', password: 'tanstaaftanstaaf' };
const decoded = (base64: string) => Buffer.from(base64, 'base64').toString();
const encoded = (text: string) => Buffer.from(text).toString('base64');

/** A server that gives these challenges and then accepts; `said` is what it heard, decoded. */
function server(challenges: readonly string[], initialResponse = true) {
  const said: (string | null)[] = [];
  const next = (base64: string | null) => {
    said.push(base64 === null ? null : decoded(base64));
    return challenges[said.length - 1] ?? 'accepted';
  };
  const carrier: SaslCarrier<string> = {
    initialResponse,
    begin: async (_mechanism, first) => next(first),
    answer: async (base64) => next(base64),
    challengeOf: (reply) => (reply === 'accepted' ? null : encoded(reply)),
  };
  return { said, carrier };
}

const carry = async (mechanism: Mechanism, challenges: readonly string[], initialResponse = true) => {
  const { said, carrier } = server(challenges, initialResponse);
  const reply = await carryLogin(saslLogin(mechanism, me, 'peer'), carrier, 'peer');
  return { said, reply };
};

describe('what is said to log in', () => {
  test('PLAIN: all in the first message, or after an empty challenge', async () => {
    expect(plain(me)).toBe('\0tim\0tanstaaftanstaaf');
    expect(await carry('PLAIN', [])).toEqual({ said: [plain(me)], reply: 'accepted' });
    expect((await carry('PLAIN', [''], false)).said).toEqual([null, plain(me)]);
  });

  test('LOGIN: the user, then the password', async () => {
    expect((await carry('LOGIN', ['Username:', 'Password:'])).said).toEqual([null, me.username, me.password]);
  });

  test('CRAM-MD5: as RFC 2195 prints it', async () => {
    const challenge = '<1896.697170952@postoffice.reston.mci.net>';
    expect((await carry('CRAM-MD5', [challenge])).said).toEqual([
      null,
      'tim b913a602c7eda7a495b4e6e7334d3890',
    ]);
  });

  test('SCRAM: an acceptance without the server’s proof is refused', async () => {
    const login = saslLogin('SCRAM-SHA-256', me, 'peer');
    await carryLogin(login, server([]).carrier, 'peer');
    expect(() => requireProof(login, 'peer')).toThrow('does not prove');
  });

  test.each([
    ['PLAIN', ['more?'], 'asks for more than AUTH PLAIN has'],
    ['LOGIN', ['a', 'b', 'c'], 'asks for more than AUTH LOGIN has'],
    ['SCRAM-SHA-1', ['r=other,s=QSXCR+Q6sek8bf92,i=4096'], 'breaks off SCRAM-SHA-1: the nonce'],
    ['SCRAM-SHA-1', ['nonsense'], 'breaks off SCRAM-SHA-1: it is no SCRAM message'],
  ] as const)('%s with the challenges %j', async (mechanism, challenges, words) => {
    await expect(carry(mechanism, challenges)).rejects.toThrow(words);
  });
});

describe('the choice', () => {
  test.each([
    [['CRAM-MD5', 'LOGIN', 'PLAIN'], true, 'PLAIN'],
    [['CRAM-MD5', 'LOGIN', 'PLAIN'], false, 'CRAM-MD5'],
    [['SCRAM-SHA-1', 'SCRAM-SHA-256', 'PLAIN'], false, 'SCRAM-SHA-256'],
    [['GSSAPI', 'SCRAM-SHA-1'], true, 'SCRAM-SHA-1'],
    [['LOGIN'], false, 'LOGIN'],
    [['GSSAPI', 'XOAUTH2'], true, null],
  ])('of %j, TLS %j: %j', (offered, underTls, mechanism) => {
    expect(chooseMechanism(offered, underTls)).toBe(mechanism);
  });

  test('none in common is told with what both know', () => {
    expect(() => requireMechanism(['GSSAPI'], true, 'peer')).toThrow(
      'peer offers GSSAPI to log in, expected one of PLAIN, LOGIN',
    );
    expect(() => requireMechanism([], true, 'peer')).toThrow('peer offers no login');
  });
});
