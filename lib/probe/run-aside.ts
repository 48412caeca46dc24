import { startDeadline } from './deadline.ts';
import type { ProbeWorld } from './probe-world.ts';
import { CannotTell } from './prober.ts';
import type { ExecutionOutcome } from './wire/execution.ts';

/** A program of the user’s that is no probe: `run_if`, `filter`. */
export interface Aside {
  readonly argv: readonly string[];
  readonly stdin?: string;
  readonly timeout_ms: number;
}

/** Runs it to its end. Rejects with CannotTell when it cannot be started, or has not ended in time. */
export async function runAside(
  { argv, stdin, timeout_ms }: Aside,
  world: Pick<ProbeWorld, 'env' | 'monotonic' | 'signal'>,
): Promise<ExecutionOutcome> {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('the config was checked: a list with a program');
  const { execute } = await import('./wire/execution.ts');
  const deadline = startDeadline(timeout_ms, world.signal, () => world.monotonic());
  try {
    return await execute(
      { argv: [program, ...args], ...(stdin === undefined ? {} : { stdin }) },
      {
        signal: deadline.signal,
        remaining_ms: () => deadline.remaining_ms(),
        aborted: () => new CannotTell('resources', deadline.explain('protocol', program).message),
        enterTransfer: () => undefined,
        env: world.env,
      },
    );
  } finally {
    deadline.clear();
  }
}
