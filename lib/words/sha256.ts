/**
 * SHA-256 of a text, in lower-case hex. Loads node:crypto, which costs a tenth of a bare start, at the first call:
 * a run that finds nothing due never needs it.
 */
export function sha256(text: string): string {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(text).digest('hex');
}
