import { closeSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { openGate, type GatedOutcome, type GatedProgram } from '../process/gated-program.ts';
import { closeInheritedDescriptors } from '../process/inherited-descriptors.ts';
import type { ProcessMark } from '../process/process-mark.ts';
import { errnoOf } from '../state/durable-file.ts';
import type { Runtime } from '../state/runtime-directory.ts';
import type { Event } from '../words/event.ts';
import { safeText } from '../words/safe-text.ts';
import type { HooksConfig } from '../words/service.ts';
import { hookEnvironment } from './hook-environment.ts';
import { formatFault } from './hook-format.ts';
import { signalOf, type HookSandbox } from './hook-sandbox.ts';
import type { HookUser } from './hook-user.ts';
import { resultsFile } from './results-file.ts';

/** All that hooks share in one run of puptime. */
export interface HookSetting {
  readonly config: HooksConfig;
  readonly user: HookUser;
  readonly sandbox: HookSandbox;
  readonly runtime: Runtime;
  /** puptime’s own environment */
  readonly env: { readonly [name: string]: string | undefined };
  /** hides the secrets that hooks are given, in what they print */
  readonly redact: (text: string) => string;
}

export interface HookJob {
  /** absolute path of the executable */
  readonly path: string;
  readonly event: Event;
  readonly attempt: number;
  readonly durable: boolean;
  /** on_run: the lines of its results file */
  readonly results: string | null;
  /**
   * Called when the hook stands ready and has done nothing yet: writes down that it was started. False: that could not
   * be written, and the hook does not run.
   */
  readonly noteStarted: (mark: ProcessMark) => Promise<boolean>;
  /** ends it */
  readonly signal: AbortSignal;
}

export type HookOutcome =
  | ({ readonly kind: 'ran'; readonly text: string } & Omit<GatedOutcome, 'output'>)
  | { readonly kind: 'not_started'; readonly reason: string }
  | { readonly kind: 'not_noted' };

/** Of what a hook prints. */
const MOST_OUTPUT = 4096;
/** More is read than kept, so that no secret is cut in two and not known again. */
const MOST_READ = 2 * MOST_OUTPUT;
/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 2000;

/**
 * Runs one hook once, on a private copy of the event. Never throws for what the hook or the system does: that is an
 * outcome. `text` is what it printed, made safe.
 */
export async function runHook(job: HookJob, setting: HookSetting): Promise<HookOutcome> {
  const { runtime, sandbox } = setting;
  const refusal = (await sandbox.refusal()) ?? formatFault(job.path);
  if (refusal !== null) return { kind: 'not_started', reason: refusal };
  const directory = copyFor(job, runtime);
  try {
    return await runOn(directory, job, setting);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined || !(error instanceof Error)) throw error;
    return { kind: 'not_started', reason: `its copy of the event could not be read (${errno})` };
  } finally {
    if (directory !== null) runtime.removePrivate(directory);
  }
}

/** The directory of its files; null where nothing on this host takes a file: then it gets its event through a pipe. */
function copyFor(job: HookJob, runtime: Runtime): string | null {
  try {
    return runtime.createPrivate((place) => ({
      'event.json': eventText(job, place),
      ...(job.results === null ? {} : { 'results.ndjson': resultsFile(job.event, job.results) }),
    }));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return null;
  }
}

function eventText({ event, results, attempt }: HookJob, directory: string | null): string {
  const results_file =
    results === null ? event.results_file : directory === null ? null : `${directory}/results.ndjson`;
  const told: Event = { ...event, results_file, delivery: { hook: `on_${event.event}`, attempt } };
  return `${JSON.stringify(told)}\n`;
}

async function runOn(directory: string | null, job: HookJob, setting: HookSetting): Promise<HookOutcome> {
  const program = programOf(directory, job, setting);
  closeInheritedDescriptors();
  const stdin = directory === null ? eventText(job, null) : openSync(`${directory}/event.json`, 'r');
  const opening = openGate({ ...program, stdin, maxOutput: MOST_READ });
  const gate = await opening.finally(() => {
    if (typeof stdin === 'number') closeSync(stdin);
  });
  if (gate.kind === 'not_started') return { kind: 'not_started', reason: gate.text };
  if (!(await job.noteStarted(gate.mark))) {
    gate.cancel();
    return { kind: 'not_noted' };
  }
  const { output, ...ended } = await gate.run({
    limit_ms: setting.config.timeout_ms,
    grace_ms: GRACE_MS,
    signal: job.signal,
  });
  const signal = setting.sandbox.stands ? signalOf(ended.exitCode) : null;
  const outcome = signal === null ? ended : { ...ended, exitCode: null, signal };
  const text = setting.redact(output.toString('utf8'));
  return { kind: 'ran', ...outcome, text: safeText(text, MOST_OUTPUT).trimEnd() };
}

function programOf(
  directory: string | null,
  job: HookJob,
  setting: HookSetting,
): Omit<GatedProgram, 'stdin' | 'maxOutput'> {
  const { config, user, env, sandbox } = setting;
  const file = directory === null ? '/dev/stdin' : `${directory}/event.json`;
  const environment = hookEnvironment({
    event: job.event,
    attempt: job.attempt,
    durable: job.durable,
    file,
    env,
    pass: config.env,
    home: user.kind === 'other' ? user.home : null,
  });
  const cwd = workingDirectory(config.dir, job.path);
  const place = { path: job.path, cwd, directory };
  const [program = job.path, ...args] = sandbox.enclose([job.path, file], place);
  return { env: environment, cwd, file: program, args, isWrapper: sandbox.stands };
}

function workingDirectory(dir: string | null, path: string): string {
  const exists = dir !== null && statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true;
  return exists ? dir : dirname(path);
}
