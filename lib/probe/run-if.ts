import type { ProbeWorld } from './probe-world.ts';
import { CannotTell } from './prober.ts';
import { runAside } from './run-aside.ts';

/** Whether a service is to be probed this time: its condition holds, does not, or nobody can say. */
export type Condition = 'holds' | 'fails' | CannotTell;

/** What a condition has time for: it stands before the probe, whose own time it must not eat up. */
const LIMIT_MS = 10_000;

/**
 * Judges `run_if`: exit code 0 holds. The same program with the same arguments runs once, however many services ask for it.
 */
export function createConditions(
  world: Pick<ProbeWorld, 'env' | 'monotonic' | 'signal'>,
): (argv: readonly string[] | null) => Promise<Condition> {
  const asked = new Map<string, Promise<Condition>>();
  return (argv) => {
    if (argv === null) return Promise.resolve('holds');
    const key = JSON.stringify(argv);
    const answer = asked.get(key) ?? judge(argv, world);
    asked.set(key, answer);
    return answer;
  };
}

async function judge(
  argv: readonly string[],
  world: Pick<ProbeWorld, 'env' | 'monotonic' | 'signal'>,
): Promise<Condition> {
  try {
    const { exitCode } = await runAside({ argv, timeout_ms: LIMIT_MS }, world);
    return exitCode === 0 ? 'holds' : 'fails';
  } catch (error) {
    if (!(error instanceof CannotTell)) throw error;
    return new CannotTell(error.code, `run_if: ${error.message}`);
  }
}
