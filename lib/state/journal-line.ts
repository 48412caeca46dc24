import { isObject } from '../words/json.ts';
import type { HookReference } from './hook-reference.ts';

/** A process group that was started: enough to know it again, and to tell it from a later one with its number. */
export interface GroupMark {
  readonly pid: number;
  /** clock ticks since boot, proc_pid_stat(5) field 22 */
  readonly start: string;
  /** /proc/sys/kernel/random/boot_id */
  readonly boot: string;
}

/**
 * One line of deliveries.ndjson. The newest line of an (event, hook) is its whole state. `id` is the event’s, `hook` the
 * path, `n` counts attempts, `t` and `next` are ms since the epoch, `why` is one line, `output` what the hook printed, cut.
 */
export type JournalLine =
  | { readonly k: 'bound'; readonly id: string; readonly t: number; readonly hooks: readonly HookReference[] }
  | ({
      readonly k: 'started';
      readonly id: string;
      readonly hook: string;
      readonly n: number;
      readonly t: number;
    } & GroupMark)
  | {
      readonly k: 'failed';
      readonly id: string;
      readonly hook: string;
      readonly n: number;
      readonly t: number;
      readonly next: number;
      readonly why: string;
      readonly output: string;
      /** somebody wanted it tried again then: its `max_age` counts from there */
      readonly since?: number;
    }
  | ({
      readonly k: 'done';
      readonly id: string;
      readonly hook: string;
      readonly n: number;
      readonly t: number;
      readonly output: string;
    } & About)
  | ({
      /** dead: given up, kept in dead/; dropped: the hook is gone, or a person said so */
      readonly k: 'dead' | 'dropped';
      readonly id: string;
      readonly hook: string;
      readonly n: number;
      readonly t: number;
      readonly why: string;
      /** an on_down that ended so without any attempt: whoever was not told of it need not be told of its end */
      readonly untold?: Untold;
    } & About);

/** What it was about, for those who look once the event itself is gone. */
interface About {
  /** its kind, in the words of whoever wrote the line */
  readonly event?: string;
  readonly service?: string;
}

export interface Untold {
  /** id of the incident */
  readonly incident: string;
  readonly lane: string;
}

export type HookLine = Exclude<JournalLine, { readonly k: 'bound' }>;

/** What the journal says of one event. */
export interface EventProgress {
  /** the hooks taken for an event that came without; null: none were taken */
  readonly bound: Extract<JournalLine, { readonly k: 'bound' }> | null;
  /** newest line by path of the hook */
  readonly hooks: ReadonlyMap<string, HookLine>;
}

/** True when nothing more will be done for this (event, hook). */
export function isSettled(line: HookLine | undefined): boolean {
  return line !== undefined && (line.k === 'done' || line.k === 'dead' || line.k === 'dropped');
}

/** A line as read; null when it is damaged. */
export function parseJournalLine(text: string): JournalLine | null {
  const value = parseJson(text);
  if (!isObject(value) || typeof value.id !== 'string' || typeof value.t !== 'number') return null;
  if (value.k === 'bound') return Array.isArray(value.hooks) ? (value as unknown as JournalLine) : null;
  if (typeof value.hook !== 'string' || typeof value.n !== 'number') return null;
  return hasItsParts(value) ? (value as unknown as JournalLine) : null;
}

function hasItsParts(value: Record<string, unknown>): boolean {
  switch (value.k) {
    case 'started':
      return (
        typeof value.pid === 'number' && typeof value.start === 'string' && typeof value.boot === 'string'
      );
    case 'failed':
      return (
        typeof value.next === 'number' &&
        typeof value.why === 'string' &&
        ['number', 'undefined'].includes(typeof value.since)
      );
    case 'done':
      return hasAbout(value);
    case 'dead':
    case 'dropped':
      return (
        typeof value.why === 'string' &&
        (value.untold === undefined || isUntold(value.untold)) &&
        hasAbout(value)
      );
    default:
      return false;
  }
}

function hasAbout({ event, service }: Record<string, unknown>): boolean {
  return [event, service].every((word) => word === undefined || typeof word === 'string');
}

function isUntold(value: unknown): boolean {
  return isObject(value) && typeof value.incident === 'string' && typeof value.lane === 'string';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
