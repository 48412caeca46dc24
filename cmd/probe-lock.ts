import { type Lock, tryLock, waitForLock } from '../lib/state/lock.ts';
import type { State } from '../lib/state/state-directory.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { durationOption } from './command-line.ts';
import type { Options } from './options.ts';
import type { World } from './world.ts';

/** The probe lock; null when another run holds it: exit code 75, which is not worth a mail of cron. */
export async function takeProbeLock(state: State, options: Options, world: World): Promise<Lock | null> {
  const wait_ms = durationOption(options['lock-wait'], '--lock-wait');
  const request = { kind: 'probe', path: world.env['PATH'] } as const;
  const lock = wait_ms === null ? tryLock(state, request) : await waitForLock(state, { ...request, wait_ms });
  if (lock === null && (world.stderr.isTTY === true || options.verbose === true)) {
    throw new UserError(
      EXIT.locked,
      `another run is probing with ${state.dir}: try again, or wait for it with --lock-wait 30s`,
    );
  }
  return lock;
}
