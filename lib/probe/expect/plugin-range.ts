/** A threshold as Nagios plugins write it: `10`, `10:`, `~:5`, `10:20`, `@10:20`. Both ends belong to it. */
export interface PluginRange {
  readonly from: number;
  readonly to: number;
  /** false with `@`: a value inside is the one that raises an alert */
  readonly wanted: 'inside' | 'outside';
}

const RANGE = /^(@?)(?:(~|[+-]?\d{1,18}(?:\.\d{1,18})?)?:)?([+-]?\d{1,18}(?:\.\d{1,18})?)?$/;

/** Null when it is none. Source: Monitoring Plugins Development Guidelines, “Threshold and Ranges”. */
export function parsePluginRange(text: string): PluginRange | null {
  const [, at, low, high] = RANGE.exec(text.trim()) ?? [];
  if (at === undefined || (low === undefined && high === undefined && !text.includes(':'))) return null;
  const from = low === undefined ? 0 : low === '~' ? Number.NEGATIVE_INFINITY : Number(low);
  const to = high === undefined ? Number.POSITIVE_INFINITY : Number(high);
  return from > to ? null : { from, to, wanted: at === '@' ? 'outside' : 'inside' };
}

/** Whether a value raises no alert. */
export function isQuiet(value: number, { from, to, wanted }: PluginRange): boolean {
  return (value >= from && value <= to) === (wanted === 'inside');
}
