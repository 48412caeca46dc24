import { EXIT } from '../lib/words/problem.ts';
import type { Interruption } from './interruption.ts';

/** What a command that delivers has to account for. */
export interface Account {
  readonly refused: number;
  readonly unwritten: number;
  readonly failed: number;
  /** the worst status as its number, where it was asked for */
  readonly status: number | null;
}

/** Where several apply: signal, 77, 74, 1, status. */
export function exitCodeOf(
  { refused, unwritten, failed, status }: Account,
  interruption: Interruption,
): number {
  const signalled = interruption.exitCode();
  if (signalled !== null) return signalled;
  if (refused > 0) return EXIT.notPermitted;
  if (unwritten > 0) return EXIT.io;
  if (failed > 0) return EXIT.hookFailed;
  return status ?? EXIT.ok;
}
