import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';

/** name → value, as in `current-jobs-ready: 3`. */
export type Statistics = ReadonlyMap<string, string>;

const MAX_BYTES = 65_536;

/**
 * Reads the answer to `stats` or `stats-tube`; null when it is NOT_FOUND. Throws protocol when it is none, at once, and what
 * an error means. Source: beanstalkd/doc/protocol.txt.
 */
export async function readStatistics(
  conversation: Conversation,
  command: string,
): Promise<Statistics | null> {
  const line = await readAnswer(conversation);
  const [, digits] = /^OK (\d{1,9})$/.exec(line) ?? [];
  if (digits === undefined) return explainLine(line, conversation, command);
  if (Number(digits) > MAX_BYTES)
    return fail('too_large', 'protocol', `${conversation.peer} answered ${command} with ${digits} bytes`);
  const data = await conversation.readExactly(Number(digits) + 2);
  if (data.subarray(-2).toString('latin1') !== '\r\n')
    return fail(
      'protocol',
      'protocol',
      `${conversation.peer} sent statistics that do not end where they should`,
    );
  return parseStatistics(data.toString('utf8'));
}

/** A flat map in YAML, as beanstalkd writes it. */
export function parseStatistics(text: string): Statistics {
  const entries = text.split('\n').flatMap((line): [string, string][] => {
    const [, name, value] = /^([a-z-]{1,60}): (.*)$/.exec(line.trimEnd()) ?? [];
    return name === undefined ? [] : [[name, unquoted(value ?? '')]];
  });
  return new Map(entries);
}

/** One line. Its first byte is looked at before the line has ended: another protocol is told at once. */
async function readAnswer(conversation: Conversation): Promise<string> {
  const start = await conversation.readExactly(1);
  conversation.unread(start);
  if (/^[A-Z]/.test(start.toString('latin1'))) return conversation.readLine({ max: 1024 });
  return ((await conversation.read()) ?? start).subarray(0, 200).toString('utf8');
}

function explainLine(line: string, { peer }: Conversation, command: string): null {
  const got = safeLine(line, 60);
  switch (line) {
    case 'NOT_FOUND':
      return null;
    case 'OUT_OF_MEMORY':
      return fail('overloaded', 'protocol', `${peer} is out of memory (${command}: ${got})`, { got });
    case 'INTERNAL_ERROR':
    case 'UNKNOWN_COMMAND':
    case 'BAD_FORMAT':
    case 'DRAINING':
      return fail('status', 'protocol', `${peer} answered ${command} with an error: ${got}`, { got });
    default:
      return fail(
        'protocol',
        'protocol',
        `${peer} does not speak the protocol of beanstalkd: it said "${got}"`,
        {
          expected: 'OK and a number of bytes',
          got,
        },
      );
  }
}

function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
