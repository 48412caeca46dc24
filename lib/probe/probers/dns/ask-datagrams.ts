import { type Address, Fault, fail } from '../../prober.ts';
import { safeLine } from '../../../words/safe-text.ts';
import type { Datagrams } from '../../wire/datagrams.ts';
import type { DnsContext } from './dns-facts.ts';
import { matchAnswer } from './match-answer.ts';
import type { DnsMessage } from './message.ts';
import type { Query } from './query.ts';

/**
 * Asks over UDP. What does not answer this very question is passed over until the deadline, and named then: it may be
 * late, doubled or forged. The question is sent `tries` times in all, in equal shares of the time that is left.
 */
export async function askDatagrams(
  context: DnsContext,
  to: Address,
  query: Query,
  tries: number,
): Promise<DnsMessage> {
  const datagrams = await context.datagrams({ to });
  const strangers: string[] = [];
  const share_ms = context.remaining_ms() / tries;
  try {
    for (let left = tries - 1; ; left -= 1) {
      await datagrams.send(query.bytes);
      const until_ms = left === 0 ? null : share_ms * left;
      const message = await nextAnswer(datagrams, query, strangers, () =>
        until_ms === null ? null : Math.max(0, context.remaining_ms() - until_ms),
      );
      if (message !== null) return message;
    }
  } catch (error) {
    const [why] = strangers;
    if (!(error instanceof Fault) || error.finding.code !== 'timeout' || why === undefined) throw error;
    return fail(
      'protocol',
      'protocol',
      `${error.finding.text} to the question, but sent ${howMany(strangers.length)} to something else: ${why}`,
    );
  }
}

function howMany(count: number): string {
  return count === 1 ? 'an answer' : `${String(count)} answers`;
}

/** Null when `patience_ms` is over; null from `patience_ms` means until the deadline. */
async function nextAnswer(
  datagrams: Datagrams,
  query: Query,
  strangers: string[],
  patience_ms: () => number | null,
): Promise<DnsMessage | null> {
  for (;;) {
    const patience = patience_ms();
    const bytes = patience === null ? await datagrams.receive() : await datagrams.receiveWithin(patience);
    if (bytes === null) return null;
    const matched = matchAnswer(bytes, query);
    if (matched.kind === 'answer') return matched.message;
    if (matched.kind === 'garbage')
      fail('protocol', 'protocol', `${datagrams.peer} does not answer in DNS: ${matched.why}`);
    strangers.push(safeLine(matched.why, 200));
  }
}
