import { createHash } from 'node:crypto';
import { fail } from '../../prober.ts';
import { ScramBroken, type Scram, scramLogin } from '../../wire/scram.ts';
import type { Document } from './bson.ts';
import type { Commands } from './messages.ts';
import type { MongoLogin } from './mongo-plan.ts';
import { refusalIn, refuse } from './refusal.ts';

/** The first wire version of 4.0, which brought SCRAM-SHA-256. */
const WITH_SHA_256 = 7;

/** Logs in. Throws auth. Source: MongoDB specifications, “Driver Authentication”. */
export async function logIn(
  commands: Commands,
  peer: string,
  login: MongoLogin,
  hello: Document,
): Promise<void> {
  switch (login.mechanism) {
    case 'MONGODB-X509': {
      const command = { authenticate: 1, mechanism: login.mechanism };
      const refusal = refusalIn(await commands.run('$external', command));
      if (refusal !== null) refuse(refusal, peer, 'authenticate');
      return;
    }
    case 'PLAIN': {
      const payload = Buffer.from(`\0${login.username}\0${login.password}`);
      await saslStart(commands, peer, login.source, 'PLAIN', payload, Buffer.from('***'));
      return;
    }
    case 'SCRAM-SHA-1':
    case 'SCRAM-SHA-256':
      return logInByScram(commands, peer, login, login.mechanism);
    case null:
      return logInByScram(commands, peer, login, mechanismOf(hello));
  }
}

function mechanismOf(hello: Document): 'SCRAM-SHA-1' | 'SCRAM-SHA-256' {
  const offered = hello.get('saslSupportedMechs');
  // What it does not say of a user that it does not know.
  if (!Array.isArray(offered)) return modern(hello) ? 'SCRAM-SHA-256' : 'SCRAM-SHA-1';
  return offered.includes('SCRAM-SHA-256') || !offered.includes('SCRAM-SHA-1')
    ? 'SCRAM-SHA-256'
    : 'SCRAM-SHA-1';
}

function modern(hello: Document): boolean {
  return Number(hello.get('maxWireVersion') ?? 0) >= WITH_SHA_256;
}

async function logInByScram(
  commands: Commands,
  peer: string,
  { username, password, source }: MongoLogin,
  mechanism: 'SCRAM-SHA-1' | 'SCRAM-SHA-256',
): Promise<void> {
  const sha256 = mechanism === 'SCRAM-SHA-256';
  // The older one takes what the server keeps instead of the password.
  const secret = sha256 ? password : createHash('md5').update(`${username}:mongo:${password}`).digest('hex');
  const scram = scramLogin({ hash: sha256 ? 'sha256' : 'sha1', username, password: secret });
  const first = await saslStart(commands, peer, source, mechanism, Buffer.from(scram.first));
  const id = Number(first.get('conversationId') ?? 0);
  const proceed = async (text: string): Promise<Document> => {
    const command = { saslContinue: 1, conversationId: id, payload: Buffer.from(text) };
    const answer = await commands.run(source, command);
    const refusal = refusalIn(answer);
    return refusal === null ? answer : refuse(refusal, peer, 'saslContinue');
  };
  const second = await withScram(peer, async () => {
    const answer = await proceed(await scram.final(textOf(first)));
    haveProof(scram, textOf(answer), peer);
    return answer;
  });
  // Servers before 4.4 want an empty message more.
  if (second.get('done') !== true) await proceed('');
}

async function withScram(peer: string, steps: () => Promise<Document>): Promise<Document> {
  try {
    return await steps();
  } catch (error) {
    if (!(error instanceof ScramBroken)) throw error;
    return fail('protocol', 'auth', `${peer} does not keep to SCRAM: ${error.message}`);
  }
}

function haveProof(scram: Scram, final: string, peer: string): void {
  if (!scram.proves(final))
    fail('auth', 'auth', `${peer} took the login, but cannot prove that it knows the password itself`);
}

async function saslStart(
  commands: Commands,
  peer: string,
  source: string,
  mechanism: string,
  payload: Buffer,
  shown = payload,
): Promise<Document> {
  const command = { saslStart: 1, mechanism, payload, options: { skipEmptyExchange: true } };
  const answer = await commands.run(source, command, { ...command, payload: shown });
  const refusal = refusalIn(answer);
  return refusal === null ? answer : refuse(refusal, peer, 'saslStart');
}

function textOf(answer: Document): string {
  const payload = answer.get('payload');
  return Buffer.isBuffer(payload) ? payload.toString('utf8') : '';
}
