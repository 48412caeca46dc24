import path from 'node:path';
import { type HookOutcome, runHook } from '../../lib/deliver/hook-run.ts';
import { openSandbox } from '../../lib/deliver/hook-sandbox.ts';
import { sampleEvent } from '../../lib/deliver/sample-event.ts';
import { openRuntime } from '../../lib/state/runtime-directory.ts';
import type { Event, EventKind } from '../../lib/words/event.ts';

export const EXAMPLES = path.resolve(import.meta.dirname, '../../hooks.example');

/** An event as it happens, not a test of a hook. */
export function realEvent(kind: EventKind, changes: Partial<Event> = {}): Event {
  const id = '5f1c0e7a9b3d48266a7be0c1d2f3a4b5';
  const run = { id: 'b7c1', host: 'monitor', config: 'sha256:00' };
  const sample = sampleEvent({ kind, service: null, target: null, now: Date.now(), run, unique: id });
  const incident = sample.incident && { ...sample.incident, id: 'c0ffee00c0ffee00c0ffee00c0ffee00' };
  return { ...sample, id, incident, service: 'cache', test: false, ...changes };
}

/** What a server on the other side might say to get at the reader of a message, or at the shell. */
export const HOSTILE =
  '-oQ/tmp/x $(touch pwned) `touch pwned` "; touch pwned; \' &\nBcc: evil@example.org\r\n\r\n.\r\nQUIT\n<!channel> \\" é漢🐶 %s %n';

/** An event in which every text that can come from outside is hostile. */
export function hostileEvent(kind: EventKind, changes: Partial<Event> = {}): Event {
  const event = realEvent(kind);
  const reason = { status: 'down', code: 'auth', phase: 'auth', text: HOSTILE, expected: HOSTILE } as const;
  return {
    ...event,
    summary: HOSTILE,
    reason: { ...reason, got: HOSTILE, fact: null },
    output: HOSTILE,
    target: HOSTILE,
    address: HOSTILE,
    facts: { banner: HOSTILE },
    vars: { note: HOSTILE },
    change: event.change && { ...event.change, before: HOSTILE, after: HOSTILE, diff: `+ ${HOSTILE}` },
    ...changes,
  };
}

export interface ExampleRun {
  readonly exitCode: number | null;
  readonly output: string;
}

/** Runs an example exactly as puptime does: private copy, scrubbed environment, `env` as by hooks.env. */
export async function runExample(
  name: string,
  event: Event,
  env: { readonly [name: string]: string },
  results: string | null = null,
): Promise<ExampleRun> {
  const runtime = openRuntime({
    env: {},
    uid: process.getuid?.() ?? 0,
    pid: process.pid,
    stateDir: null,
    owner: null,
    unique: () => crypto.randomUUID(),
    now: Date.now,
  });
  const config = { dir: EXAMPLES, timeout_ms: 10_000, env: Object.keys(env), user: 'root' };
  const outcome = await runHook(
    {
      path: path.resolve(EXAMPLES, name),
      event,
      attempt: 1,
      durable: true,
      results,
      noteStarted: () => Promise.resolve(true),
      signal: new AbortController().signal,
    },
    {
      config: { ...config, max_age_ms: 86_400_000, concurrency: 1, sandbox: 'none' },
      sandbox: openSandbox({ kind: 'none', user: { kind: 'self' }, uid: 0, path: undefined }),
      user: { kind: 'self' },
      runtime,
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
      redact: (text) => text,
    },
  );
  runtime.close();
  return ended(outcome);
}

function ended(outcome: HookOutcome): ExampleRun {
  if (outcome.kind !== 'ran' || outcome.endedBy !== null) throw new Error(JSON.stringify(outcome));
  return { exitCode: outcome.exitCode, output: outcome.text };
}
