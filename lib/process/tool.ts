import { accessSync, constants } from 'node:fs';

/** As of a shell that was told nothing. */
export const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';

/** Absolute path of a program, by the absolute directories of PATH; null when it is in none of them. */
export function findTool(name: string, path: string | undefined): string | null {
  for (const directory of (path ?? DEFAULT_PATH).split(':')) {
    if (directory.startsWith('/') && isExecutable(`${directory}/${name}`)) return `${directory}/${name}`;
  }
  return null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
