/**
 * A short name for a long text: 128 bits mixed from four differently seeded runs of a multiplicative hash. It tells
 * an accidental change from none; it is no signature and must not be used as one.
 */
export function digest(text: string): string {
  return (
    [1, 2, 3, 4].map((seed) => mix(text, seed).toString(16).padStart(8, '0')).join('') + `-${text.length}`
  );
}

function mix(text: string, seed: number): number {
  let state = Math.imul(seed, 0x9e3779b1);
  for (let at = 0; at < text.length; at += 1) {
    state = Math.imul(state ^ text.charCodeAt(at), 0x85ebca6b + (seed << 1));
    state = (state << 13) | (state >>> 19);
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}
