import type { DraftIncident } from './draft.ts';
import type { Json } from './json.ts';
import type { Hold } from './policy.ts';
import type { Code, Phase } from './reason.ts';
import type { About, ServiceHooks } from './service.ts';
import type { Status } from './status.ts';

/** How many results are remembered for a sparkline. */
export const RECENT_MAX = 20;

/**
 * The name under which it is remembered whether canaries answer: one that no service can have, for `:` stands only in names
 * made of a host and a port. Its record is of no service, has no status to show, and leaves no config.
 */
export const ISOLATION = 'puptime:isolation';

/** One letter for each status in `recent`: up, works but worth a look, down, could not tell. */
export const STATUS_LETTER = { up: 'U', degraded: 'W', down: 'D', unknown: '?' } as const satisfies Record<
  Status,
  string
>;

/** A watched value as it was last seen. A long one is kept as a cut text, with a digest of the whole. */
export interface Baseline {
  readonly value: Json;
  readonly digest: string | null;
}

/**
 * What is remembered of one service: plain JSON, small (one line of memory.ndjson). All times are RFC 3339 UTC.
 * Written by lib/decide alone; `seq` and `id` are stamped by lib/state and only carried along here. Optional is what
 * the first version did not have; absent means null or empty, and so it is written.
 */
export interface ServiceRecord {
  readonly service: string;
  /** transitions committed so far */
  readonly seq: number;
  /** end of the chain of ids; null before the first transition */
  readonly id: string | null;

  /** the confirmed status; `unknown` while nothing is confirmed yet, or once the service has left the config */
  readonly status: Status;
  /** since when it holds: the first result of the streak that was confirmed */
  readonly since: string;
  /** of the last result that was not unknown; null: there was none, so the next one is the first */
  readonly time: string | null;
  /** when the last probe began, unknown ones included: what `interval` counts from */
  readonly started: string;
  /** results in a row on one side; unknown ones neither count nor interrupt */
  readonly streak: { readonly failing: boolean; readonly count: number; readonly since: string } | null;
  /** the last results since it was confirmed up or down, newest last: for a `k/n`, as many as that looks back on */
  readonly outcomes?: readonly { readonly failing: boolean; readonly time: string }[];
  /** why the last known result was not up */
  readonly reason: { readonly code: Code; readonly phase: Phase; readonly text: string } | null;
  readonly summary: string;

  /** open while confirmed down, announced or not */
  readonly incident: DraftIncident | null;
  /** what hooks have been told and not yet been untold */
  readonly told: {
    /** an on_down without its on_up */
    readonly down: boolean;
    /** true: the file of its last transition was damaged, which may have been an on_down */
    readonly perhaps?: true;
    /** an on_slow for the present spell */
    readonly slow: boolean;
    /** an on_degraded for the present spell */
    readonly other: boolean;
    /** any of these two without its on_restore */
    readonly degraded: boolean;
  };
  /** when the outage was last announced, by on_down or on_reminder; null outside of one */
  readonly announced?: string | null;
  /** what kept bad news back at the last result; null: nothing */
  readonly held?: {
    readonly kind: Hold['kind'] | 'flapping';
    readonly cause: string;
    readonly since: string;
  } | null;
  /** what `status` still has to be told for, when nothing holds it any more: why it waited, and the status before it */
  readonly owed?: {
    readonly cause: string;
    readonly previous: { readonly status: Status; readonly since: string; readonly time: string } | null;
  } | null;
  /** for each of the last 20 results outside of holds, newest last, whether it changed sides: 1 or 0; begins with a 1 */
  readonly flips?: string;
  /** since when it has been going up and down too often; null: it does not */
  readonly flapping?: { readonly since: string } | null;
  /** causes of degradation that are measured: `total`, `first_byte` … */
  readonly slow: readonly string[];
  /** the other causes: `code` or `code:fact` */
  readonly other: readonly string[];
  /** durations of the last good results, ms, newest last, at most `slow_window`; empty without a limit on the total */
  readonly window: readonly number[];
  /** the same for each phase that has a limit */
  readonly phases?: { readonly [phase: string]: readonly number[] };
  /** the spell in which puptime cannot tell; null outside of one. `held`: what has kept it from being told */
  readonly unknown: {
    readonly since: string;
    readonly time: string;
    readonly summary: string;
    readonly held?: string;
  } | null;
  /** the watched facts of the last good result */
  readonly baseline: { readonly [fact: string]: Baseline };
  /** the last results, newest last: one letter each, and their durations in ms */
  readonly recent: { readonly letters: string; readonly durations: readonly (number | null)[] };

  /** the set of config files that owns it */
  readonly files: readonly string[];
  readonly type: string;
  /** secrets shown as *** */
  readonly target: string | null;
  /** null: nothing to say */
  readonly about: About | null;
  /** null: the general ones */
  readonly hooks: ServiceHooks | null;
  /** when it left the config; null while it is in it */
  readonly gone: string | null;
}

/** A record with all that the first version did not have: what is absent is null or empty. */
export type WholeRecord = Required<ServiceRecord>;
