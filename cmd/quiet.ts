import { prepareQuiet, type Quiet } from '../lib/schedule/quiet.ts';
import type { Service } from '../lib/words/service.ts';
import type { Silence } from '../lib/words/silence.ts';
import type { World } from './world.ts';

/** Which of these services are to be left in peace now. */
export function quietOf(
  services: readonly Service[],
  silences: readonly Silence[],
  world: World,
): Promise<Quiet> {
  const windows = services.map(({ maintenance }) => maintenance);
  return prepareQuiet({ silences, now: world.now(), zone: world.zone, windows });
}
