import { safeLine } from '../../../words/safe-text.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { readLine, refuse, unexpected } from './refusal.ts';

const MAX_MODULES = 100_000;
const MAX_NAMES = 200;

/** What comes after `#list`: the message of the day, then a line `name<blanks>TAB comment` for each module, then EXIT. */
export async function listModules(conversation: Conversation): Promise<{
  readonly names: readonly string[];
  readonly count: number;
  readonly motd: readonly string[];
}> {
  const names: string[] = [];
  const motd: string[] = [];
  let count = 0;
  for (let lines = 0; ; lines += 1) {
    if (lines > MAX_MODULES) unexpected(conversation, `more than ${String(MAX_MODULES)} lines`);
    const line = await readLine(conversation);
    if (line === '@RSYNCD: EXIT') break;
    if (line.startsWith('@ERROR')) refuse(conversation, line);
    if (line.startsWith('@')) unexpected(conversation, line);
    const tab = line.indexOf('\t');
    if (tab > 0) {
      count += 1;
      if (names.length < MAX_NAMES) names.push(safeLine(line.slice(0, tab).trimEnd()));
    } else if (motd.length < 100) motd.push(line);
  }
  return { names: names.sort(), count, motd };
}
