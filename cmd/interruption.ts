import { setMaxListeners } from 'node:events';
import { EXIT } from '../lib/words/problem.ts';

/** What ends a run early. */
export interface Interruption {
  /** for probes: aborted by a signal, or when the deadline has come */
  readonly probes: AbortSignal;
  /** for hooks: aborted by a signal alone */
  readonly hooks: AbortSignal;
  /** 130 or 143 once a signal came; null otherwise */
  exitCode(): number | null;
  /** Stops listening, so that the process can end. */
  end(): void;
}

/** Listens for SIGINT and SIGTERM, and calls time for probes after `deadline_ms`. */
export function listenForInterruption(deadline_ms: number | null): Interruption {
  const probes = new AbortController();
  const hooks = new AbortController();
  setMaxListeners(0, probes.signal, hooks.signal);
  let code: number | null = null;
  const onSignal = (name: NodeJS.Signals) => {
    code ??= name === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
    probes.abort();
    hooks.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const timer = deadline_ms === null ? undefined : setTimeout(() => probes.abort(), deadline_ms);
  return {
    probes: probes.signal,
    hooks: hooks.signal,
    exitCode: () => code,
    end() {
      clearTimeout(timer);
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
