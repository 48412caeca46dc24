/** An object identifier as numbers: `1.3.6.1.2.1.1.1.0`, a dot in front or not. Null when it is none. */
export function parseOid(text: string): readonly number[] | null {
  const arcs = text.replace(/^\./, '').split('.');
  if (arcs.length < 2 || arcs.length > 128 || arcs.some((arc) => !/^\d{1,10}$/.test(arc))) return null;
  const [first = 0, second = 0, ...rest] = arcs.map(Number);
  if (first > 2 || (first < 2 && second > 39) || [second, ...rest].some((arc) => arc > 0xffff_ffff))
    return null;
  return [first, second, ...rest];
}

export function showOid(arcs: readonly number[]): string {
  return arcs.join('.');
}

/** Source: ITU-T X.690 §8.19. */
export function encodeOid([first = 0, second = 0, ...rest]: readonly number[]): Buffer {
  return Buffer.concat([first * 40 + second, ...rest].map(encodeArc));
}

/** `1.3.6.1…` of its content. */
export function decodeOid(content: Buffer, broken: () => never): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (arc > 2 ** 40) return broken();
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [first, ...rest] = arcs;
  if (first === undefined || arcs.length > 128 || (content.at(-1) ?? 0) >= 0x80) return broken();
  const top = Math.min(2, Math.floor(first / 40));
  return showOid([top, first - top * 40, ...rest]);
}

function encodeArc(arc: number): Buffer {
  const bytes = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
    bytes.unshift((left % 128) | 0x80);
  return Buffer.from(bytes);
}
