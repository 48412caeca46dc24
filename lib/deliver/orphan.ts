import { signalGroup } from '../process/process-group.ts';
import { isRunning, type ProcessMark } from '../process/process-mark.ts';

const PATIENCE_MS = 1000;
/** Then it is one that nothing can end, as it waits in the kernel: its service must not wait with it. */
const GIVE_UP_MS = 3000;
const LOOK_AGAIN_MS = 20;

/**
 * Ends the hook that a killed deliverer has left running: SIGTERM to its group, SIGKILL a second later. Settles when it
 * is gone, or cannot be ended. A process that merely has its number by now is let be.
 */
export async function endOrphan(mark: ProcessMark): Promise<void> {
  if (!isRunning(mark)) return;
  signalGroup(mark.pid, 'SIGTERM');
  const began = performance.now();
  let killed = false;
  while (isRunning(mark)) {
    const waited_ms = performance.now() - began;
    if (waited_ms > GIVE_UP_MS) break;
    if (!killed && waited_ms > PATIENCE_MS) killed = signalGroup(mark.pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  // The rest of its group must not go on either.
  signalGroup(mark.pid, 'SIGKILL');
}
