import type { Event } from '../words/event.ts';
import type { HooksConfig, ServiceHooks } from '../words/service.ts';
import { findHooks, vetHook } from './hook-lookup.ts';
import { runHook } from './hook-run.ts';
import { openHookSetting } from './hook-setting.ts';
import type { DeliverWorld } from './world.ts';

export interface HookTestOptions {
  /** marked as a test, see `sampleEvent` */
  readonly event: Event;
  readonly hooks: HooksConfig;
  /** the service’s own; null: none, or no service */
  readonly service: ServiceHooks | null;
  readonly signal: AbortSignal;
  readonly world: DeliverWorld;
}

/** What one hook made of a sample event. */
export interface HookTest {
  readonly path: string;
  /** done: exit code 0; failed: any other end; refused: it did not run */
  readonly kind: 'done' | 'failed' | 'refused';
  /** one line: `exit code 3`, or the reason for which it was refused */
  readonly text: string;
  /** what it printed, made safe and cut */
  readonly output: string;
  readonly duration_ms: number | null;
}

/** Runs all hooks of a sample event one after the other, as a delivery would; nothing is remembered. Empty: there is no such hook. */
export async function testHooks(options: HookTestOptions): Promise<readonly HookTest[]> {
  const { event, hooks: config, service, signal, world } = options;
  const { setting, place } = openHookSetting(config, null, world);
  const { hooks, skipped } = findHooks(`on_${event.event}`, service, place);
  for (const { reason } of skipped) world.report(reason);
  const tests: HookTest[] = [];
  const results = event.event === 'run' ? `${JSON.stringify(event)}\n` : null;
  for (const { path } of hooks) {
    const vetting = vetHook(path, place);
    if (vetting.kind !== 'fit') {
      const text = vetting.kind === 'gone' ? `${path} does not exist` : vetting.reason;
      tests.push({ path, kind: 'refused', text, output: '', duration_ms: null });
      continue;
    }
    const started = { noteStarted: () => Promise.resolve(true), attempt: 1, durable: false };
    const outcome = await runHook({ path, event, results, signal, ...started }, setting);
    tests.push({ path, ...endOf(outcome) });
  }
  setting.runtime.close();
  return tests;
}

function endOf(outcome: Awaited<ReturnType<typeof runHook>>): Omit<HookTest, 'path'> {
  if (outcome.kind !== 'ran') {
    const text = outcome.kind === 'not_started' ? outcome.reason : 'it did not run';
    return { kind: 'refused', text, output: '', duration_ms: null };
  }
  const { exitCode, signal, endedBy, text: output, duration_ms } = outcome;
  const end = signal === null ? `exit code ${exitCode}` : `ended by ${signal}`;
  const text = endedBy === 'limit' ? `ended after its time limit (${end})` : end;
  return { kind: exitCode === 0 && endedBy === null ? 'done' : 'failed', text, output, duration_ms };
}
