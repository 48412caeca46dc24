import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** Loaded before the program: its clock is so many ms ahead. Nothing else of it is changed. */
const AHEAD = `
const ahead_ms = Number(process.env.STORY_AHEAD_MS);
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + ahead_ms);
    else super(...given);
  }
  static now() {
    return RealDate.now() + ahead_ms;
  }
};
`;

/** A clock that stands at minute 0 of the story until it is set. */
export interface VirtualClock {
  /** ms since the epoch at that minute of the story */
  readonly at: (minute: number) => number;
  /** which minute of the story that was: a time of an event, RFC 3339 */
  readonly minuteOf: (time: string) => number;
  /** the environment of a program that is started at that minute */
  readonly env: (minute: number) => { readonly [name: string]: string };
}

/** The story begins now, so that times of files, which are the kernel’s, are not far from it. */
export function createVirtualClock(directory: string): VirtualClock {
  const file = path.join(directory, 'clock.cjs');
  writeFileSync(file, AHEAD);
  const began = Date.now();
  const at = (minute: number) => began + minute * MINUTE_MS;
  return {
    at,
    minuteOf: (time) => Math.floor((Date.parse(time) - began) / MINUTE_MS),
    env: (minute) => ({
      NODE_OPTIONS: `--require=${file}`,
      STORY_AHEAD_MS: String(at(minute) - Date.now()),
    }),
  };
}

const MINUTE_MS = 60_000;
