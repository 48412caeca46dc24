import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { readResult } from '../lib/decide/read-result.ts';
import { parseForeignJson } from '../lib/words/foreign-json.ts';
import { isObject } from '../lib/words/json.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import type { Result } from '../lib/words/result.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import { report } from './setting.ts';
import type { World } from './world.ts';

const LONGEST_LINE = 4 * 2 ** 20;
const MOST_RESULTS = 100_000;

/** What stands beside results in what on_run gets. */
const BESIDE: readonly unknown[] = ['puptime.event.v1', 'puptime.run.v1'];
/** Canaries are no services: what they said is in the results already. */
const CANARY = 'canary/';

/**
 * The results of services in NDJSON as `run --json`, `probe --json` and on_run’s results file have them, in their order; `-`
 * is stdin. Lines that are none are reported and left out. Throws UserError 64, 66, 74 or 77.
 */
export async function readRecordedResults(name: string, world: World): Promise<readonly Result[]> {
  const shown = name === '-' ? 'stdin' : safeLine(name);
  const stream = name === '-' ? world.stdin : createReadStream(path.resolve(world.cwd, name));
  const results: Result[] = [];
  let number = 0;
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      if (line.trim() === '') continue;
      const value = line.length > LONGEST_LINE ? undefined : parseForeignJson(line);
      if (isObject(value) && BESIDE.includes(value['schema'])) continue;
      const read = readResult(value);
      if (typeof read === 'string')
        report(world, `${shown}:${String(number)}: ${safeLine(read)}: this line is left out`);
      else if (!read.service.startsWith(CANARY)) results.push(read);
      if (results.length > MOST_RESULTS)
        throw new UserError(EXIT.usage, `${shown}: has more than ${MOST_RESULTS} results: split it`);
    }
  } catch (error) {
    throw unreadable(shown, error);
  }
  return results;
}

function unreadable(name: string, error: unknown): unknown {
  if (error instanceof UserError || !(error instanceof Error) || !('code' in error)) return error;
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new UserError(EXIT.noInput, `${name}: there is no such file, expected NDJSON of results`);
    case 'EISDIR':
      return new UserError(EXIT.noInput, `${name}: is a directory, expected NDJSON of results`);
    case 'EACCES':
    case 'EPERM':
      return new UserError(EXIT.notPermitted, `${name}: this user may not read it`);
    default:
      return new UserError(EXIT.io, `${name}: cannot be read (${String(error.code)})`);
  }
}
