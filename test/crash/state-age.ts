import { existsSync, lutimesSync, lstatSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isObject } from '../../lib/words/json.ts';

/** Makes all that is below these directories so much older: what was probed, tried, is due again, was left behind. */
export function ageState(directories: readonly string[], ms: number): void {
  for (const directory of directories) {
    for (const file of filesBelow(directory)) {
      if (path.basename(file) === 'memory.ndjson') rewrite(file, (line) => earlierText(line, 'started', ms));
      if (path.basename(file) === 'deliveries.ndjson')
        rewrite(file, (line) => ({
          ...line,
          ...earlierNumber(line, 'next', ms),
          ...earlierNumber(line, 't', ms),
        }));
      age(file, ms);
    }
  }
}

/** Whole lines of JSON are changed; whatever else is in it stays as it is. */
function rewrite(file: string, change: (line: Record<string, unknown>) => object): void {
  const before = readFileSync(file, 'utf8');
  const lines = before.split('\n').map((text, index, all) => {
    // What comes after the last line end is no line.
    const line = index === all.length - 1 ? undefined : parse(text);
    return isObject(line) ? JSON.stringify(change(line)) : text;
  });
  writeFileSync(file, lines.join('\n'));
}

function earlierText(line: Record<string, unknown>, key: string, ms: number): object {
  const time = line[key];
  return typeof time === 'string' ? { ...line, [key]: new Date(Date.parse(time) - ms).toISOString() } : line;
}

function earlierNumber(line: Record<string, unknown>, key: string, ms: number): object {
  const time = line[key];
  return typeof time === 'number' ? { [key]: time - ms } : {};
}

function age(file: string, ms: number): void {
  const { atimeMs, mtimeMs } = lstatSync(file);
  lutimesSync(file, (atimeMs - ms) / 1000, (mtimeMs - ms) / 1000);
}

/** Directories too, what is in them first. */
function filesBelow(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(directory, entry.name);
    return entry.isDirectory() ? [...filesBelow(file), file] : [file];
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
