import type { JsonObject } from './json.ts';
import type { DependsOn, Policy } from './policy.ts';
import type { Window } from './window.ts';

/** Which addresses of a name are probed: `any` is the first that connects, `both` one of each family, `all` every one. */
export type IpChoice = '4' | '6' | 'any' | 'both' | 'all';

/** Hooks of one service: in addition to the general ones, instead of them, or none at all. Paths are absolute. */
export interface ServiceHooks {
  /** true: only the ones listed here run; with an empty `run`, none */
  readonly replace: boolean;
  /** hook name (`on_down`) to executables */
  readonly run: { readonly [hook: string]: readonly string[] };
}

export interface TlsOptions {
  /** path of a PEM bundle that is trusted instead of the system’s */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly verify?: boolean;
  readonly server_name?: string;
  readonly min_version?: '1.0' | '1.1' | '1.2' | '1.3';
  readonly max_version?: '1.0' | '1.1' | '1.2' | '1.3';
}

/** What is copied into results and events for the people and hooks that read them. */
export interface About {
  readonly description: string | null;
  readonly group: string | null;
  readonly tags: readonly string[];
  readonly vars: JsonObject;
  readonly runbook: string | null;
  readonly hint: string | null;
}

/**
 * A service as checked: defaults and matrix applied, durations in milliseconds, paths absolute, every key known.
 * Plain JSON, so that it can be cached. References (`${NAME}`) are still text in `target`, `options`, `about`,
 * `expect`, `prefer`, `run_if` and `filter`: secrets are put in only when it is probed.
 */
export interface Service {
  readonly name: string;
  /** the prober */
  readonly type: string;
  /** as written, matrix put in; null for a command */
  readonly target: string | null;
  /** the prober’s own keys, as its schema wants them */
  readonly options: JsonObject;
  readonly expect: JsonObject;
  readonly prefer: JsonObject;
  readonly about: About;
  readonly policy: Policy;
  readonly hooks: ServiceHooks;
  readonly enabled: boolean;
  readonly interval_ms: number | null;
  /** over how much of its interval services are spread; 0: not at all */
  readonly jitter_ms: number;
  /** a program that must exit with 0 for it to be probed this time; references are still text */
  readonly run_if: readonly string[] | null;
  /** names of other services of the same config; null: none */
  readonly depends_on: DependsOn | null;
  /** nothing is said about flapping: it is looked for where somebody has a hook to be told of it */
  readonly flapping_by_hook: boolean;
  /** those of the whole config included */
  readonly maintenance: readonly Window[];
  readonly timeout_ms: number;
  readonly retries: number;
  readonly retry_delay_ms: number;
  readonly ip: IpChoice;
  /** local address to connect from */
  readonly source: string | null;
  /** URL of the proxy that its connections go through, references still in it; null: none */
  readonly proxy: string | null;
  /** connect here instead of resolving the target’s host */
  readonly resolve: string | null;
  readonly tls: TlsOptions;
  /** big facts kept in results even when up */
  readonly keep: readonly string[];
  readonly filter: readonly Filter[];
  readonly quiet: boolean;
  /** of the file that it stands in: where relative paths in references begin */
  readonly directory: string;
  /** references of keys that are needed before probing (interval, tls, hooks …) without a value: one line each; probing stops on them */
  readonly missing?: readonly string[];
}

/**
 * One step that makes a watched text comparable: lines in which `drop` is found go, what `replace` finds becomes `with`, or
 * a program gets the lines and prints those to compare. References are still text.
 */
export interface Filter {
  readonly drop?: string;
  readonly replace?: string;
  readonly with?: string;
  readonly command?: readonly string[];
}

export interface HooksConfig {
  /** absolute; null: no hooks directory */
  readonly dir: string | null;
  readonly timeout_ms: number;
  /** names of environment variables that hooks may see */
  readonly env: readonly string[];
  /** whom hooks run as when puptime is root */
  readonly user: string | null;
  /** how long a delivery is tried again */
  readonly max_age_ms: number;
  /** hooks running at once */
  readonly concurrency: number;
  /** what stands around each hook: bubblewrap, or nothing */
  readonly sandbox: 'none' | 'bwrap';
}

/** All config files together, checked. Plain JSON. */
export interface Config {
  /** absolute paths in order; `-` for stdin */
  readonly files: readonly string[];
  /** `sha256:…` over the text of all files */
  readonly hash: string;
  /** true when found in the current directory by itself: held to the ownership rule of hooks */
  readonly found: boolean;
  /** true when it is made of the texts alone, with nothing of the environment or of other files in it */
  readonly fixed: boolean;
  readonly state: string | null;
  readonly concurrency: number | null;
  /** probes of one host at once; null: as many as is usual */
  readonly per_host: number | null;
  readonly deadline_ms: number | null;
  readonly hooks: HooksConfig;
  readonly services: readonly Service[];
  /** named `canary/…`; when none of them answers, it is this host that is cut off */
  readonly canaries: readonly Service[];
}

/** A mistake in a config or a hook: `file:line:col: path: what, expected what`. */
export interface Problem {
  readonly file: string;
  /** 1-based; null when it is about the file as a whole */
  readonly line: number | null;
  readonly col: number | null;
  /** `services[2].expect.status`; empty for the file as a whole */
  readonly path: string;
  /** what was seen and what was expected, with "did you mean" */
  readonly text: string;
}

export type Checked<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] };

/** A value of the environment, a file or systemd’s credentials, put in for a reference. */
export type Referenced = { readonly value: string; readonly secret: boolean };
