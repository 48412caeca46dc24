import { errnoOf } from '../state/durable-file.ts';

/** What came of the deliveries of one run of puptime, and what is said about them. */
export interface DeliveryCounts {
  /** hooks that were started */
  readonly tried: number;
  /** attempts that failed; kept for later runs unless dead: exit code 1 */
  readonly failed: number;
  /** deliveries given up in this run */
  readonly dead: number;
  /** hooks that may not run as they are, their events wait: exit code 77 */
  readonly refused: number;
  /** times that the state could not be written: exit code 74 */
  readonly unwritten: number;
  /** events that still wait, in the queue, for some hook */
  readonly pending: number;
}

export interface Tally {
  tried: number;
  failed: number;
  dead: number;
  refused: number;
  unwritten: number;
  readonly succeed: (line: string, output: string) => void;
  readonly fail: (line: string, output: string) => void;
  /** each hook is told of once */
  readonly refuse: (path: string, reason: string) => void;
  /** told of once for each errno */
  readonly cannotWrite: (error: Error) => void;
  /** What the step gives; null when the disk said no, which is told of. */
  readonly attempt: <T>(step: () => T) => T | null;
}

export interface TallyOptions {
  readonly report: (line: string) => void;
  /** also show what hooks that succeeded have printed */
  readonly verbose: boolean;
}

export function createTally({ report, verbose }: TallyOptions): Tally {
  const said = new Set<string>();
  const once = (line: string) => {
    if (!said.has(line)) report(line);
    said.add(line);
  };
  const show = (line: string, output: string) => {
    report(line);
    if (output === '') return;
    for (const text of output.split('\n')) report(`  | ${text}`);
  };
  const tally: Tally = {
    tried: 0,
    failed: 0,
    dead: 0,
    refused: 0,
    unwritten: 0,
    succeed: (line, output) => {
      if (verbose) show(line, output);
    },
    fail: (line, output) => {
      tally.failed += 1;
      show(line, output);
    },
    refuse: (_path, reason) => {
      tally.refused += 1;
      once(`hook refused, its events wait: ${reason}`);
    },
    cannotWrite: (error) => {
      tally.unwritten += 1;
      const code = errnoOf(error) ?? error.message;
      once(`the state cannot be written (${code}): hooks run all the same, from copies, and may run again`);
    },
    attempt: (step) => {
      try {
        return step();
      } catch (error) {
        if (!(error instanceof Error) || errnoOf(error) === undefined) throw error;
        tally.cannotWrite(error);
        return null;
      }
    },
  };
  return tally;
}
