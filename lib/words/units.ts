const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const MS_IN: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `500ms 30s 5m 2h 1d` → milliseconds; null when it is no duration. */
export function parseDuration(text: string): number | null {
  const match = DURATION.exec(text.trim());
  const [, amount, unit] = match ?? [];
  return amount === undefined || unit === undefined ? null : Number(amount) * (MS_IN[unit] ?? Number.NaN);
}

const SIZE = /^(\d+(?:\.\d+)?)(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$/;
const BYTES_IN: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** `64KiB 10MB` → bytes; null when it is no size. */
export function parseSize(text: string): number | null {
  const match = SIZE.exec(text.trim());
  const [, amount, unit] = match ?? [];
  return amount === undefined || unit === undefined ? null : Number(amount) * (BYTES_IN[unit] ?? Number.NaN);
}
