/** What is asked of a server, in its text or its binary protocol. The answers are read in the order written here. */
export interface Dialect {
  /** Sends all questions at once: version, stats, and a look-up of this key. */
  ask(key: string): Promise<void>;
  readVersion(): Promise<string>;
  /** name → value; null from a server (a proxy, say) that does not know stats */
  readStats(): Promise<Stats | null>;
  /** Reads the answer to the look-up, whether it has the key or not. */
  readLookUp(): Promise<void>;
  readonly goodbye: string | Buffer;
}

export type Stats = ReadonlyMap<string, string>;

/** More lines of statistics than any server has. */
export const MAX_STATS = 2000;
/** The largest item that is read, should somebody have set the key. */
export const MAX_ITEM = 2 ** 20;
