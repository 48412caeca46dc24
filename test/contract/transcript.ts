import type { FactTable } from '../../lib/words/fact.ts';
import type { Result } from '../../lib/words/result.ts';
import type { Prober } from '../../lib/probe/prober.ts';
import { type Entry, type TestWorld, probeTarget } from './probe-target.ts';

/** Probes a target, and gives with the result all that a transcript of it would show, byte by byte as latin1. */
export async function probeWithTranscript<Options, Table extends FactTable>(
  prober: Prober<Options, Table>,
  target: string,
  entry: Entry = {},
): Promise<{ readonly result: Result; readonly transcript: string }> {
  const shown: string[] = [];
  const trace: TestWorld['trace'] = (event) => {
    if ('bytes' in event) shown.push(Buffer.from(event.bytes).toString('latin1'));
  };
  const result = await probeTarget(prober, target, entry, { trace });
  return { result, transcript: shown.join('') };
}
