import type { FactsOf } from '../../words/fact.ts';
import { safeLine } from '../../words/safe-text.ts';
import {
  Fault,
  InvalidOptions,
  PLACEHOLDER,
  type ProbeContext,
  type Prober,
  type Target,
  fail,
} from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { infoFacts, parseInfo } from './redis/info.ts';
import { REDIS_FACTS, redisDefaults } from './redis/redis-facts.ts';
import { explainRefusal, isRefusal } from './redis/refusal.ts';
import { type Reply, encodeCommands, readReply } from './redis/resp.ts';

const PORT = 6379;

type Context = ProbeContext<typeof REDIS_FACTS>;

export const redis: Prober<object, typeof REDIS_FACTS> = {
  type: 'redis',
  proves:
    'It takes the login (AUTH with a password, or a user of its ACL and a password), has the database, answers PING, is not loading, takes writes if it is a master, and is linked to its master if it is a replica; in cluster mode, the cluster is whole.',
  schemes: [
    { scheme: 'redis', port: PORT, shape: 'path' },
    { scheme: 'rediss', port: PORT, tls: true, shape: 'path' },
  ],
  example: 'redis://:${CACHE_PASSWORD}@cache.example.org:6379/0',
  options: {},
  facts: REDIS_FACTS,
  defaults: (_options, scheme) => redisDefaults(scheme),
  prepare({ target }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected redis://HOST');
    const db = databaseOf(target);
    const login = loginOf(target, db);
    const dialOptions = target.scheme === 'rediss' ? { tls: {} } : {};
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial(dialOptions);
        // All in one segment: a probe costs one round trip, whatever it asks.
        const commands = [...login, ['PING'], ['INFO']];
        await conversation.write(encodeCommands(commands), encodeCommands(commands.map(withoutPassword)));
        for (const command of login) await readOk(conversation, command[0] ?? '');
        const ponged = await readPong(conversation, context);
        await lookAtInfo(conversation, context, db, ponged);
      },
    };
  },
};

/** The number that the path is: `/0`. */
function databaseOf({ path }: Target): number {
  if (path === `/${PLACEHOLDER}`) return 0;
  const [, digits] = /^\/?(\d{0,6})$/.exec(path) ?? [];
  if (digits === undefined)
    throw new InvalidOptions(
      'target',
      `saw the path "${safeLine(path, 40)}", expected a database number such as /0`,
    );
  return Number(digits);
}

function loginOf({ username, password }: Target, db: number): (readonly string[])[] {
  if (username !== null && password === null)
    throw new InvalidOptions(
      'target',
      'it has a user but no password, expected redis://USER:PASSWORD@HOST, or redis://:PASSWORD@HOST',
    );
  const auth = password === null ? [] : [['AUTH', ...(username === null ? [] : [username]), password]];
  return db === 0 ? auth : [...auth, ['SELECT', String(db)]];
}

function withoutPassword(command: readonly string[]): readonly string[] {
  return command[0] === 'AUTH' ? [...command.slice(0, -1), '***'] : command;
}

async function readOk(conversation: Conversation, command: string): Promise<void> {
  const reply = await readReply(conversation);
  if (reply.kind === 'error') refuse(reply.text, conversation, command);
  if (reply.kind !== 'status' || reply.text !== 'OK') unexpected(reply, conversation, command);
}

/** Whether PING was answered with PONG, and not with a state that the server is in. */
async function readPong(conversation: Conversation, context: Context): Promise<boolean> {
  const reply = await readReply(conversation);
  if (reply.kind === 'status' && reply.text === 'PONG') {
    context.see({ loading: false });
    return true;
  }
  if (reply.kind !== 'error') return unexpected(reply, conversation, 'PING');
  const state = stateOf(reply.text);
  if (state === null) return refuse(reply.text, conversation, 'PING');
  // What it says of itself are facts, so that a config can expect something else; INFO tells more of them.
  context.see({ loading: false, ...state });
  context.show(safeLine(reply.text));
  return false;
}

/** Errors that a healthy connection gets for the state that the server is in. */
function stateOf(error: string): FactsOf<typeof REDIS_FACTS> | null {
  if (isRefusal(error, 'LOADING')) return { loading: true };
  if (isRefusal(error, 'MASTERDOWN')) return { link: 'down' };
  if (isRefusal(error, 'MISCONF')) return { persistence_ok: false, writable: false };
  return null;
}

async function lookAtInfo(
  conversation: Conversation,
  context: Context,
  db: number,
  ponged: boolean,
): Promise<void> {
  const text = await readText(conversation, context, 'INFO');
  if (text === null) return;
  const info = parseInfo(text);
  const facts = infoFacts(info, db);
  context.see(withoutMissing(facts));
  if (ponged && facts.role === 'master') context.see({ writable: true });
  if (info.get('cluster_enabled') !== '1') return;
  await conversation.write(encodeCommands([['CLUSTER', 'INFO']]));
  const cluster = await readText(conversation, context, 'CLUSTER INFO');
  const state = cluster === null ? undefined : parseInfo(cluster).get('cluster_state');
  if (state !== undefined) context.see({ cluster_state: safeLine(state, 40) });
}

/** A bulk text; null when the user may not ask, for then there is nothing to say about the service. */
async function readText(
  conversation: Conversation,
  context: Context,
  command: string,
): Promise<string | null> {
  const reply = await readReply(conversation);
  if (reply.kind === 'bulk') return reply.bytes.toString('utf8');
  if (reply.kind !== 'error') return unexpected(reply, conversation, command);
  context.show(`${command}: ${safeLine(reply.text)}`);
  return null;
}

/** Facts that PING has told already stay when INFO is silent about them. */
function withoutMissing(facts: FactsOf<typeof REDIS_FACTS>): FactsOf<typeof REDIS_FACTS> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null));
}

function refuse(error: string, { peer }: Conversation, command: string): never {
  throw new Fault(explainRefusal(error, peer, command));
}

function unexpected(reply: Reply, { peer }: Conversation, command: string): never {
  const got = reply.kind === 'status' ? `+${safeLine(reply.text, 60)}` : `a reply of the kind ${reply.kind}`;
  return fail('protocol', 'protocol', `${peer} answered ${command} with ${got}`, { got });
}
