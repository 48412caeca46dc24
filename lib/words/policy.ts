import type { Phase } from './reason.ts';

/** `count` of the last `of` runs, both from 1; the same number twice means so many in a row. `of` is at most QUORUM_MAX. */
export interface Quorum {
  readonly count: number;
  readonly of: number;
}

/** The most runs that a `k/n` may look back on; more are fine in a row, as a plain number. */
export const QUORUM_MAX = 20;

/** What a limit can be set for: the whole probe, and each of its timings. */
export const SLOW_PHASES = ['total', 'resolve', 'connect', 'tls', 'first_byte', 'transfer'] as const;
export type SlowPhase = (typeof SLOW_PHASES)[number];

/** The phase of a reason that names one of them. */
export const PHASE_OF_SLOW = {
  total: 'expect',
  resolve: 'resolve',
  connect: 'connect',
  tls: 'tls',
  first_byte: 'protocol',
  transfer: 'protocol',
} as const satisfies Record<SlowPhase, Phase>;

/** Milliseconds above which the mean is slow; a phase that is absent has no limit. */
export type SlowLimits = { readonly [phase in SlowPhase]?: number };

/** A reminder `every_ms` after the announcement; each further pause is `factor` times the one before, at most `max_ms`. */
export interface Remind {
  readonly every_ms: number;
  /** from 1: always the same pause */
  readonly factor: number;
  /** null: no limit */
  readonly max_ms: number | null;
}

/**
 * Percent of the last 20 runs that changed between down and not down, newer ones weighing more: from `high` on it flaps,
 * until it is at `low` or below. 0 to 100, `low` less than `high`.
 */
export interface FlappingLimits {
  readonly high: number;
  readonly low: number;
}

/** What decide needs to know of a service. Plain data. */
export interface Policy {
  /** failing runs until it is down */
  readonly down_after: Quorum;
  /** good runs until it is not down any more */
  readonly up_after: Quorum;
  /** null: never slow */
  readonly slow: SlowLimits | null;
  /** how many runs the mean is over */
  readonly slow_window: number;
  /** names of facts; they come filtered and normalised in a result’s `watched` */
  readonly watch: readonly string[];
  /** null: no reminders */
  readonly remind: Remind | null;
  /** null: it may go up and down as it likes. See `flapping_by_hook` of a service */
  readonly flapping: FlappingLimits | null;
}

/** Those of Nagios. */
export const FLAPPING_LIMITS: FlappingLimits = { high: 30, low: 20 };

/** Of a service whose config says nothing about it. */
export const DEFAULT_POLICY: Policy = {
  down_after: { count: 1, of: 1 },
  up_after: { count: 1, of: 1 },
  slow: null,
  slow_window: 3,
  watch: [],
  remind: null,
  flapping: null,
};

/**
 * Why bad news of a service waits at present. Made outside of lib/decide, which knows no clock and no calendar; flapping,
 * which holds as well, it finds out by itself.
 */
export interface Hold {
  readonly kind: 'maintenance' | 'silence' | 'dependency' | 'isolation';
  /** one line: the window’s or the silence’s note, the parent’s name; empty when there is nothing to say */
  readonly cause: string;
  /** when it ends, RFC 3339 UTC; null: not known beforehand */
  readonly until: string | null;
}

/** What a service needs to be reachable at all. */
export interface DependsOn {
  /** all: each of them is needed; any: one of them is enough */
  readonly mode: 'all' | 'any';
  readonly names: readonly string[];
}
