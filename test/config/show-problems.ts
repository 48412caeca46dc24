import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { checkConfig } from '../../lib/config/check-config.ts';

/** The problems of a file’s text as `puptime validate` prints them, with the file’s bare name. */
export async function problemsOf(file: string): Promise<string> {
  const checked = await checkConfig([{ file: basename(file), text: readFileSync(file, 'utf8') }], {
    cwd: '/',
    env: {},
  });
  if (checked.ok) return '';
  return checked.problems
    .map(({ file: name, line, col, path, text }) => {
      const place = line === null || col === null ? name : `${name}:${line}:${col}`;
      return `${place}: ${path === '' ? '' : `${path}: `}${text}\n`;
    })
    .join('');
}
