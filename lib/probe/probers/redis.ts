import type { FactsOf } from '../../words/fact.ts';
import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, PLACEHOLDER, type ProbeContext, type Prober, type Target } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { parseInfo } from '../wire/redis-info.ts';
import { type Command, loginCommands, readOk, sendCommands } from '../wire/redis-login.ts';
import { isRefusal, refuse, unexpected } from '../wire/redis-refusal.ts';
import { readReply } from '../wire/resp.ts';
import { clusterFacts } from './redis/cluster.ts';
import { infoFacts } from './redis/info.ts';
import { REDIS_CODES, REDIS_FACTS, redisDefaults } from './redis/redis-facts.ts';

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
  proxy: true,
  codes: REDIS_CODES,
  defaults: (_options, scheme) => redisDefaults(scheme),
  prepare({ target }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected redis://HOST');
    const db = databaseOf(target);
    const opening = openingOf(target, db);
    const dialOptions = target.scheme === 'rediss' ? { tls: {} } : {};
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial(dialOptions);
        await sendCommands(conversation, [...opening, ['PING'], ['INFO']]);
        for (const command of opening) await readOk(conversation, command);
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

/** Logs in and goes to the database. */
function openingOf(target: Target, db: number): readonly Command[] {
  const login = loginCommands(target);
  return db === 0 ? login : [...login, ['SELECT', String(db)]];
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
  await sendCommands(conversation, [['CLUSTER', 'INFO']]);
  const cluster = await readText(conversation, context, 'CLUSTER INFO');
  if (cluster !== null) context.see(withoutMissing(clusterFacts(parseInfo(cluster))));
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
