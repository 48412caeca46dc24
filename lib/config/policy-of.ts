import { type Json, type JsonObject, isObject } from '../words/json.ts';
import {
  DEFAULT_POLICY,
  FLAPPING_LIMITS,
  type FlappingLimits,
  type Policy,
  QUORUM_MAX,
  type Quorum,
  type Remind,
  type SlowLimits,
} from '../words/policy.ts';
import type { Tell } from './check-service.ts';
import { showValue } from './structure.ts';
import { durationOf, textOf, wordsOf } from './written-values.ts';

/** What an entry of the right structure says about decisions. Telling what its structure does not show. */
export function policyOf(value: JsonObject, tell: Tell): Policy {
  const { slow_window } = value;
  return {
    down_after: quorumOf(value, 'down_after', tell),
    up_after: quorumOf(value, 'up_after', tell),
    slow: slowOf(value, tell),
    slow_window: typeof slow_window === 'number' ? slow_window : DEFAULT_POLICY.slow_window,
    watch: wordsOf(value['watch']),
    remind: remindOf(value['remind'], tell),
    flapping: flappingOf(value['flapping'], tell),
  };
}

function quorumOf(value: JsonObject, key: 'down_after' | 'up_after', tell: Tell): Quorum {
  const written = value[key];
  if (written === undefined) return DEFAULT_POLICY[key];
  const text = typeof written === 'number' ? `${written}` : (textOf(written) ?? '1');
  const [count = 1, of = count] = text.split('/').map(Number);
  if (count > of)
    tell([key], `saw ${showValue(written)}, expected at most as many as the runs that are looked at`);
  else if (count !== of && of > QUORUM_MAX)
    tell([key], `saw ${showValue(written)}, expected to look at no more than ${QUORUM_MAX} runs`);
  return { count, of };
}

function slowOf({ slow, slow_window }: JsonObject, tell: Tell): SlowLimits | null {
  const limits: SlowLimits = isObject(slow)
    ? Object.fromEntries(Object.entries(slow).map(([phase, limit]) => [phase, milliseconds(limit)]))
    : typeof slow === 'string' && slow !== 'none'
      ? { total: milliseconds(slow) }
      : {};
  if (Object.keys(limits).length > 0) return limits;
  if (isObject(slow)) tell(['slow'], 'saw no limit in it, expected one such as {first_byte: 500ms}');
  if (slow === undefined && slow_window !== undefined)
    tell(['slow_window'], 'saw no slow for it, expected slow as well');
  return null;
}

function remindOf(written: Json | undefined, tell: Tell): Remind | null {
  if (written === undefined || written === 'none') return null;
  const { every, factor, max }: JsonObject = isObject(written) ? written : { every: written };
  const every_ms = milliseconds(every);
  const max_ms = max === undefined ? null : milliseconds(max);
  const at = isObject(written) ? ['remind', 'every'] : ['remind'];
  if (every_ms < SHORTEST_PAUSE_MS) tell(at, `saw ${showValue(every)}, expected 1s or more`);
  if (max_ms !== null && max_ms < every_ms)
    tell(['remind', 'max'], `saw ${showValue(max)}, expected at least every, which is ${textOf(every)}`);
  return { every_ms, factor: typeof factor === 'number' ? factor : 1, max_ms };
}

const SHORTEST_PAUSE_MS = 1000;

function flappingOf(written: Json | undefined, tell: Tell): FlappingLimits | null {
  if (written === undefined || written === false) return null;
  if (!isObject(written)) return FLAPPING_LIMITS;
  const { high = FLAPPING_LIMITS.high, low = Math.min(FLAPPING_LIMITS.low, Number(high)) } = written;
  const limits = { high: Number(high), low: Number(low) };
  if (limits.low >= limits.high)
    tell(
      ['flapping'],
      `saw low ${limits.low} and high ${limits.high}, expected low to be less, or it would start and stop all the time`,
    );
  return limits;
}

/** The schema has seen to it that it is a duration. */
function milliseconds(value: Json | undefined): number {
  return durationOf(value) ?? 0;
}
