import { safeLine } from '../../../words/safe-text.ts';
import { Fault, type ProbeContext, fail } from '../../prober.ts';
import { i32, readBytes } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';
import type { Scram } from '../../wire/scram.ts';
import { answerMd5, answerPassword, beginScram, continueScram, endScram } from './answers.ts';
import { message, readMessage, zeroTerminated } from './messages.ts';
import type { POSTGRES_FACTS } from './postgres-facts.ts';
import type { PostgresPlan } from './postgres-options.ts';
import { explainRefusal, isAuthRefusal, isLoading, parseRefusal, showRefusal } from './refusal.ts';

type Context = Pick<ProbeContext<typeof POSTGRES_FACTS>, 'see' | 'show'>;
type Outcome =
  /** queries may be sent */
  | 'ready'
  /** the console of pgbouncer, which knows no SQL */
  | 'console'
  /** it works so far, and nobody wants to log in */
  | 'asked'
  | 'loading';

const VERSION_3_0 = 196_608;
/** who asks when the target names nobody */
const NOBODY = 'puptime';
/** Of a login; a server has more than these to say only when it means harm. */
const MAX_MESSAGES = 1000;
const MAX_AUTH_BODY = 8192;

/** The codes of AuthenticationRequest, by the name that pg_hba.conf has for each. */
const METHODS: { readonly [code: number]: string } = {
  0: 'trust',
  2: 'kerberos',
  3: 'password',
  5: 'md5',
  7: 'gss',
  9: 'sspi',
  10: 'scram-sha-256',
};

/**
 * Says who is there and logs in. Throws a fault for a refusal. Source: postgresql.org, “Message Flow”, 55.2.1 and
 * “SASL Authentication”, 55.3.
 */
export async function logIn(
  conversation: Conversation,
  plan: PostgresPlan,
  context: Context,
): Promise<Outcome> {
  const { peer } = conversation;
  await conversation.write(startup(plan));
  let scram: Scram | null = null;
  let proven = true;
  let asked = false;
  for (let count = 0; count < MAX_MESSAGES; count += 1) {
    const { type, body } = await readMessage(conversation, 'REvN');
    if (type === 'E') return refused(conversation, body, plan, context);
    if (type !== 'R') continue;
    if (body.length < 4 || body.length > MAX_AUTH_BODY) return broken(peer, 'a request of no known form');
    const code = body.readUInt32BE();
    const data = body.subarray(4);
    if (!asked && code !== 11 && code !== 12) {
      context.see({ authentication: METHODS[code] ?? `method ${String(code)}` });
      asked = true;
      if (plan.login === null && code !== 0) return 'asked';
    }
    switch (code) {
      case 0:
        if (!proven) return broken(peer, 'a welcome before it proved that it knows the password');
        return becomesReady(conversation, plan, context);
      case 3:
        await answerPassword(conversation, plan);
        break;
      case 5:
        await answerMd5(conversation, plan, data);
        break;
      case 10:
        scram = await beginScram(conversation, plan, data);
        proven = false;
        break;
      case 11:
        if (scram === null) return broken(peer, 'the second step of SCRAM without the first');
        await continueScram(conversation, scram, data);
        break;
      case 12:
        if (scram === null) return broken(peer, 'the last step of SCRAM without the first');
        endScram(scram, data, peer);
        proven = true;
        break;
      default:
        return fail(
          'auth',
          'auth',
          `${peer} wants a login by ${METHODS[code] ?? `method ${String(code)}`}, expected a password (scram-sha-256, md5, password)`,
        );
    }
  }
  return broken(peer, 'messages without end');
}

function startup({ login, database }: PostgresPlan): Buffer {
  const parameters = {
    user: login?.username ?? NOBODY,
    ...(database === null ? {} : { database }),
    application_name: 'puptime',
    client_encoding: 'UTF8',
  };
  const texts = Object.entries(parameters).flat().map(zeroTerminated);
  return message('', i32(VERSION_3_0), ...texts, Buffer.alloc(1));
}

function refused(conversation: Conversation, body: Buffer, plan: PostgresPlan, context: Context): Outcome {
  const refusal = parseRefusal(body);
  if (refusal.sqlstate !== '') context.see({ sqlstate: refusal.sqlstate });
  if (isLoading(refusal)) {
    context.show(showRefusal(refusal));
    return 'loading';
  }
  // It has looked for the user, and nobody wants to be one.
  if (plan.login === null && isAuthRefusal(refusal)) return 'asked';
  throw new Fault(explainRefusal(refusal, conversation.peer, 'the login'));
}

function broken(peer: string, what: string): never {
  return fail('protocol', 'auth', `${peer} sent ${what}`);
}

/** Until it says that it is ready for a query, with what it tells of itself meanwhile. */
async function becomesReady(
  conversation: Conversation,
  plan: PostgresPlan,
  context: Context,
): Promise<Outcome> {
  let isConsole = false;
  for (let count = 0; count < MAX_MESSAGES; count += 1) {
    const { type, body } = await readMessage(conversation, 'SKZEN');
    if (type === 'Z') return isConsole ? 'console' : 'ready';
    if (type === 'E') return refused(conversation, body, plan, context);
    if (type !== 'S') continue;
    const { name, value } = parameterIn(body, conversation.peer);
    if (name !== 'server_version') continue;
    // `15.14 (Debian 15.14-0+deb12u1)`
    const version = safeLine(value.split(' ', 1)[0] ?? '', 40);
    context.see({ version });
    isConsole = version.endsWith('/bouncer');
  }
  return broken(conversation.peer, 'messages without end');
}

function parameterIn(body: Buffer, peer: string): { readonly name: string; readonly value: string } {
  const reader = readBytes(body, () => broken(peer, 'a parameter without its end'));
  return { name: reader.zeroTerminated(), value: reader.zeroTerminated() };
}
