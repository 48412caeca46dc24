/** Only ASCII without controls can be quoted; the rest goes as literals. Source: RFC 3501 §9. */
export function isQuotable(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

/** A string of IMAP, `"a b"`: quotes and backslashes in it are escaped. */
export function quote(text: string): string {
  return `"${text.replaceAll(/[\\"]/g, String.raw`\$&`)}"`;
}
