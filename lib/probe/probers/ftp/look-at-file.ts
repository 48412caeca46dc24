import { fail } from '../../prober.ts';
import { type StatusReply, showReply } from '../../wire/status-reply.ts';
import { ageOf } from './list-directory.ts';
import { parseMachineLine, parseTime, wholeNumber } from './listed-entry.ts';
import { type Session, ask, isUnknown, refuse } from './reply.ts';

/**
 * Size and age of one file, without reading it. `features` are those of FEAT, in upper case. False when there is none.
 * Source: RFC 3659 §3, §4, §7.
 */
export async function lookAtFile(
  session: Session,
  path: string,
  features: readonly string[],
): Promise<boolean> {
  const told = features.some((feature) => feature.startsWith('MLST'))
    ? await byMachine(session, path)
    : await bySizeAndTime(session, path);
  if (told === null) return false;
  const { size, changed } = told;
  const { context } = session;
  context.see({ size, age_s: changed === null ? null : ageOf(changed, context.now()) });
  return true;
}

interface Told {
  readonly size: number | null;
  readonly changed: number | null;
}

async function byMachine(session: Session, path: string): Promise<Told | null> {
  const reply = await ask(session, `MLST ${path}`);
  if (isMissing(reply)) return missing(session, reply);
  if (reply.code !== 250) refuse(session, reply, 'tells nothing about the file (MLST)');
  // Its line begins with a blank between the first and the last line of the reply.
  const entry = reply.lines.map((line) => parseMachineLine(line.trimStart())).find((line) => line !== null);
  if (entry?.kind === 'directory') refuseDirectory(session);
  return entry ?? { size: null, changed: null };
}

async function bySizeAndTime(session: Session, path: string): Promise<Told | null> {
  // In ASCII mode servers refuse to tell a size, or would have to read the file.
  await ask(session, 'TYPE I');
  const size = await ask(session, `SIZE ${path}`);
  const time = await ask(session, `MDTM ${path}`);
  if (isMissing(size)) return missing(session, size);
  if (isUnknown(size) && isMissing(time)) return missing(session, time);
  if (size.code !== 213 && time.code !== 213)
    refuse(session, size, 'tells nothing about the file (SIZE, MDTM)');
  return {
    size: size.code === 213 ? wholeNumber(size.lines[0]) : null,
    changed: time.code === 213 ? parseTime(time.lines[0] ?? '') : null,
  };
}

function missing({ context }: Session, reply: StatusReply): null {
  context.show(showReply(reply));
  return null;
}

function isMissing({ code }: StatusReply): boolean {
  return code === 550 || code === 450;
}

function refuseDirectory({ conversation }: Session): never {
  return fail(
    'status',
    'protocol',
    `${conversation.peer} has a directory there, expected a file (a path that ends with / is a directory)`,
  );
}
