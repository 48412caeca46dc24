/** A cell by its plain text, from which widths are taken, and how it is shown. */
export interface Cell {
  readonly text: string;
  /** adds what has no width: colour */
  readonly show?: (padded: string) => string;
  readonly align?: 'right';
}

/** Rows as lines with aligned columns, two spaces apart, nothing at their ends. */
export function alignColumns(rows: readonly (readonly Cell[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach(({ text }, at) => (widths[at] = Math.max(widths[at] ?? 0, width(text))));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, at) => showCell(cell, padding(row, at, widths)))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function padding(row: readonly Cell[], at: number, widths: readonly number[]): number {
  const isLast = at === row.length - 1;
  const text = row[at]?.text ?? '';
  return isLast && row[at]?.align !== 'right' ? 0 : (widths[at] ?? 0) - width(text);
}

function showCell({ text, show, align }: Cell, padding: number): string {
  const shown = show === undefined ? text : show(text);
  return align === 'right' ? ' '.repeat(padding) + shown : shown + ' '.repeat(padding);
}

function width(text: string): number {
  return Array.from(text).length;
}
