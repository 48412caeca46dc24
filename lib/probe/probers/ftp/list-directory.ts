import type { FactsOf } from '../../../words/fact.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { Fault } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { showReply } from '../../wire/status-reply.ts';
import { openDataConnection } from './data-connection.ts';
import type { FTP_FACTS } from './ftp-facts.ts';
import { type ListedEntry, parseListLine, parseMachineLine, parseTime } from './listed-entry.ts';
import { type Session, ask, readReply, refuse } from './reply.ts';

const MAX_LINE = 4096;
const MAX_LISTING = 64 * 2 ** 20;
const MAX_NAMES = 200;

/**
 * Goes to a directory and counts what is in it. `features` are those of FEAT, in upper case. False when there is no such
 * directory. Throws what a listing that fails says.
 */
export async function listDirectory(
  session: Session,
  path: string,
  features: readonly string[],
): Promise<boolean> {
  const { conversation, context } = session;
  if (path !== '') {
    const changed = await ask(session, `CWD ${path}`);
    if (changed.code === 550) {
      context.show(showReply(changed));
      return false;
    }
    if (changed.code >= 300) refuse(session, changed, 'does not go to the directory');
  }
  const machine = features.some((feature) => feature.startsWith('MLST'));
  const data = await openDataConnection(session);
  const command = machine ? 'MLSD' : 'LIST';
  const began = await ask(session, command);
  if (began.code !== 150 && began.code !== 125) {
    data.destroy();
    refuse(session, began, `lists nothing (${command})`);
  }
  const control = conversation.tls();
  if (control !== null) await data.startTls({ resume: control });
  const count = createCount(context.now());
  await readLines(data, (line) =>
    count.add(machine ? parseMachineLine(line) : parseListLine(line, context.now())),
  );
  data.end();
  const ended = await readReply(session);
  if (ended.code !== 226 && ended.code !== 250) refuse(session, ended, 'breaks off the listing');
  const { newest, facts } = count.facts();
  context.see(facts);
  // LIST tells the time to the minute, of an unknown zone.
  if (!machine && newest !== null) context.see({ age_s: await askForAge(session, newest.name) });
  return true;
}

/** Seconds since a file was changed; null when the server does not tell. Source: RFC 3659 §3. */
export async function askForAge(session: Session, name: string): Promise<number | null> {
  const reply = await ask(session, `MDTM ${name}`);
  const changed = reply.code === 213 ? parseTime(reply.lines[0] ?? '') : null;
  return changed === null ? null : ageOf(changed, session.context.now());
}

/** Never negative: clocks differ. */
export function ageOf(changed: number, now: number): number {
  return Math.max(0, Math.round((now - changed) / 1000));
}

/** Every line up to the end of the stream. */
async function readLines(data: Conversation, each: (line: string) => void): Promise<void> {
  let unread = '';
  let total = 0;
  for (let chunk = await data.read(); chunk !== null; chunk = await data.read()) {
    total += chunk.length;
    const lines = (unread + chunk.toString('latin1')).split('\n');
    unread = lines.pop() ?? '';
    if (total > MAX_LISTING || unread.length > MAX_LINE) throw tooLarge(data.peer);
    for (const line of lines) each(decoded(line));
  }
  if (unread !== '') each(decoded(unread));
}

/** As UTF-8, which may have been cut between two chunks. */
function decoded(line: string): string {
  return Buffer.from(line.replace(/\r$/, ''), 'latin1').toString('utf8');
}

function tooLarge(peer: string): Fault {
  const text = `${peer} sent a listing of more than ${String(MAX_LISTING / 2 ** 20)} MiB, or a line of more than ${String(MAX_LINE)} bytes`;
  return new Fault({ code: 'too_large', phase: 'protocol', text });
}

/** Adds up, so that a large directory takes no memory. */
function createCount(now: number) {
  const total = { files: 0, directories: 0, size: 0 };
  let sized = true;
  let newest: ListedEntry | null = null;
  const names: string[] = [];
  return {
    add(entry: ListedEntry | null): void {
      if (entry === null) return;
      if (entry.kind === 'directory') {
        total.directories += 1;
        return;
      }
      total.files += 1;
      if (entry.size === null) sized = false;
      else total.size += entry.size;
      if (names.length < MAX_NAMES) names.push(safeLine(entry.name));
      if (entry.changed !== null && entry.changed > (newest?.changed ?? -Infinity)) newest = entry;
    },
    facts(): { readonly newest: ListedEntry | null; readonly facts: FactsOf<typeof FTP_FACTS> } {
      const changed = newest?.changed ?? null;
      return {
        newest,
        facts: {
          ...total,
          size: sized ? total.size : null,
          names: names.sort(),
          newest: newest === null ? null : safeLine(newest.name),
          age_s: changed === null ? null : ageOf(changed, now),
        },
      };
    },
  };
}
