import { errnoOf } from '../lib/state/errno.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { safeLine } from '../lib/words/safe-text.ts';

/** What a disk, a limit or a permission may answer to any call, and is no bug of ours. */
const ERRNOS: ReadonlySet<unknown> = new Set([
  'EACCES',
  'EAGAIN',
  'EDQUOT',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOSPC',
  'EPERM',
  'EROFS',
]);

/**
 * An error of the system that nobody could do anything about: UserError, 77 where it is a permission, else 74. Null for
 * every other error.
 */
export function systemFailure(error: unknown): UserError | null {
  const errno = errnoOf(error);
  if (!(error instanceof Error) || !ERRNOS.has(errno)) return null;
  const isForbidden = errno === 'EACCES' || errno === 'EPERM';
  return new UserError(
    isForbidden ? EXIT.notPermitted : EXIT.io,
    `cannot go on: ${safeLine(error.message, 300)}: what is not delivered by now is taken up by the next run`,
  );
}
