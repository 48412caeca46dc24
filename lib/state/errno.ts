/** `ENOSPC`, when it is an error of the system; undefined for any other. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  if ('errno' in error && error.errno === -EDQUOT) return 'EDQUOT';
  return typeof error.code === 'string' ? error.code : undefined;
}

/** On Linux; libuv has no word for it: `Unknown system error -122`. */
const EDQUOT = 122;
