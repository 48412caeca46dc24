import type { Json, JsonObject } from './json.ts';
import type { Reason } from './reason.ts';
import type { Status } from './status.ts';

/** Milliseconds spent in each phase; null where the probe had no such phase. They sum to `duration_ms`. */
export interface Timings {
  readonly resolve_ms: number | null;
  readonly connect_ms: number | null;
  readonly tls_ms: number | null;
  /** from the moment one may speak to the first byte of an answer */
  readonly first_byte_ms: number | null;
  readonly transfer_ms: number | null;
}

/** One address that was tried. */
export interface AddressTried {
  readonly address: string;
  readonly family: 4 | 6;
  readonly status: Status;
  readonly reason: Reason | null;
  readonly duration_ms: number;
}

/** One try of a probe; the last one is the result. */
export interface Attempt {
  readonly time: string;
  readonly status: Status;
  readonly reason: Reason | null;
  readonly duration_ms: number;
}

/** Which run made it. `config` is `sha256:…` over the config’s text. */
export interface RunInfo {
  readonly id: string;
  readonly host: string;
  readonly config: string | null;
}

/** What a result and an event share. Source: schema/result.schema.json. */
export interface ResultBody {
  readonly service: string;
  readonly status: Status;
  /** one line in puptime’s own words: "password refused (auth)" */
  readonly summary: string;
  readonly reason: Reason | null;
  readonly reasons: readonly Reason[];
  /** when the last attempt began, RFC 3339 UTC */
  readonly time: string;
  /** the prober: http, redis, command … */
  readonly type: string;
  /** as configured, secrets shown as ***; null for a command */
  readonly target: string | null;
  readonly address: string | null;
  readonly family: 4 | 6 | null;
  readonly addresses: readonly AddressTried[];
  readonly duration_ms: number | null;
  readonly timings: Timings;
  readonly facts: JsonObject;
  readonly metrics: JsonObject;
  readonly output: string | null;
  /** true when text in it was cut */
  readonly truncated: boolean;
  readonly attempts: readonly Attempt[];
  readonly description: string | null;
  readonly group: string | null;
  readonly tags: readonly string[];
  readonly vars: JsonObject;
  readonly runbook: string | null;
  readonly hint: string | null;
  readonly run: RunInfo;
  readonly test: boolean;
}

/** One probe of one service. */
export interface Result extends ResultBody {
  readonly schema: 'puptime.result.v1';
  /** the watched facts after `filter`, normalised; null when nothing is watched or the probe failed */
  readonly watched: { readonly [fact: string]: Json } | null;
  /** when its first attempt began: what `interval` counts from */
  readonly started: string;
}
