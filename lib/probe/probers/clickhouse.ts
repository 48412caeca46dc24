import type { JsonSchema } from '../../words/json.ts';
import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, PLACEHOLDER, type ProbeContext, type Prober, type Target } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { CLICKHOUSE_DEFAULTS, CLICKHOUSE_FACTS } from './clickhouse/clickhouse-facts.ts';
import { type ClickhouseLogin, helloPacket, readHello } from './clickhouse/hello.ts';
import { CLIENT, SERVER, type Exception, type Reader, openReader, varint } from './clickhouse/packets.ts';
import { type Rows, queryPackets, readRows } from './clickhouse/query.ts';
import { refuse } from './clickhouse/refusal.ts';

const PORT = 9000;
const TLS_PORT = 9440;

export interface ClickhouseOptions {
  readonly query?: string;
}

const OPTIONS: { readonly [key: string]: JsonSchema } = {
  query: {
    type: 'string',
    minLength: 1,
    description:
      'a SELECT (or EXISTS, SHOW); its first value and its number of rows become facts. Use a user with readonly = 1, and ask for toString(…) of what is no number, text or time',
  },
};

interface Plan {
  readonly tls: boolean;
  readonly login: ClickhouseLogin;
  readonly database: string;
  readonly query: string | null;
}

type Context = ProbeContext<typeof CLICKHOUSE_FACTS>;

export const clickhouse: Prober<ClickhouseOptions, typeof CLICKHOUSE_FACTS> = {
  type: 'clickhouse',
  proves:
    'It takes the login (the user default without a password, where the target names none), answers a ping and a query over the native protocol, and no replicated table is read-only; with a path it has that database; with `query`, it answers that. Its HTTP interface is probed as http://HOST:8123/ping.',
  schemes: [{ scheme: 'clickhouse', port: PORT, shape: 'path' }],
  example: 'clickhouse://probe:${CLICKHOUSE_PASSWORD}@db.example.org/shop?tls=true',
  options: OPTIONS,
  facts: CLICKHOUSE_FACTS,
  proxy: true,
  codes: {
    auth: 'the user or password was refused (516, 192 to 195), or the user may not see what the query asks for',
    overloaded: 'too many queries run (202), memory (241) or a quota (201) is used up',
    read_only: 'replicated tables take no writes: look at the link to ZooKeeper or Keeper',
    quorum: 'ZooKeeper or Keeper is not reached, or too few replicas are alive',
    status: 'the database or table does not exist (81, 60), or the query is wrong',
    tool_missing: 'the query gives a type that puptime does not read',
  },
  defaults: () => CLICKHOUSE_DEFAULTS,
  prepare({ target, options }) {
    if (target === null || target.host === '')
      throw new InvalidOptions('target', 'it names no host, expected clickhouse://HOST');
    const plan = planClickhouse(target, options);
    return {
      endpoint: { host: target.host, port: target.port ?? (plan.tls ? TLS_PORT : PORT) },
      async run(context) {
        const conversation = await context.dial(plan.tls ? { tls: {} } : {});
        context.see({ tls: plan.tls });
        await talk(conversation, context, plan);
        conversation.end();
      },
    };
  },
};

function planClickhouse({ username, password, path, query }: Target, options: ClickhouseOptions): Plan {
  const refusal = (text: string): never => {
    throw new InvalidOptions('target', text);
  };
  const unknown = Object.keys(query).find((name) => name !== 'tls');
  if (unknown !== undefined) refusal(`saw the parameter ${safeLine(unknown, 40)}, expected tls`);
  const tls = query['tls'] ?? 'false';
  if (!['true', 'false', PLACEHOLDER].includes(tls))
    refusal(`saw tls=${safeLine(tls, 40)}, expected true or false`);
  const READS = /^\s*(?:select|with|exists|show|describe)\s/i;
  if (options.query !== undefined && options.query !== PLACEHOLDER && !READS.test(options.query))
    throw new InvalidOptions('query', 'expected a SELECT: a probe changes nothing');
  return {
    tls: tls === 'true',
    login: { username: username ?? 'default', password: password ?? '' },
    database: path.replace(/^\//, ''),
    query: options.query ?? null,
  };
}

const STATE = 'SELECT toUInt64(countIf(is_readonly)), toUInt64(max(absolute_delay)) FROM system.replicas';

async function talk(conversation: Conversation, context: Context, plan: Plan): Promise<void> {
  const { peer } = conversation;
  const reader = openReader(conversation);
  const hidden = helloPacket(plan.database, { ...plan.login, password: '***' });
  await conversation.write(helloPacket(plan.database, plan.login), hidden);
  const hello = await readHello(reader);
  if ('number' in hello) return refuse(hello, peer, 'Hello');
  const word = (text: string | null) => (text === null ? null : safeLine(text, 100));
  context.see({
    product: word(hello.product),
    version: hello.version,
    timezone: word(hello.timezone),
    display_name: word(hello.name),
  });
  await ping(conversation, reader);
  const ask = async (sql: string): Promise<Rows | Exception> => {
    await conversation.write(queryPackets(sql, hello.revision));
    return readRows(reader);
  };
  const state = await ask(STATE);
  if ('number' in state) {
    if (!UNSEEN.includes(state.number)) return refuse(state, peer, 'system.replicas');
  } else {
    const [readonly_tables = null, replica_lag_s = null] = state.first.map(Number);
    context.see({ readonly_tables, replica_lag_s });
  }
  if (plan.query === null) return;
  const answer = await ask(plan.query);
  if ('number' in answer) return refuse(answer, peer, 'query');
  context.see({ rows: answer.rows, value: answer.first[0] ?? null });
}

/** No such column, no such table, not for this user: that says nothing of the service. */
const UNSEEN = [16, 47, 60, 291, 497];

async function ping(conversation: Conversation, reader: Reader): Promise<void> {
  await conversation.write(varint(CLIENT.ping));
  const kind = await reader.varint();
  if (kind !== SERVER.pong) reader.broken(`it answered a ping with a packet of the kind ${String(kind)}`);
}
