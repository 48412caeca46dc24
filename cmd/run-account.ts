import { jsonLine } from '../lib/report/json-line.ts';
import type { Event } from '../lib/words/event.ts';
import type { Result } from '../lib/words/result.ts';
import type { Status } from '../lib/words/status.ts';

/** What has come of a run so far: for on_run, its results file, and run.json. */
export interface RunAccount {
  /** a result, and the events it gave rise to */
  readonly probed: (
    result: Result & { readonly events: readonly string[] },
    events: readonly Event[],
  ) => void;
  /** events of no result of this run */
  readonly told: (events: readonly Event[]) => void;
  readonly summary: () => { readonly statuses: readonly Status[]; readonly events: number };
  /** NDJSON; empty unless they are wanted */
  readonly lines: () => string;
}

/** `wantsLines`: somebody has a hook for on_run. */
export function createRunAccount(wantsLines: boolean): RunAccount {
  const statuses: Status[] = [];
  const lines: string[] = [];
  let told = 0;
  const tell = (events: readonly Event[]) => {
    told += events.length;
    if (wantsLines) lines.push(...events.map(jsonLine));
  };
  return {
    probed: (result, events) => {
      statuses.push(result.status);
      if (wantsLines) lines.push(jsonLine(result));
      tell(events);
    },
    told: tell,
    summary: () => ({ statuses, events: told }),
    lines: () => lines.join(''),
  };
}
