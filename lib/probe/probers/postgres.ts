import { safeLine } from '../../words/safe-text.ts';
import { Fault, InvalidOptions, type ProbeContext, type Prober } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { logIn } from './postgres/login.ts';
import { POSTGRES_DEFAULTS, POSTGRES_FACTS } from './postgres/postgres-facts.ts';
import {
  POSTGRES_OPTIONS,
  type PostgresOptions,
  type PostgresPlan,
  planPostgres,
} from './postgres/postgres-options.ts';
import { MOST_ROWS, ask, askOne, terminate } from './postgres/query.ts';
import { type Refusal, explainRefusal, isOwnTrouble, showRefusal } from './postgres/refusal.ts';
import { secure } from './postgres/secure.ts';
import { STATE_QUERIES, stateFacts } from './postgres/server-state.ts';
import { typedValue } from './postgres/typed-value.ts';

const PORT = 5432;
/** Share of the time left that the query gets, so that the server can still say that it was too slow. */
const SHARE = 0.9;

type Context = ProbeContext<typeof POSTGRES_FACTS>;

export const postgres: Prober<PostgresOptions, typeof POSTGRES_FACTS> = {
  type: 'postgres',
  proves:
    'It takes the login (SCRAM-SHA-256, MD5 or a bare password), has the database, answers queries, and takes writes unless it is a replica, which must not have lost its primary; with `query`, it answers that. Without a user in the target: it runs, and has judged or would judge a login. Where it offers TLS, its certificate is good.',
  schemes: [
    { scheme: 'postgres', port: PORT, shape: 'path' },
    { scheme: 'postgresql', port: PORT, shape: 'path' },
  ],
  example: 'postgres://monitor:${DB_PASSWORD}@db.example.org/shop',
  options: POSTGRES_OPTIONS,
  facts: POSTGRES_FACTS,
  codes: {
    auth: 'it refuses the user, the password or this host (SQLSTATE 28…, pg_hba.conf), or the user may not do that (42501); also a bare password wanted without TLS: check the login, or see `allow_plaintext`',
    loading: 'it starts, or recovers from a crash (57P03): wait, and see its log if it stays so',
    overloaded:
      'too many connections (53300, or a pooler that is full), a full disk or no memory (53…): raise max_connections, use a pooler, make room',
    read_only:
      'a primary on which default_transaction_read_only is on, as after a failover or when its provider found the disk full',
    replication:
      'a replica that receives nothing from its primary: see the logs of both; or `replica_lag_s` is more than you expect',
    status:
      'another error: the database does not exist (3D000), it is shutting down (57P01), the query is wrong (42…) or writes (25006), a pooler does not reach its server',
    timeout: 'it is silent, or the query did not end in time (57014)',
    tls_handshake:
      'the handshake failed, or TLS is not offered though `starttls: require`: see `ssl` in its configuration',
  },
  defaults: () => POSTGRES_DEFAULTS,
  prepare({ target, options }) {
    if (target === null)
      throw new InvalidOptions('target', 'there is none, expected postgres://HOST/DATABASE');
    const plan = planPostgres(target, options);
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial();
        context.see({ tls: false });
        if (plan.starttls !== 'never')
          context.see({ tls: await secure(conversation, plan.starttls === 'require') });
        const outcome = await logIn(conversation, plan, context);
        if (outcome === 'ready') await lookAround(conversation, context, plan);
        else if (outcome === 'console') await terminate(conversation);
        // Before the login is done it expects no goodbye.
        else conversation.end();
        context.see({ loading: outcome === 'loading' });
      },
    };
  },
};

async function lookAround(conversation: Conversation, context: Context, plan: PostgresPlan): Promise<void> {
  try {
    await lookAtState(conversation, context);
    if (plan.query !== null) await query(conversation, context, plan.query);
  } catch (error) {
    if (error instanceof Fault) await terminate(conversation);
    throw error;
  }
  await terminate(conversation);
}

async function lookAtState(conversation: Conversation, context: Context): Promise<void> {
  const { answers, refusal } = await ask(conversation, STATE_QUERIES);
  context.see(stateFacts(answers));
  if (refusal === null) return;
  if (isOwnTrouble(refusal)) refuse(refusal, conversation, context, 'SELECT');
  // A relative of PostgreSQL, or a pooler’s console: what it does not know is no fault.
  context.show(safeLine(showRefusal(refusal)));
}

async function query(conversation: Conversation, context: Context, sql: string): Promise<void> {
  const limit = Math.max(1, Math.floor(context.remaining_ms() * SHARE));
  const begin = `BEGIN READ ONLY; SET LOCAL statement_timeout = ${String(limit)}`;
  const begun = await ask(conversation, begin);
  if (begun.refusal !== null) refuse(begun.refusal, conversation, context, 'BEGIN READ ONLY');
  const { answers, refusal } = await askOne(conversation, sql);
  if (refusal !== null) refuse(refusal, conversation, context, 'the query');
  const [answer] = answers;
  if (answer !== undefined)
    context.see({
      rows: Math.min(answer.rows, MOST_ROWS),
      value: typedValue(answer.first?.[0] ?? null, answer.types[0] ?? 0),
    });
  // A pooler keeps a server only when its transaction has ended.
  const ended = await ask(conversation, 'ROLLBACK');
  if (ended.refusal !== null) refuse(ended.refusal, conversation, context, 'ROLLBACK');
}

function refuse(refusal: Refusal, { peer }: Conversation, context: Context, what: string): never {
  if (refusal.sqlstate !== '') context.see({ sqlstate: refusal.sqlstate });
  throw new Fault(explainRefusal(refusal, peer, what));
}
