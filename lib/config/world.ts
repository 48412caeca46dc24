/** What reading a config needs of the world; everything is handed in, so that tests can make one up. */
export interface ConfigWorld {
  readonly env: { readonly [name: string]: string | undefined };
  /** absolute */
  readonly cwd: string;
  /** the running user’s */
  readonly uid: number;
  /** the user’s home directory; null when there is none */
  readonly home: string | null;
  /** all of standard input, for `-c -` */
  readStdin(): Promise<Uint8Array>;
}
