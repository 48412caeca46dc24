import type { Json, JsonSchema } from '../../words/json.ts';
import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, PLACEHOLDER, type ProbeContext, type Prober, type Target, fail } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { CASSANDRA_DEFAULTS, CASSANDRA_FACTS } from './cassandra/cassandra-facts.ts';
import { OPCODE, ask, readText, readTexts } from './cassandra/frames.ts';
import { type CassandraLogin, outOfPlace, startUp } from './cassandra/login.ts';
import { accepted } from './cassandra/refusal.ts';
import { CONSISTENCIES, type Consistency, PAGE, type Rows, queryBody, readRows } from './cassandra/rows.ts';

const PORT = 9042;

export interface CassandraOptions {
  readonly query?: string;
  readonly consistency?: Consistency;
}

const OPTIONS: { readonly [key: string]: JsonSchema } = {
  query: {
    type: 'string',
    minLength: 1,
    description: 'a SELECT in CQL; its first value and its number of rows become facts',
  },
  consistency: {
    enum: Object.keys(CONSISTENCIES),
    description:
      'how many replicas must answer the query: one, two, three, quorum, all, local_quorum, each_quorum, local_one (default). With too few alive it is down with the code quorum',
  },
};

interface Plan {
  readonly tls: boolean;
  readonly login: CassandraLogin | null;
  readonly keyspace: string;
  readonly query: string | null;
  readonly consistency: Consistency;
}

type Context = ProbeContext<typeof CASSANDRA_FACTS>;

export const cassandra: Prober<CassandraOptions, typeof CASSANDRA_FACTS> = {
  type: 'cassandra',
  proves:
    'The node speaks the native protocol (version 4), takes the login where it wants one (PasswordAuthenticator and the like), and answers a query of its own system.local; with a path it has that keyspace; with `query`, it answers that with the consistency asked for.',
  schemes: [{ scheme: 'cassandra', port: PORT, shape: 'path' }],
  example: 'cassandra://probe:${CASSANDRA_PASSWORD}@node1.example.org/shop?tls=true',
  options: OPTIONS,
  facts: CASSANDRA_FACTS,
  proxy: true,
  codes: {
    auth: 'the user or password was refused, or the user may not see what the query asks for',
    quorum: 'too few replicas are alive, or answered in time, for the consistency asked for',
    loading: 'the node is still joining its cluster (bootstrapping)',
    overloaded: 'it says that it is overloaded',
    status: 'the keyspace does not exist, the query is wrong, or replicas failed',
    protocol: 'it speaks no native protocol of version 4 (Cassandra 2.2 and later, ScyllaDB)',
  },
  defaults: () => CASSANDRA_DEFAULTS,
  prepare({ target, options }) {
    if (target === null || target.host === '')
      throw new InvalidOptions('target', 'it names no host, expected cassandra://HOST');
    const plan = planCassandra(target, options);
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial(plan.tls ? { tls: {} } : {});
        context.see({ tls: plan.tls });
        await talk(conversation, context, plan);
        conversation.end();
      },
    };
  },
};

function planCassandra({ username, password, path, query }: Target, options: CassandraOptions): Plan {
  const refuse = (text: string): never => {
    throw new InvalidOptions('target', text);
  };
  const unknown = Object.keys(query).find((name) => name !== 'tls');
  if (unknown !== undefined) refuse(`saw the parameter ${safeLine(unknown, 40)}, expected tls`);
  const tls = query['tls'] ?? 'false';
  if (!['true', 'false', PLACEHOLDER].includes(tls))
    refuse(`saw tls=${safeLine(tls, 40)}, expected true or false`);
  if ((username === null) !== (password === null))
    refuse('expected a user and a password, cassandra://USER:PASSWORD@HOST');
  if (options.query !== undefined && options.query !== PLACEHOLDER && !/^\s*select\s/i.test(options.query))
    throw new InvalidOptions('query', 'expected a SELECT: a probe changes nothing');
  if (options.consistency !== undefined && options.query === undefined)
    throw new InvalidOptions('consistency', 'there is no query that it is for');
  return {
    tls: tls === 'true',
    login: username === null || password === null ? null : { username, password },
    keyspace: path.replace(/^\//, ''),
    query: options.query ?? null,
    consistency: options.consistency ?? 'local_one',
  };
}

async function talk(conversation: Conversation, context: Context, plan: Plan): Promise<void> {
  const { peer } = conversation;
  const supported = accepted(await ask(conversation, OPCODE.options), peer, 'OPTIONS');
  if (supported.opcode !== OPCODE.supported) return outOfPlace(supported, peer, 'OPTIONS');
  for (let left = supported.body.u16(); left > 0; left -= 1) {
    const [name, values] = [readText(supported.body), readTexts(supported.body)];
    if (name === 'CQL_VERSION') context.see({ cql_versions: values.slice(0, 20) });
  }
  await startUp(conversation, context, plan.login);
  await lookAtNode(conversation, context);
  if (plan.keyspace !== '') await run(conversation, `USE "${plan.keyspace.replaceAll('"', '""')}"`, 'one');
  if (plan.query === null) return;
  const rows = await select(conversation, plan.query, plan.consistency);
  const [value = null] = rows.first.values();
  context.see({ rows: Math.min(rows.count, PAGE), value });
}

async function lookAtNode(conversation: Conversation, context: Context): Promise<void> {
  const columns = 'release_version, cluster_name, data_center, rack';
  const { first } = await select(conversation, `SELECT ${columns} FROM system.local`, 'one');
  const word = (column: string) => wordOf(first.get(column));
  context.see({
    version: word('release_version'),
    cluster: word('cluster_name'),
    data_center: word('data_center'),
    rack: word('rack'),
  });
  const peers = await select(conversation, 'SELECT peer FROM system.peers', 'one');
  context.see({ peers: Math.min(peers.count, PAGE) });
}

function wordOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? safeLine(value, 200) : null;
}

async function select(conversation: Conversation, cql: string, consistency: Consistency): Promise<Rows> {
  const rows = await run(conversation, cql, consistency);
  const asked = safeLine(cql, 60);
  return rows ?? fail('protocol', 'protocol', `${conversation.peer} answered ${asked} without rows`);
}

async function run(conversation: Conversation, cql: string, consistency: Consistency): Promise<Rows | null> {
  const { peer } = conversation;
  const asked = safeLine(cql, 60);
  const answer = accepted(await ask(conversation, OPCODE.query, queryBody(cql, consistency)), peer, asked);
  if (answer.opcode !== OPCODE.result) return outOfPlace(answer, peer, asked);
  return readRows(answer.body, () => fail('protocol', 'protocol', `${peer} sent rows that are malformed`));
}
