import { setMaxListeners } from 'node:events';
import { EXIT } from '../lib/words/problem.ts';

/** What ends a run early: a signal, or its own deadline. */
export interface Interruption {
  /** aborted then: probes stop, children end, what is known is kept */
  readonly signal: AbortSignal;
  /** 130 or 143 once a signal came; null otherwise */
  exitCode(): number | null;
  /** Stops listening, so that the process can end. */
  end(): void;
}

const EXIT_OF = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;

/** Listens for SIGINT and SIGTERM, and calls time after `deadline_ms`. */
export function listenForInterruption(deadline_ms: number | null): Interruption {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  let code: number | null = null;
  const onSignal = (name: NodeJS.Signals) => {
    code ??= name === 'SIGINT' ? EXIT_OF.SIGINT : EXIT_OF.SIGTERM;
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const timer = deadline_ms === null ? undefined : setTimeout(() => controller.abort(), deadline_ms);
  return {
    signal: controller.signal,
    exitCode: () => code,
    end() {
      clearTimeout(timer);
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
