import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';

/** A function as the job server lists it. */
export interface GearmanFunction {
  readonly name: string;
  /** jobs in the queue, those that run included */
  readonly jobs: number;
  readonly running: number;
  /** workers that can carry it out */
  readonly workers: number;
}

const MAX_FUNCTIONS = 20_000;
const MAX_LINE = 4096;

/**
 * The version: `OK 1.1.20` of the server in C, `1.130` of that in Perl; null when it is told in no known form.
 * Throws protocol, at once, when the answer is none of a job server. Source: gearman.org, Protocol, Administrative Protocol.
 */
export async function readVersion(conversation: Conversation): Promise<string | null> {
  // The first byte is looked at before the line has ended: another protocol is told at once.
  const start = await conversation.readExactly(1);
  conversation.unread(start);
  if (!/^[OE0-9v]/.test(start.toString('latin1'))) {
    const heard = (await conversation.read()) ?? start;
    return notGearman(conversation, heard.subarray(0, 200).toString('utf8'));
  }
  const line = await conversation.readLine({ max: MAX_LINE });
  if (line.startsWith('ERR ')) return null;
  const [, version] = /^(?:OK )?(v?\d\S{0,60})$/.exec(line) ?? [];
  return version === undefined ? notGearman(conversation, line) : version;
}

/** `NAME\tTOTAL\tRUNNING\tWORKERS` a line, up to a line that is a full stop. */
export async function readStatus(conversation: Conversation): Promise<readonly GearmanFunction[]> {
  const functions: GearmanFunction[] = [];
  for (;;) {
    const line = await conversation.readLine({ max: MAX_LINE });
    if (line === '.') return functions;
    const { peer } = conversation;
    const got = safeLine(line, 100);
    if (line.startsWith('ERR '))
      return fail('status', 'protocol', `${peer} answered status with an error: ${got}`, { got });
    const [name = '', ...numbers] = line.split('\t', 5);
    if (numbers.length !== 3 || !numbers.every((number) => /^\d{1,15}$/.test(number)))
      return notGearman(conversation, line);
    if (functions.length >= MAX_FUNCTIONS)
      return fail('too_large', 'protocol', `${peer} lists more than ${String(MAX_FUNCTIONS)} functions`);
    const [jobs = 0, running = 0, workers = 0] = numbers.map(Number);
    functions.push({ name, jobs, running, workers });
  }
}

function notGearman({ peer }: Conversation, heard: string): never {
  const got = safeLine(heard, 60);
  return fail('protocol', 'protocol', `${peer} is no Gearman job server: it said "${got}"`, {
    expected: 'its version and its functions',
    got,
  });
}
