import { instantOf, parseTime } from '../lib/schedule/local-time.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import { durationOption } from './command-line.ts';
import type { Options } from './options.ts';
import type { World } from './world.ts';

const MINUTE_MS = 60_000;

/** The virtual clock: the time of the result with this number, from 0, RFC 3339 UTC. Throws UserError 64. */
export function clockOf(
  options: Options,
  interval_ms: number | null,
  world: World,
): (index: number) => string {
  const every_ms = durationOption(options.every, '--every') ?? interval_ms ?? MINUTE_MS;
  if (every_ms < 1) throw new UserError(EXIT.usage, '--every: expected 1ms or more');
  const begin = options.from === undefined ? wholeMinute(world.now()) : timeFrom(options.from, world.zone);
  return (index) => {
    const ms = begin + index * every_ms;
    if (!(ms < LATEST)) throw new UserError(EXIT.usage, '--every: the story would end after the year 9999');
    return new Date(ms).toISOString();
  };
}

const LATEST = Date.UTC(10_000, 0);

function wholeMinute(ms: number): number {
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}

function timeFrom(text: string, zone: string): number {
  const time = parseTime(text);
  if (time !== null) return instantOf(time, zone, 'earlier');
  throw new UserError(
    EXIT.usage,
    `--from ${safeLine(text, 40)}: is no time, expected one like 2026-12-01T02:00 on this host’s clock, or with Z or an offset`,
  );
}
