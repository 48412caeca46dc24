import type { JsonSchema } from '../../../words/json.ts';
import { parseDuration, parseSize } from '../../../words/units.ts';
import { InvalidOptions } from '../../prober.ts';

export interface PingOptions {
  readonly count?: number;
  readonly gap?: string;
  readonly wait?: string;
  readonly size?: number | string;
}

export const PING_OPTIONS: { readonly [key: string]: JsonSchema } = {
  count: { type: 'integer', minimum: 1, maximum: 1000, description: 'packets sent (default 3)' },
  gap: { type: 'string', description: 'time between two of them, at least 10ms (default 200ms)' },
  wait: {
    type: 'string',
    description: 'how long the answer to the last one is waited for, within `timeout` (default 2s)',
  },
  size: {
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    description: 'bytes of payload in each packet, up to 65000 (default 56)',
  },
};

/** Options checked, with their defaults. */
export interface PingPlan {
  readonly count: number;
  readonly gap_ms: number;
  readonly wait_ms: number;
  readonly size: number;
}

/** Ordinary users may not ping faster. */
const SHORTEST_GAP_MS = 10;
const LARGEST = 65_000;
/** For starting and ending the program. */
const MARGIN_MS = 100;

/** Throws InvalidOptions. */
export function planPing(options: PingOptions, timeout_ms: number): PingPlan {
  const count = options.count ?? 3;
  const gap_ms = durationOf(options.gap, 'gap', 200);
  if (gap_ms < SHORTEST_GAP_MS)
    throw new InvalidOptions('gap', `saw ${options.gap ?? ''}, expected at least ${SHORTEST_GAP_MS}ms`);
  const sending_ms = (count - 1) * gap_ms;
  if (sending_ms + MARGIN_MS >= timeout_ms)
    throw new InvalidOptions(
      'count',
      `sending ${count} packets takes ${sending_ms} ms, expected less than \`timeout\` (${timeout_ms} ms): lower \`count\` or \`gap\``,
    );
  return { count, gap_ms, wait_ms: durationOf(options.wait, 'wait', 2000), size: sizeOf(options.size ?? 56) };
}

/** How long the last answer can be waited for when so much time is left and so many hosts take turns. */
export function waitWithin(plan: PingPlan, remaining_ms: number, hosts: number): number {
  const round_ms = Math.max(plan.gap_ms, hosts);
  const left = remaining_ms - (plan.count - 1) * round_ms - hosts - MARGIN_MS;
  return Math.max(50, Math.floor(Math.min(plan.wait_ms, left)));
}

function durationOf(written: string | undefined, key: string, otherwise: number): number {
  if (written === undefined) return otherwise;
  const ms = parseDuration(written);
  if (ms === null || ms <= 0)
    throw new InvalidOptions(key, `saw "${written}", expected a duration such as 200ms`);
  return Math.round(ms);
}

function sizeOf(written: number | string): number {
  const bytes = typeof written === 'number' ? written : (parseSize(written) ?? Number(written));
  if (Number.isInteger(bytes) && bytes >= 0 && bytes <= LARGEST) return bytes;
  throw new InvalidOptions('size', `saw ${String(written)}, expected 0 to ${LARGEST} bytes`);
}
