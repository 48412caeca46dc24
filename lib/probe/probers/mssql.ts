import type { JsonSchema } from '../../words/json.ts';
import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, PLACEHOLDER, type ProbeContext, type Prober, type Target, fail } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { STARTTLS_OPTIONS, type StartTlsOptions, planSecurity } from '../wire/starttls.ts';
import { type MssqlLogin, batchMessage, loginMessage } from './mssql/login.ts';
import { MSSQL_DEFAULTS, MSSQL_FACTS } from './mssql/mssql-facts.ts';
import { PACKET, packets, readMessage, tlsInPackets } from './mssql/packets.ts';
import { exchangePrelogin } from './mssql/prelogin.ts';
import { refuseIfError } from './mssql/refusal.ts';
import { type Answer, readAnswer } from './mssql/tokens.ts';

const PORT = 1433;

export interface MssqlOptions extends StartTlsOptions {
  readonly query?: string;
}

const OPTIONS: { readonly [key: string]: JsonSchema } = {
  ...STARTTLS_OPTIONS,
  query: {
    type: 'string',
    minLength: 1,
    description:
      'a SELECT, as a user that may do no more; its first value and its number of rows become facts. CAST to nvarchar what is no number, text, time or binary',
  },
};

interface Plan {
  /** `strict`: TLS from the first byte (TDS 8) */
  readonly tls: 'strict' | 'auto' | 'require' | 'never';
  readonly login: MssqlLogin | null;
  readonly query: string | null;
}

type Context = ProbeContext<typeof MSSQL_FACTS>;

export const mssql: Prober<MssqlOptions, typeof MSSQL_FACTS> = {
  type: 'mssql',
  proves:
    'It is a SQL Server (PRELOGIN), its TLS works and its certificate is good (a self-signed one needs tls.ca, or tls.verify: false). With a login of SQL Server’s own in the target, it takes that, has the database, which is online and takes writes, and answers a query of its own and `query`. Logins of Windows are not spoken.',
  schemes: [{ scheme: 'mssql', port: PORT, shape: 'path' }],
  example: 'mssql://probe:${MSSQL_PASSWORD}@db.example.org/shop',
  options: OPTIONS,
  facts: MSSQL_FACTS,
  proxy: true,
  codes: {
    auth: 'the user or password was refused (18456), the user is locked, or may not do that',
    status: 'the database does not exist or is offline (4060, 942), or the query is wrong',
    loading: 'the server is starting, or recovers or restores the database',
    overloaded: 'no connections, workers or memory are left',
    read_only: 'the database is read-only: set so, or it is a secondary; expect `read_only: true` for one',
    replication: 'the database is a replica that cannot be read now',
    redirect: 'it sends its clients to another server: probe that',
    tool_missing: 'the query gives a type that puptime does not read',
  },
  defaults: () => MSSQL_DEFAULTS,
  prepare({ target, options }) {
    if (target === null || target.host === '')
      throw new InvalidOptions('target', 'it names no host, expected mssql://HOST');
    const plan = planMssql(target, options);
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const strict = plan.tls === 'strict';
        const conversation = await context.dial(strict ? { tls: { alpn: ['tds/8.0'] } } : {});
        await secure(conversation, context, plan);
        if (plan.login !== null) await logIn(conversation, context, plan.login, plan);
        conversation.end();
      },
    };
  },
};

function planMssql(target: Target, options: MssqlOptions): Plan {
  const unknown = Object.keys(target.query).find((name) => name !== 'tls');
  const { tls } = target.query;
  if (unknown !== undefined || (tls !== undefined && tls !== 'strict' && tls !== PLACEHOLDER))
    throw new InvalidOptions(
      'target',
      `saw the parameter ${safeLine(unknown ?? `tls=${tls ?? ''}`, 40)}, expected none, or tls=strict`,
    );
  const security = planSecurity(target, options, tls === 'strict');
  const { query } = options;
  if (query !== undefined && security.credentials === null)
    throw new InvalidOptions('query', 'it needs a login, expected mssql://USER:PASSWORD@HOST/DATABASE');
  if (query !== undefined && query !== PLACEHOLDER && !/^\s*(?:select|with)\s/i.test(query))
    throw new InvalidOptions('query', 'expected a SELECT: a probe changes nothing');
  const database = target.path.replace(/^\//, '');
  const login =
    security.credentials === null ? null : { ...security.credentials, database, host: target.host };
  for (const text of [login?.username, login?.password, database])
    if ((text ?? '').length > 128)
      throw new InvalidOptions('target', 'a user, password or database is longer than 128 characters');
  return { tls: security.tls === 'direct' ? 'strict' : security.tls, login, query: query ?? null };
}

/** The first exchange, then TLS where both want it. */
async function secure(conversation: Conversation, context: Context, { tls }: Plan): Promise<void> {
  const { peer } = conversation;
  context.see({ tls: tls === 'strict' });
  const prelogin = await exchangePrelogin(conversation, tls === 'never' ? 'not_supported' : 'on');
  context.see({ version: prelogin.version });
  if (tls === 'strict') return;
  const { encryption } = prelogin;
  context.see({ encryption });
  if (tls === 'never') {
    if (encryption === 'required')
      fail('tls_handshake', 'tls', `${peer} takes only connections with TLS, but starttls is never`);
    return;
  }
  if (encryption === 'on' || encryption === 'required') {
    await conversation.startTls({ framing: tlsInPackets() });
    context.see({ tls: true });
  } else if (tls === 'require')
    fail('tls_handshake', 'tls', `${peer} does not encrypt (it says ${encryption}), which is required here`);
}

const STATE =
  "SELECT DB_NAME(), CAST(DATABASEPROPERTYEX(DB_NAME(), 'Status') AS nvarchar(60)), " +
  "CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS nvarchar(60))";

async function logIn(
  conversation: Conversation,
  context: Context,
  login: MssqlLogin,
  { tls, query }: Plan,
): Promise<void> {
  const { peer } = conversation;
  const message = (password: string) =>
    packets(PACKET.login, loginMessage({ ...login, password }, tls === 'strict'));
  await conversation.write(message(login.password), message('***'));
  const answer = await hear(conversation);
  refuseIfError(answer.errors, peer, 'login');
  if (answer.routedTo !== null)
    fail('redirect', 'protocol', `${peer} sends its clients to ${answer.routedTo}: probe that`);
  if (!answer.loggedIn) fail('protocol', 'auth', `${peer} neither takes the login nor refuses it`);
  const state = await ask(conversation, STATE, 'state of the database');
  const [database, status, updateability] = state.first.map((value) =>
    typeof value === 'string' ? safeLine(value, 128) : null,
  );
  context.see({
    database: database ?? null,
    database_status: status ?? null,
    read_only: typeof updateability === 'string' ? updateability === 'READ_ONLY' : null,
  });
  if (query === null) return;
  const { rows, first, hasResult } = await ask(conversation, query, 'query');
  if (!hasResult) fail('protocol', 'protocol', `${peer} answered the query without a result`);
  context.see({ rows, value: first[0] ?? null });
}

async function ask(conversation: Conversation, sql: string, asked: string): Promise<Answer> {
  await conversation.write(packets(PACKET.batch, batchMessage(sql)));
  const answer = await hear(conversation);
  refuseIfError(answer.errors, conversation.peer, asked);
  return answer;
}

async function hear(conversation: Conversation): Promise<Answer> {
  const message = await readMessage(conversation);
  const { peer } = conversation;
  return readAnswer(message, () => fail('protocol', 'protocol', `${peer} sent an answer that is malformed`));
}
