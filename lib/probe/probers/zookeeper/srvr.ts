import type { FactsOf } from '../../../words/fact.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { type ProbeContext, fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { expectStart } from '../../wire/opening.ts';
import type { ZOOKEEPER_FACTS } from './zookeeper-facts.ts';

type Context = ProbeContext<typeof ZOOKEEPER_FACTS>;

/** How an answer begins: of one that serves, of one that does not, and of one that keeps it for itself. */
const STARTS = ['Zookeeper version: ', 'This ZooKeeper ', 'srvr is not executed', 'READ-ONLY mode'];
const MAX_BYTES = 65_536;

/**
 * The four-letter word `srvr`, after which the server hangs up. Sees what it says; gives whether it is worth while to open a
 * session. Source: zookeeper.apache.org, Administrator’s Guide, The Four Letter Words.
 */
export async function askServer(conversation: Conversation, context: Context): Promise<boolean> {
  await conversation.write('srvr');
  await expectStart(conversation, 'ZooKeeper', 10, (start) =>
    STARTS.some((known) => known.startsWith(start)),
  );
  const text = await readAll(conversation);
  if (text.startsWith('srvr is not executed')) {
    context.show(`srvr is not in its whitelist: ${safeLine(text, 120)}`);
    return true;
  }
  if (text.startsWith('This ZooKeeper instance is not currently serving')) {
    context.see({ serving: false });
    context.show(safeLine(text, 160));
    return false;
  }
  context.see(serverFacts(text));
  return true;
}

async function readAll(conversation: Conversation): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const chunk = await conversation.read();
    if (chunk === null) return Buffer.concat(chunks).toString('utf8');
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BYTES)
      fail(
        'too_large',
        'protocol',
        `${conversation.peer} answered srvr with more than ${String(MAX_BYTES)} bytes`,
      );
  }
}

/** Lines that are not there leave their facts absent. */
export function serverFacts(text: string): FactsOf<typeof ZOOKEEPER_FACTS> {
  const lines = new Map(
    text.split('\n', 200).flatMap((line): [string, string][] => {
      const colon = line.indexOf(': ');
      return colon === -1 ? [] : [[line.slice(0, colon), line.slice(colon + 2).trim()]];
    }),
  );
  const [version] = /^[0-9][0-9A-Za-z.]{0,40}/.exec(lines.get('Zookeeper version') ?? '') ?? [];
  const [min, average, max] = (lines.get('Latency min/avg/max') ?? '').split('/', 3);
  const mode = lines.get('Mode');
  return {
    version: version ?? null,
    mode: mode === undefined ? null : safeLine(mode, 40),
    serving: true,
    read_only: mode === 'read-only' || text.includes('\nREAD-ONLY mode'),
    latency_min_ms: numberOf(min),
    latency_avg_ms: numberOf(average),
    latency_max_ms: numberOf(max),
    znodes: numberOf(lines.get('Node count')),
    connections: numberOf(lines.get('Connections')),
    outstanding: numberOf(lines.get('Outstanding')),
  };
}

/** The mean latency is written with as many digits as Java likes. */
function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}(?:\.\d{1,20})?$/.test(text) ? Number(text) : null;
}
