/** The `name:value` lines of INFO and CLUSTER INFO. Source: redis.io/commands/info. */
export type Info = ReadonlyMap<string, string>;

const MAX_LINES = 10_000;

export function parseInfo(text: string): Info {
  const entries = new Map<string, string>();
  for (const line of text.split('\n', MAX_LINES)) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#'))
      entries.set(line.slice(0, colon), line.slice(colon + 1).trimEnd());
  }
  return entries;
}

/** A whole number; null where the line is missing or holds none. */
export function numberIn(info: Info, name: string): number | null {
  const value = info.get(name);
  return value !== undefined && /^-?\d{1,15}$/.test(value) ? Number(value) : null;
}
