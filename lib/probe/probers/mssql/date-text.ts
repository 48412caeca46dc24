const DAY_MS = 86_400_000;
const FROM_1900 = Date.UTC(1900, 0, 1);
/** 0001-01-01 in days before 1970 */
const DAYS_BEFORE_1970 = 719_162;

/** datetime (MS-TDS §2.2.5.5.1.8): days since 1900, and 300ths of a second. As 2026-01-31T12:00:00.000Z, though it has no zone. */
export function dateText(cell: Buffer): string {
  return text(FROM_1900 + cell.readInt32LE() * DAY_MS + Math.round((cell.readUInt32LE(4) * 10) / 3));
}

/** smalldatetime: days since 1900, and minutes. */
export function smallDateText(cell: Buffer): string {
  return text(FROM_1900 + cell.readUInt16LE() * DAY_MS + cell.readUInt16LE(2) * 60_000);
}

/** date: days since 0001-01-01. */
export function dayText(days: number): string {
  return text((days - DAYS_BEFORE_1970) * DAY_MS).slice(0, 10);
}

/** time, datetime2 or datetimeoffset: a time in units of 10^-scale seconds, then days, then (an offset that is shown as UTC). */
export function clockText(cell: Buffer, scale: number, withOffset: boolean): string | null {
  const behind = withOffset ? 5 : cell.length > 5 ? 3 : 0;
  const size = cell.length - behind;
  if (size < 3 || size > 5) return null;
  const units = cell.readUIntLE(0, size);
  const ms = Math.floor(scale > 3 ? units / 10 ** (scale - 3) : units * 10 ** (3 - scale));
  if (behind === 0) return text(ms).slice(11, -1);
  return text((cell.readUIntLE(size, 3) - DAYS_BEFORE_1970) * DAY_MS + ms);
}

function text(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}
