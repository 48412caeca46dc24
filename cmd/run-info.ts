import type { RunInfo } from '../lib/words/result.ts';
import type { World } from './world.ts';

/** Names this run in results and events: a time that sorts, and a little randomness. */
export function newRun(config: string | null, world: World): RunInfo {
  const time = compactTime(new Date(world.now()).toISOString());
  return { id: `${time}-${Buffer.from(world.randomBytes(4)).toString('hex')}`, host: world.host, config };
}

/** `20261121T120000123Z` */
export function compactTime(time: string): string {
  return time.replace(/[-:.]/g, '');
}
