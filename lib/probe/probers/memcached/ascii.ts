import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { type Dialect, MAX_ITEM, MAX_STATS, type Stats } from './dialect.ts';

/** The text protocol. Source: memcached/doc/protocol.txt. */
export function asciiDialect(conversation: Conversation): Dialect {
  return {
    ask: (key) => conversation.write(`version\r\nstats\r\nget ${key}\r\n`),
    async readVersion() {
      const line = await readAnswer(conversation, 'version');
      const [, version] = /^VERSION (.{1,200})$/.exec(line) ?? [];
      return version === undefined ? notMemcached(conversation, line) : safeLine(version, 80);
    },
    readStats: () => readStats(conversation),
    readLookUp: () => readLookUp(conversation),
    goodbye: 'quit\r\n',
  };
}

/** One line of an answer. Throws what an error line means; `ERROR` itself (an unknown command) is given back. */
export async function readAnswer(conversation: Conversation, command: string): Promise<string> {
  // Its first byte is looked at before the line has ended: another protocol is told at once.
  const start = await conversation.readExactly(1);
  conversation.unread(start);
  if (!/^[A-Z]/.test(start.toString('latin1'))) {
    const heard = (await conversation.read()) ?? start;
    return notMemcached(conversation, heard.subarray(0, 200).toString('utf8'));
  }
  const line = await conversation.readLine({ max: 4096 });
  const { peer } = conversation;
  const got = safeLine(line, 160);
  if (line.startsWith('ERROR Too many open connections'))
    return fail('overloaded', 'protocol', `${peer} has no room for another connection: ${got}`, { got });
  if (line.startsWith('CLIENT_ERROR unauthenticated'))
    return fail('auth', 'auth', `${peer} wants a login (${command}: ${got})`, { got });
  if (line.startsWith('SERVER_ERROR out of memory'))
    return fail('overloaded', 'protocol', `${peer} is out of memory (${command}: ${got})`, { got });
  if (/^(?:SERVER|CLIENT)_ERROR(?: |$)/.test(line))
    return fail('status', 'protocol', `${peer} answered ${command} with an error: ${got}`, { got });
  return line;
}

async function readStats(conversation: Conversation): Promise<Stats | null> {
  const stats = new Map<string, string>();
  for (;;) {
    const line = await readAnswer(conversation, 'stats');
    if (line === 'END') return stats;
    if (line === 'ERROR' && stats.size === 0) return null;
    const [, name, value] = /^STAT (\S{1,200}) ?(.*)$/.exec(line) ?? [];
    if (name === undefined) return notMemcached(conversation, line);
    if (stats.size >= MAX_STATS)
      return fail('too_large', 'protocol', `${conversation.peer} sent more than ${String(MAX_STATS)} stats`);
    stats.set(name, value ?? '');
  }
}

async function readLookUp(conversation: Conversation): Promise<void> {
  const line = await readAnswer(conversation, 'get');
  if (line === 'END') return;
  const [, digits] = /^VALUE \S{1,250} \d{1,10} (\d{1,10})(?: \d{1,20})?$/.exec(line) ?? [];
  if (digits === undefined) return notMemcached(conversation, line);
  if (Number(digits) > MAX_ITEM)
    return fail('too_large', 'protocol', `${conversation.peer} sent an item of ${digits} bytes`);
  const item = await conversation.readExactly(Number(digits) + 2);
  const end = await readAnswer(conversation, 'get');
  if (end !== 'END' || !item.subarray(-2).equals(Buffer.from('\r\n'))) notMemcached(conversation, end);
}

/** Ends the probe: no memcached says that. */
export function notMemcached({ peer }: Conversation, heard: string): never {
  const got = safeLine(heard, 60);
  const text = `${peer} does not speak the memcached protocol: it said "${got}"`;
  return fail('protocol', 'protocol', text, { expected: 'an answer of memcached', got });
}
