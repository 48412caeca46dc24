/** What delivering needs of the world around it. */
export interface DeliverWorld {
  readonly env: { readonly [name: string]: string | undefined };
  readonly uid: number;
  readonly pid: number;
  /** ms since the epoch */
  readonly now: () => number;
  /** 0 to 1 */
  readonly random: () => number;
  /** a few random letters, anew each time */
  readonly unique: () => string;
  /** makes what hides these secrets in a text, in whatever encoding */
  readonly redactor: (secrets: readonly string[]) => (text: string) => string;
  /** one line for stderr */
  readonly report: (line: string) => void;
}
