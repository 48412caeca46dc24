import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { type Session, ask } from './reply.ts';

const MAX_LINES = 500;

/** What CAPABILITIES lists. */
export interface Capabilities {
  /** as listed, upper case */
  readonly lines: readonly string[];
  readonly software: string | null;
  /** whether a label is listed, `STARTTLS` */
  has(label: string): boolean;
  /** what stands behind a label */
  of(label: string): readonly string[];
}

/** Empty when the server does not know the command, as before RFC 3977 §5.2. */
export async function askCapabilities(session: Session): Promise<Capabilities> {
  const reply = await ask(session, 'CAPABILITIES');
  return capabilitiesOf(reply.code === 101 ? await readLines(session) : []);
}

function capabilitiesOf(raw: readonly string[]): Capabilities {
  const software = raw.find((line) => /^implementation /i.test(line));
  const lines = raw.map((line) => line.toUpperCase());
  const words = new Map(
    lines.map((line) => [line.split(' ', 1)[0] ?? '', line.split(' ').slice(1)] as const),
  );
  return {
    lines,
    software: software === undefined ? null : software.slice('implementation '.length),
    has: (label) => words.has(label),
    of: (label) => words.get(label) ?? [],
  };
}

/** A block of lines up to one that is a dot. Source: RFC 3977 §3.1.1. */
async function readLines({ conversation }: Session): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const line = await conversation.readLine({ max: 2048 });
    if (line === '.') return lines;
    if (lines.length >= MAX_LINES)
      fail('too_large', 'protocol', `${conversation.peer} lists more than ${String(MAX_LINES)} capabilities`);
    lines.push(safeLine(line.startsWith('..') ? line.slice(1) : line, 512));
  }
}
