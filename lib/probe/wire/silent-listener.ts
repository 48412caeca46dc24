import { safeLine } from '../../words/safe-text.ts';
import { fail } from '../prober.ts';
import type { Conversation } from './conversation.ts';

/** How long a server that hangs up at once, or speaks first, may take for it: at least so long, and two round trips. */
const [LEAST_MS, MOST_MS] = [150, 1000];

/**
 * Whether the other side is somebody who only listens: it says nothing and stays, until puptime ends its side; then it
 * has read that and ends its own. A process that is frozen does not, though the kernel has accepted for it. `dialled_ms`:
 * what it took to connect.
 */
export async function provesToListen(conversation: Conversation, dialled_ms: number): Promise<void> {
  const { peer } = conversation;
  const patience_ms = Math.min(MOST_MS, Math.max(LEAST_MS, 2 * dialled_ms));
  let patient = true;
  let timer: NodeJS.Timeout | undefined;
  const heard = conversation.read();
  const patience = new Promise<'silence'>(
    (resolve) => (timer = setTimeout(() => resolve('silence'), patience_ms)),
  );
  const before = await Promise.race([heard, patience]).finally(() => clearTimeout(timer));
  if (before === 'silence') {
    patient = false;
    conversation.end();
  }
  const said = before === 'silence' ? await heard : before;
  if (said !== null) {
    const got = safeLine(said.subarray(0, 200).toString('utf8'), 60);
    const text = `${peer} speaks, which no syslog server does: it said "${got}"`;
    return fail('protocol', 'protocol', text, { expected: 'silence', got });
  }
  if (patient)
    fail(
      'closed',
      'protocol',
      `${peer} hangs up at once: it has too many connections, or takes none from here`,
    );
}
