import type { Traced } from '../lib/probe/wire/trace.ts';
import { STOPWATCH_PHASES } from '../lib/probe/wire/stopwatch.ts';
import type { Exchange, ExplainedPhase } from '../lib/report/explained.ts';
import type { Timings } from '../lib/words/result.ts';

/** The phases that there were, in their order, with the bytes of all connections together. */
export function explainedPhases(
  timings: Timings,
  traced: readonly Traced[],
  exchanges: readonly Exchange[],
): readonly ExplainedPhase[] {
  const said = (direction: Exchange['direction']) =>
    sumOf(exchanges.filter((one) => one.direction === direction));
  const handshakes = traced.flatMap((entry) => (entry.kind === 'secured' ? [entry] : []));
  const bytesIn = (phase: string) => {
    switch (phase) {
      case 'tls':
        return handshakes.length === 0
          ? NOT_KNOWN
          : { sent: total(handshakes, 'sent'), received: total(handshakes, 'received') };
      case 'first_byte':
        return { sent: said('sent'), received: null };
      case 'transfer':
        return { sent: null, received: said('received') };
      default:
        return NOT_KNOWN;
    }
  };
  return STOPWATCH_PHASES.flatMap((phase) => {
    const duration_ms = timings[`${phase}_ms`];
    return duration_ms === null ? [] : [{ phase, duration_ms, ...bytesIn(phase) }];
  });
}

const NOT_KNOWN = { sent: null, received: null } as const;

function sumOf(exchanges: readonly Exchange[]): number | null {
  return exchanges.length === 0 ? null : exchanges.reduce((sum, { bytes }) => sum + bytes, 0);
}

function total(
  entries: readonly { readonly sent: number; readonly received: number }[],
  key: 'sent' | 'received',
): number {
  return entries.reduce((sum, entry) => sum + entry[key], 0);
}
