import { STATUSES, type Status } from '../words/status.ts';
import { paint } from './paint.ts';

/** Back to the start of the line, and clear it: also what takes the progress line away at the end. */
export const CLEAR_LINE = '\r\u001b[2K';

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly counts: Readonly<Record<Status, number>>;
}

/** One line on a terminal that overwrites the one before: `12/40  1 down`. Cut to `columns`, so that it never wraps. */
export function renderProgress(
  { done, total, counts }: Progress,
  { columns, color }: { readonly columns: number; readonly color: boolean },
): string {
  const bad = STATUSES.filter((status) => status !== 'up' && counts[status] > 0);
  const plain = [`${done}/${total}`, ...bad.map((status) => `${counts[status]} ${status}`)].join('  ');
  if (plain.length >= columns) return CLEAR_LINE + plain.slice(0, Math.max(0, columns - 1));
  const painted = bad.map((status) => paint(`${counts[status]} ${status}`, status, color));
  return CLEAR_LINE + [`${done}/${total}`, ...painted].join('  ');
}
