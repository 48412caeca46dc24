import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, type ProbeContext, type Prober, fail } from '../prober.ts';
import type { Document, Written } from './mongodb/bson.ts';
import { logIn } from './mongodb/login.ts';
import { type Commands, openCommands } from './mongodb/messages.ts';
import { MONGO_DEFAULTS, MONGO_FACTS } from './mongodb/mongo-facts.ts';
import { type MongoPlan, planMongo } from './mongodb/mongo-plan.ts';
import { refusalIn, refuse } from './mongodb/refusal.ts';
import { helloFacts, statusFacts } from './mongodb/set-status.ts';

const PORT = 27017;
/** Of 3.6, the first that takes OP_MSG. */
const WITH_MESSAGES = 6;

type Context = ProbeContext<typeof MONGO_FACTS>;

export const mongodb: Prober<object, typeof MONGO_FACTS> = {
  type: 'mongodb',
  proves:
    'It answers hello and ping, is a primary, secondary, arbiter, mongos or standalone (not starting or recovering), its set has a primary, and it takes the login (SCRAM-SHA-256 or -1 as the server has it, PLAIN, MONGODB-X509). It asks that one server, and is not led to others.',
  schemes: [{ scheme: 'mongodb', port: PORT, shape: 'path' }],
  example: 'mongodb://probe:${MONGO_PASSWORD}@db1.example.org/?authSource=admin&tls=true&replicaSet=rs0',
  options: {},
  facts: MONGO_FACTS,
  proxy: true,
  codes: {
    auth: 'the user or password was refused (AuthenticationFailed), or authSource is not the database that knows the user',
    quorum: 'its set has no primary: see which members are down',
    loading: 'it is starting, recovering or rolling back',
    read_only: 'it takes no writes',
    status:
      'it was never made a member of its set (rs.initiate), was removed from it, or answered with an error',
    assertion: 'it is of another set than replicaSet says',
    replication: 'it does not reach some members, or is behind',
    closed: 'it hung up: it takes no more connections, or wants TLS (tls=true)',
  },
  defaults: () => MONGO_DEFAULTS,
  prepare({ target }) {
    if (target === null || target.host === '')
      throw new InvalidOptions('target', 'it names no host, expected mongodb://HOST');
    const plan = planMongo(target);
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial(plan.tls ? { tls: {} } : {});
        context.see({ tls: plan.tls });
        await talk(openCommands(conversation), conversation.peer, context, plan);
        conversation.end();
      },
    };
  },
};

async function talk(commands: Commands, peer: string, context: Context, plan: MongoPlan): Promise<void> {
  const { login } = plan;
  const user = login === null ? {} : { saslSupportedMechs: `${login.source}.${login.username}` };
  const hello = answerOf(await commands.first({ isMaster: 1, helloOk: true, ...user }), peer, 'isMaster');
  const facts = helloFacts(hello);
  context.see(facts);
  if (!hello.has('ismaster') && !hello.has('isWritablePrimary'))
    fail('protocol', 'protocol', `${peer} answered isMaster without saying whether it is one`);
  if ((facts.wire_version ?? 0) >= WITH_MESSAGES) commands.useMessages();
  if (plan.set !== null && plan.set !== facts.set_name)
    fail('assertion', 'protocol', `${peer} is not of the set ${safeLine(plan.set, 60)}`, {
      expected: plan.set,
      got: facts.set_name ?? null,
    });
  if (login !== null) await logIn(commands, peer, login, hello);
  answerOf(await commands.run('admin', { ping: 1 }), peer, 'ping');
  const version = (await allowed(commands, peer, { buildInfo: 1 }))?.get('version');
  if (typeof version === 'string') context.see({ version: safeLine(version, 40) });
  if (typeof facts.set_name !== 'string' || login === null) return;
  const status = await allowed(commands, peer, { replSetGetStatus: 1 });
  if (status !== null) context.see(statusFacts(status, facts.role ?? 'other'));
}

function answerOf(answer: Document, peer: string, command: string): Document {
  const refusal = refusalIn(answer);
  return refusal === null ? answer : refuse(refusal, peer, command);
}

/** The answer; null when this user may not ask, or the server does not know the command: that says nothing of the service. */
async function allowed(
  commands: Commands,
  peer: string,
  command: { readonly [name: string]: Written },
): Promise<Document | null> {
  const answer = await commands.run('admin', command);
  const refusal = refusalIn(answer);
  if (refusal === null) return answer;
  const [UNAUTHORIZED, COMMAND_NOT_FOUND, ATLAS] = [13, 59, 8000];
  if (
    [UNAUTHORIZED, COMMAND_NOT_FOUND, ATLAS].includes(refusal.number) ||
    /not authorized/i.test(refusal.text)
  )
    return null;
  return refuse(refusal, peer, Object.keys(command)[0] ?? '');
}
