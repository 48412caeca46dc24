import type { Event } from '../words/event.ts';
import type { HooksConfig } from '../words/service.ts';
import { vetHook, type HookPlace } from './hook-lookup.ts';
import { runHook, type HookOutcome } from './hook-run.ts';
import { openHookSetting } from './hook-setting.ts';
import type { DeliverWorld } from './world.ts';

/** What one hook made of an event that a person gave it by hand. */
export interface HookTrial {
  readonly path: string;
  /** done: exit code 0; failed: any other end; refused: it did not run */
  readonly kind: 'done' | 'failed' | 'refused';
  /** one line: `exit code 3`, or the reason for which it was refused */
  readonly text: string;
  /** what it printed, made safe and cut */
  readonly output: string;
  readonly duration_ms: number | null;
}

/** Runs hooks once and at once, as a delivery would, with `PUPTIME_DURABLE=0`; nothing is remembered. */
export interface HookTrials {
  readonly place: HookPlace;
  /** `results`: the lines of the results file that on_run gets */
  readonly run: (path: string, event: Event, results: string | null) => Promise<HookTrial>;
  readonly close: () => void;
}

/** `signal` ends the hook that runs. */
export function openHookTrials(config: HooksConfig, signal: AbortSignal, world: DeliverWorld): HookTrials {
  const { setting, place } = openHookSetting(config, null, world);
  const started = { noteStarted: () => Promise.resolve(true), attempt: 1, durable: false };
  return {
    place,
    run: async (path, event, results) => {
      const vetting = vetHook(path, place);
      if (vetting.kind !== 'fit') {
        const text = vetting.kind === 'gone' ? `${path} does not exist` : vetting.reason;
        return { path, kind: 'refused', text, output: '', duration_ms: null };
      }
      const outcome = await runHook({ path, event, results, signal, ...started }, setting);
      return { path, ...endOf(outcome) };
    },
    close: setting.runtime.close,
  };
}

function endOf(outcome: HookOutcome): Omit<HookTrial, 'path'> {
  if (outcome.kind !== 'ran') {
    const text = outcome.kind === 'not_noted' ? 'it did not run' : outcome.reason;
    return { kind: 'refused', text, output: '', duration_ms: null };
  }
  const { exitCode, signal, endedBy, text: output, duration_ms } = outcome;
  const end = signal === null ? `exit code ${exitCode}` : `ended by ${signal}`;
  const text = endedBy === 'limit' ? `ended after its time limit (${end})` : end;
  return { kind: exitCode === 0 && endedBy === null ? 'done' : 'failed', text, output, duration_ms };
}
