import { Fault, type ProbeContext } from '../../prober.ts';
import type { Greeting } from './greeting.ts';
import type { MYSQL_FACTS } from './mysql-facts.ts';
import type { Packets } from './packets.ts';
import { type Answer, ask, ping } from './query.ts';
import { type Refusal, explainRefusal, isAboutTheQuestion, showRefusal } from './refusal.ts';
import {
  STATUS_QUERY,
  VARIABLES_QUERY,
  isReader,
  replicationFacts,
  replicationQueries,
  settingsFacts,
  settingsIn,
} from './server-state.ts';
import { typedValue } from './typed-value.ts';

type Context = ProbeContext<typeof MYSQL_FACTS>;

/** Share of the time left that the query gets, so that the server can still say that it was too slow. */
const SHARE = 0.9;
/** More rows are not counted. */
const MOST_ROWS = 10_000;
/** Rows kept of what is asked about the server: variables, channels. */
const KEPT = 100;

/** Whether it answers, and what it says of itself. Throws a fault when it cannot answer. */
export async function lookAtState(packets: Packets, greeting: Greeting, context: Context): Promise<void> {
  const refused = await ping(packets);
  if (refused !== null) refuse(refused, packets, context, 'a ping');
  const settings = new Map<string, string>();
  for (const sql of [VARIABLES_QUERY, STATUS_QUERY]) {
    const answer = await lookAt(packets, context, sql);
    if (answer !== null) for (const [name, value] of settingsIn(answer)) settings.set(name, value);
  }
  context.see(settingsFacts(settings));
  for (const sql of replicationQueries(greeting)) {
    const answer = await lookAt(packets, context, sql);
    if (answer === null) continue;
    const { facts, trouble } = replicationFacts(answer);
    context.see(facts.role === 'primary' && isReader(settings) ? { role: 'replica' } : facts);
    if (trouble !== '') context.show(trouble);
    return;
  }
}

/** Null when the server does not know the question, or this user may not ask it: then there is nothing to say. */
async function lookAt(packets: Packets, context: Context, sql: string): Promise<Answer | null> {
  const outcome = await ask(packets, sql, KEPT);
  if (outcome.kind === 'answer') return outcome.answer;
  if (!isAboutTheQuestion(outcome.refusal))
    refuse(outcome.refusal, packets, context, sql.split('\n', 1)[0] ?? '');
  context.show(showRefusal(outcome.refusal));
  return null;
}

/** The user’s own query, read-only. Throws a fault when it is refused. */
export async function runQuery(
  packets: Packets,
  greeting: Greeting,
  context: Context,
  sql: string,
): Promise<void> {
  // What only one of them knows, or a relative does not, costs no more than the limit.
  await lookAt(packets, context, limitsFor(greeting, context.remaining_ms() * SHARE));
  await must(packets, context, 'SET SESSION TRANSACTION READ ONLY');
  await must(packets, context, 'START TRANSACTION READ ONLY');
  const { columns, kept, rows } = await must(packets, context, sql, 'the query');
  context.see({ rows, value: typedValue(kept[0]?.[0] ?? null, columns[0]?.type ?? 0) });
  await must(packets, context, 'ROLLBACK');
}

function limitsFor({ flavor }: Greeting, time_ms: number): string {
  const most = `SESSION sql_select_limit = ${String(MOST_ROWS)}`;
  return flavor === 'mariadb'
    ? `SET ${most}, SESSION max_statement_time = ${(Math.max(1, time_ms) / 1000).toFixed(3)}`
    : `SET ${most}, SESSION max_execution_time = ${String(Math.max(1, Math.floor(time_ms)))}`;
}

async function must(packets: Packets, context: Context, sql: string, what = sql): Promise<Answer> {
  const outcome = await ask(packets, sql);
  if (outcome.kind === 'refusal') return refuse(outcome.refusal, packets, context, what);
  return outcome.answer;
}

function refuse(refusal: Refusal, { conversation }: Packets, context: Context, what: string): never {
  context.see({ error_code: refusal.code });
  throw new Fault(explainRefusal(refusal, conversation.peer, what));
}
