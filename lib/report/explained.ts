import type { Json, JsonObject } from '../words/json.ts';
import type { EventKind } from '../words/event.ts';
import type { Result } from '../words/result.ts';

/** One probe told in full. Everything in it is safe, bounded, and without secrets. */
export interface Explained {
  readonly schema: 'puptime.explanation.v1';
  readonly service: string;
  /** the keys of the service, defaults put in; references as written */
  readonly config: JsonObject;
  /** what names were resolved to, a redirect’s included */
  readonly resolved: readonly { readonly host: string; readonly addresses: readonly string[] }[];
  readonly phases: readonly ExplainedPhase[];
  /** each connection with its bytes on the wire, those of TLS included */
  readonly connections: readonly {
    readonly peer: string;
    readonly sent: number;
    readonly received: number;
  }[];
  readonly commands: readonly ExplainedCommand[];
  readonly transcript: readonly Exchange[];
  readonly expectations: readonly ExplainedExpectation[];
  readonly result: Result;
  readonly decision: ExplainedDecision;
}

/** Bytes where they are known, else null: of `tls` those of the handshake, of `first_byte` the question, of `transfer` the answer. */
export interface ExplainedPhase {
  readonly phase: string;
  readonly duration_ms: number;
  readonly sent: number | null;
  readonly received: number | null;
}

export interface ExplainedCommand {
  readonly argv: readonly string[];
  readonly exit_code: number | null;
  readonly signal: string | null;
}

/** What one side said before the other did. */
export interface Exchange {
  readonly peer: string;
  readonly direction: 'sent' | 'received';
  readonly bytes: number;
  /** as far as it is text and not too long */
  readonly text: string;
  /** true: there is more, or it is no text */
  readonly cut: boolean;
}

export interface ExplainedExpectation {
  readonly section: string;
  readonly fact: string;
  readonly expected: string;
  readonly got: Json;
  readonly outcome: 'holds' | 'unmet' | 'not_seen' | 'does_not_apply';
}

export interface ExplainedDecision {
  /** what `run` would announce with this result */
  readonly now: readonly EventKind[];
  readonly held: { readonly cause: string; readonly events: readonly EventKind[] } | null;
  readonly counts: readonly string[];
  readonly next: readonly string[];
  readonly holds: readonly string[];
  readonly told: readonly string[];
  /** what else keeps it from being probed or told */
  readonly notes: readonly string[];
  readonly hooks: readonly ExplainedHook[];
}

export interface ExplainedHook {
  readonly event: EventKind;
  /** null: there is none for it */
  readonly path: string | null;
  readonly runs: boolean;
  readonly why: string;
}
