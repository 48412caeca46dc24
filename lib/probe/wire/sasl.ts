import { createHmac } from 'node:crypto';
import { InvalidOptions, type Target, fail } from '../prober.ts';
import { ScramBroken, type ScramHash, scramLogin } from './scram.ts';

/** Who logs in. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Mechanisms that puptime knows. Source: RFC 4616, RFC 2195, RFC 5802, RFC 7677; LOGIN is only a draft, but everywhere. */
export type Mechanism = 'PLAIN' | 'LOGIN' | 'CRAM-MD5' | 'SCRAM-SHA-256' | 'SCRAM-SHA-1';

/** Under TLS the plain ones come first: they work with every store of passwords, and cost one step. */
const UNDER_TLS: readonly Mechanism[] = ['PLAIN', 'LOGIN', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'CRAM-MD5'];
/** Without TLS those that do not show the password. */
const IN_THE_CLEAR: readonly Mechanism[] = ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'CRAM-MD5', 'PLAIN', 'LOGIN'];

/** What a client says in one login: text before the base64 that every protocol puts around it. */
export interface SaslLogin {
  readonly mechanism: Mechanism;
  /** its first message; null when the server speaks first */
  readonly first: string | null;
  /** Its answer to a challenge, decoded. Throws protocol (auth) when the challenge is none. */
  answer(challenge: Buffer): Promise<string>;
  /** whether the server has said all that it owes: SCRAM wants a proof from it too */
  proven(): boolean;
}

/** How a protocol carries a login: base64 goes out and comes in. */
export interface SaslCarrier<Reply> {
  /** the command that begins it; `first` is null when it goes without the client’s first message, which may be empty */
  begin(mechanism: Mechanism, first: string | null): Promise<Reply>;
  /** sends an answer */
  answer(base64: string): Promise<Reply>;
  /** the base64 of a challenge; null when the reply is another */
  challengeOf(reply: Reply): string | null;
  /** whether `begin` may carry the first message; else it waits for an empty challenge */
  readonly initialResponse: boolean;
}

const MAX_CHALLENGES = 4;

/** The message of PLAIN. Source: RFC 4616. */
export function plain({ username, password }: Credentials): string {
  return `\0${username}\0${password}`;
}

/** The first mechanism that both sides know; `offered` in upper case. Null when there is none. */
export function chooseMechanism(offered: readonly string[], underTls: boolean): Mechanism | null {
  return mechanisms(underTls).find((mechanism) => offered.includes(mechanism)) ?? null;
}

/** Throws auth, with what is offered and what puptime knows, when no mechanism is common. `peer` is for the message. */
export function requireMechanism(offered: readonly string[], underTls: boolean, peer: string): Mechanism {
  const mechanism = chooseMechanism(offered, underTls);
  if (mechanism !== null) return mechanism;
  const offer =
    offered.length === 0 ? 'offers no login' : `offers ${offered.slice(0, 8).join(', ')} to log in`;
  return fail('auth', 'auth', `${peer} ${offer}, expected one of ${mechanisms(underTls).join(', ')}`);
}

/** The user and password of a target; null without. Throws InvalidOptions when one is missing or cannot be sent. */
export function credentialsOf({ scheme, username, password }: Target): Credentials | null {
  if (username === null && password === null) return null;
  if (username === null || password === null)
    throw new InvalidOptions('target', `a login needs both, expected ${scheme}://USER:PASSWORD@HOST`);
  if (['\r', '\n', '\0'].some((character) => username.includes(character) || password.includes(character)))
    throw new InvalidOptions(
      'target',
      'its user or password has a line end or a NUL, which no login can carry',
    );
  return { username, password };
}

/** `peer` is who is spoken to, for messages. */
export function saslLogin(mechanism: Mechanism, credentials: Credentials, peer: string): SaslLogin {
  switch (mechanism) {
    case 'PLAIN':
      return scripted(mechanism, peer, plain(credentials), []);
    case 'LOGIN':
      return scripted(mechanism, peer, null, [() => credentials.username, () => credentials.password]);
    case 'CRAM-MD5':
      return scripted(mechanism, peer, null, [(challenge) => cramMd5(challenge, credentials)]);
    case 'SCRAM-SHA-256':
      return scram(mechanism, 'sha256', peer, credentials);
    case 'SCRAM-SHA-1':
      return scram(mechanism, 'sha1', peer, credentials);
  }
}

/**
 * Carries a login out; gives the reply that ends it, whatever it says. Throws protocol (auth) when the server does not keep
 * to the mechanism, and what the carrier throws. An accepted login counts only if `login.proven()`: see `requireProof`.
 */
export async function carryLogin<Reply>(
  login: SaslLogin,
  carrier: SaslCarrier<Reply>,
  peer: string,
): Promise<Reply> {
  const { mechanism } = login;
  const early = carrier.initialResponse && login.first !== null;
  let unsaid = early ? null : login.first;
  let reply = await carrier.begin(mechanism, early ? toBase64(login.first) : null);
  for (let count = 0; ; count += 1) {
    const challenge = carrier.challengeOf(reply);
    if (challenge === null) return reply;
    if (count === MAX_CHALLENGES)
      fail('protocol', 'auth', `${peer} asks for more and more in AUTH ${mechanism}`);
    const answer = unsaid ?? (await login.answer(Buffer.from(challenge, 'base64')));
    unsaid = null;
    reply = await carrier.answer(toBase64(answer));
  }
}

/** Throws auth when a server accepts a login without the proof that it owes. */
export function requireProof(login: SaslLogin, peer: string): void {
  if (!login.proven())
    fail(
      'auth',
      'auth',
      `${peer} accepts the login (${login.mechanism}), but does not prove that it knows the password`,
    );
}

export function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function mechanisms(underTls: boolean): readonly Mechanism[] {
  return underTls ? UNDER_TLS : IN_THE_CLEAR;
}

/** Source: RFC 2195. */
function cramMd5(challenge: Buffer, { username, password }: Credentials): string {
  return `${username} ${createHmac('md5', password).update(challenge).digest('hex')}`;
}

function scripted(
  mechanism: Mechanism,
  peer: string,
  first: string | null,
  answers: readonly ((challenge: Buffer) => string)[],
): SaslLogin {
  let next = 0;
  return {
    mechanism,
    first,
    async answer(challenge) {
      const answer = answers[next];
      next += 1;
      await Promise.resolve();
      return (
        answer?.(challenge) ?? fail('protocol', 'auth', `${peer} asks for more than AUTH ${mechanism} has`)
      );
    },
    proven: () => true,
  };
}

function scram(mechanism: Mechanism, hash: ScramHash, peer: string, credentials: Credentials): SaslLogin {
  const login = scramLogin({ hash, ...credentials });
  let step: 'nonce' | 'proof' | 'done' = 'nonce';
  return {
    mechanism,
    first: login.first,
    async answer(challenge) {
      try {
        const text = challenge.toString('utf8');
        if (step === 'nonce') {
          const final = await login.final(text);
          step = 'proof';
          return final;
        }
        if (step === 'proof' && login.proves(text)) step = 'done';
        return '';
      } catch (error) {
        if (!(error instanceof ScramBroken)) throw error;
        return fail('protocol', 'auth', `${peer} breaks off ${mechanism}: ${error.message}`);
      }
    },
    proven: () => step === 'done',
  };
}
