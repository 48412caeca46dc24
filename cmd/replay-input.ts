import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseForeignEvent } from '../lib/deliver/foreign-event.ts';
import type { Event } from '../lib/words/event.ts';
import { parseForeignJson } from '../lib/words/foreign-json.ts';
import { isObject } from '../lib/words/json.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import type { World } from './world.ts';

/** What a file, or stdin, holds. */
export interface ReplayInput {
  readonly name: string;
  /** in their order */
  readonly events: readonly Event[];
  /** lines that are results, which no hook is for */
  readonly results: number;
  /** `FILE:LINE: no event: …` */
  readonly problems: readonly string[];
}

/** More cannot be read at once. */
const LARGEST = 256 * 1024 * 1024;

/** Reads one event, over several lines or in one, or NDJSON of them; `-` is stdin. Throws UserError 66, 74 or 77. */
export async function readReplayInput(name: string, world: World): Promise<ReplayInput> {
  const text = name === '-' ? await readAll(world) : readFile(name, world);
  const shown = name === '-' ? 'stdin' : safeLine(name);
  const whole = wholeEvent(text);
  if (whole !== null) return { name: shown, events: [whole], results: 0, problems: [] };
  const events: Event[] = [];
  const problems: string[] = [];
  let results = 0;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const parsed = parseForeignEvent(line);
    if (parsed.kind === 'event') events.push(parsed.event);
    else if (schemaOf(line) === 'puptime.result.v1') results += 1;
    // The first and the last line of a results file of on_run.
    else if (schemaOf(line) === 'puptime.run.v1') continue;
    else problems.push(`${shown}:${String(index + 1)}: no event: ${parsed.reason}: this line is left out`);
  }
  return { name: shown, events, results, problems };
}

/** `jq . "$1" > kept.json` */
function wholeEvent(text: string): Event | null {
  if (!/^\s*\{\s*\n/.test(text.slice(0, 1000))) return null;
  const parsed = parseForeignEvent(text);
  return parsed.kind === 'event' ? parsed.event : null;
}

function schemaOf(line: string): unknown {
  const value = parseForeignJson(line);
  return isObject(value) ? value['schema'] : undefined;
}

function readFile(name: string, world: World): string {
  try {
    const bytes = readFileSync(path.resolve(world.cwd, name));
    if (bytes.length > LARGEST) throw tooLarge(name);
    return bytes.toString('utf8');
  } catch (error) {
    if (error instanceof UserError || !(error instanceof Error) || !('code' in error)) throw error;
    throw unreadable(safeLine(name), String(error.code));
  }
}

function unreadable(name: string, code: string): UserError {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new UserError(
        EXIT.noInput,
        `${name}: there is no such file, expected an event or NDJSON of events`,
      );
    case 'EISDIR':
      return new UserError(EXIT.noInput, `${name}: is a directory, expected files (as in ${name}/*.json)`);
    case 'EACCES':
    case 'EPERM':
      return new UserError(EXIT.notPermitted, `${name}: this user may not read it`);
    default:
      return new UserError(EXIT.io, `${name}: cannot be read (${code})`);
  }
}

async function readAll({ stdin }: World): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > LARGEST) throw tooLarge('stdin');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLarge(name: string): UserError {
  return new UserError(EXIT.io, `${name}: has more than ${String(LARGEST)} bytes: split it`);
}
