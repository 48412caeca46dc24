import type { Json, JsonObject, JsonSchema } from '../words/json.ts';
import type { Code, Finding, Phase, UnknownCode } from '../words/reason.ts';
import type { FactTable, FactsOf } from '../words/fact.ts';
import type { TlsOptions } from '../words/service.ts';
import type { Conversation } from './wire/conversation.ts';
import type { Proxy } from './wire/proxy.ts';
import type { Datagrams } from './wire/datagrams.ts';
import type { StopwatchPhase } from './wire/stopwatch.ts';
import type { Execution, ExecutionOutcome } from './wire/execution.ts';

/**
 * The one shape of a prober. It observes and never judges: an HTTP 500 is a fact, and what it means is said by
 * `defaults`, which a config can overrule fact by fact.
 */
export interface Prober<Options, Table extends FactTable = FactTable> {
  /** its name in results: `redis` */
  readonly type: string;
  /** one sentence for the docs: what an `up` proves */
  readonly proves: string;
  /** the schemes of its targets; empty for one that has no target */
  readonly schemes: readonly Scheme[];
  /** a target as people would write it, for help and error messages */
  readonly example: string;
  /** options that the example needs, too, for the docs */
  readonly exampleOptions?: JsonObject;
  /** JSON Schema of the properties that it adds to a service entry */
  readonly options: { readonly [key: string]: JsonSchema };
  /** which of those must be there */
  readonly required?: readonly string[];
  readonly facts: Table;
  /** true: all that it says to the service goes over `dial` to the target’s host, so that `proxy` may carry it */
  readonly proxy?: true;
  /** for the docs: what its reason codes mean here, but for those that all probers share (refused, timeout, tls_* …) */
  readonly codes: { readonly [C in Code]?: string };
  /** expectations that hold unless the very fact is named in the config; `scheme` is the target’s, null without one */
  defaults(
    options: Options,
    scheme: string | null,
  ): { readonly expect?: JsonObject; readonly prefer?: JsonObject };
  /**
   * Pure: no network, no files. Checks what a schema cannot, and swallows the options.
   * Throws `InvalidOptions` for a user’s mistake; it runs in `validate` too, where references are still placeholders.
   */
  prepare(input: Prepared<Options>): Probe<Table>;
}

export interface Scheme {
  readonly scheme: string;
  /** null: a target must say it */
  readonly port: number | null;
  /** true: TLS from the first byte */
  readonly tls?: boolean;
  /** what the part after the host means, when it is no path */
  readonly shape?: 'host' | 'path' | 'none';
}

/** A target after parsing, references put in. */
export interface Target {
  readonly scheme: string;
  readonly username: string | null;
  readonly password: string | null;
  /** without brackets; empty where the scheme has no host */
  readonly host: string;
  readonly port: number | null;
  /** percent-decoded; empty or with its leading `/` */
  readonly path: string;
  /** percent-decoded, last one wins */
  readonly query: { readonly [name: string]: string };
  /** path and query exactly as written (references put in, encoded), for protocols that send them */
  readonly raw: string;
}

/** Stands for every reference (`${NAME}`) while a config is only checked: `prepare` must not refuse it. */
export const PLACEHOLDER = 'placeholder';

export interface Prepared<Options> {
  /** null for a prober without schemes */
  readonly target: Target | null;
  readonly options: Options;
  readonly timeout_ms: number;
  /** the facts that somebody asks for (expect, prefer, watch, keep): what costs extra is looked at only then */
  readonly wanted: ReadonlySet<string>;
}

