import { DEFAULT_PATH } from '../process/tool.ts';
import type { Event } from '../words/event.ts';
import { safeLine } from '../words/safe-text.ts';

export interface HookEnvironmentInput {
  readonly event: Event;
  readonly attempt: number;
  /** false: the event is nowhere but in the hook’s copy */
  readonly durable: boolean;
  /** the hook’s private copy of the event */
  readonly file: string;
  /** puptime’s own environment */
  readonly env: { readonly [name: string]: string | undefined };
  /** names of `hooks.env` */
  readonly pass: readonly string[];
  /** of the user that the hook runs as; null: puptime’s own */
  readonly home: string | null;
}

/** No value is longer: execve(2) takes a megabyte or two in all. */
const MOST_CHARACTERS = 2048;

/**
 * The whole environment of a hook. Names, codes, numbers and puptime’s own words: what a server said is in the file
 * alone. What is missing is empty, so that `set -u` does no harm.
 */
export function hookEnvironment(input: HookEnvironmentInput): { readonly [name: string]: string } {
  const { event, env, home } = input;
  const passed = Object.fromEntries(
    ['LANG', 'TZ', ...input.pass].flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  const own: { readonly [name: string]: string } = {
    EVENT: event.event,
    EVENT_ID: event.id,
    INCIDENT_ID: event.incident?.id ?? '',
    SERVICE: event.service,
    STATUS: event.status,
    PREVIOUS_STATUS: event.previous?.status ?? '',
    SUMMARY: event.summary,
    REASON: event.reason?.code ?? '',
    TARGET: event.target ?? '',
    GROUP: event.group ?? '',
    TAGS: event.tags.join(' '),
    ATTEMPT: String(input.attempt),
    DURABLE: input.durable ? '1' : '0',
    FILE: input.file,
  };
  return {
    PATH: env.PATH ?? DEFAULT_PATH,
    HOME: home ?? env.HOME ?? '/',
    ...passed,
    ...Object.fromEntries(
      Object.entries(own).map(([name, value]) => [`PUPTIME_${name}`, safeLine(value, MOST_CHARACTERS)]),
    ),
  };
}