/** A user’s mistake in a target or an option. `key` is the option’s path, or `target`. */
export class InvalidOptions extends Error {
  readonly key: string;
  constructor(key: string, message: string) {
    super(message);
    this.name = 'InvalidOptions';
    this.key = key;
  }
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** One service, ready to be probed any number of times. */
export interface Probe<Table extends FactTable = FactTable> {
  /** what the sweep resolves, and hands over address by address; null: nothing to resolve */
  readonly endpoint: Endpoint | null;
  /** Resolves when everything was seen; throws what `fail` and `cannotTell` make, or lets wire’s own errors pass. */
  run(context: ProbeContext<Table>): Promise<void>;
  /** for a tool that takes many at once: probes with the same key are run together */
  readonly batch?: {
    readonly key: string;
    /** for each context what its own `run` would have thrown, or null */
    run(contexts: readonly ProbeContext<Table>[]): Promise<readonly (Error | null)[]>;
  };
}

/** One address, resolved. */
export interface Address {
  readonly ip: string;
  readonly family: 4 | 6;
  readonly port: number;
}

/** All that a prober may have of the world, for one probe of one address. */
export interface ProbeContext<Table extends FactTable = FactTable> {
  /** null when the probe has no endpoint */
  readonly address: Address | null;
  /** the host as configured: for SNI, Host: and the like */
  readonly host: string;
  /** aborted at the deadline, or when the run is interrupted */
  readonly signal: AbortSignal;
  /** milliseconds left of the timeout, at least 0 */
  remaining_ms(): number;
  /** wall clock, ms since 1970: for ages and dates of certificates, never for durations */
  now(): number;
  readonly tls: TlsOptions;
  /** the local address that the config wants it to come from */
  readonly source: string | null;
  /** what `dial` goes through; null: nothing. One that resolves names leaves `address` null. */
  readonly proxy: Proxy | null;
  /** From here on this is hidden wherever it comes back: a token that the probe was given, say. */
  conceal(secret: string): void;
  /** Reports facts; what was seen stays, whatever happens afterwards. Seeing a fact again replaces it. */
  see(facts: FactsOf<Table>): void;
  /** Reports a fault that need not end the probe. The first one is the result’s reason. */
  find(finding: Finding): void;
  /** Numbers for `metrics` (perfdata and the like). */
  measure(metrics: JsonObject): void;
  /** What the result’s `output` shows. */
  show(output: string): void;
  /** From here on time counts for this phase. */
  enter(phase: StopwatchPhase): void;
  /** The time that a tool measured, instead of all that passed here since resolving. */
  took(phase: StopwatchPhase, ms: number): void;
  /** Opens a TCP (or, with `tls`, TLS) connection to the address, or to `to`. The context closes it at the end. */
  dial(options?: DialOptions): Promise<Conversation>;
  /** Opens a UDP socket towards the address, or towards `to`. `roaming`: it may answer from another port, as TFTP does. */
  datagrams(options?: { readonly to?: Address; readonly roaming?: boolean }): Promise<Datagrams>;
  /** Runs a program without a shell in a process group of its own, which ends with the probe. */
  execute(execution: Execution): Promise<ExecutionOutcome>;
  /** What `remember` kept under this key, in this run or an earlier one; undefined when there is none. Holds no secrets. */
  recall(key: string): Promise<Json | undefined>;
  /** Keeps an answer for later runs, of a service that must not be asked at each; where that fails, it is forgotten. */
  remember(key: string, value: Json): Promise<void>;
  /** Addresses of another name (a redirect’s), in the order in which to try them. Throws like dial. */
  resolve(host: string, port: number): Promise<readonly Address[]>;
}

export interface DialOptions {
  /** instead of the context’s address */
  readonly to?: Address;
  /** by name, through a proxy that resolves names */
  readonly toName?: Endpoint;
  /** the proxy itself answers: no tunnel is asked for */
  readonly untunnelled?: true;
  /** a Unix socket instead of an address */
  readonly path?: string;
  /** TLS from the first byte; `serverName` is for another host than the target’s, and goes before `tls.server_name` */
  readonly tls?: { readonly serverName?: string; readonly alpn?: readonly string[] };
}

/** Ends a probe with a fault of the service. */
export class Fault extends Error {
  readonly finding: Finding;
  constructor(finding: Finding) {
    super(finding.text);
    this.name = 'Fault';
    this.finding = finding;
  }
}

/** Ends a probe because puptime itself cannot tell. */
export class CannotTell extends Error {
  readonly code: UnknownCode;
  constructor(code: UnknownCode, text: string) {
    super(text);
    this.name = 'CannotTell';
    this.code = code;
  }
}

/** Throws a fault: `fail('auth', 'auth', 'password refused')`. */
export function fail(
  code: Code,
  phase: Phase,
  text: string,
  detail: { expected?: Json; got?: Json } = {},
): never {
  throw new Fault({ code, phase, text, ...detail });
}
