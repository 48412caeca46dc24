/** `1.2.0.192.in-addr.arpa` for an address (RFC 1035 §3.5, RFC 3596 §2.5); null for what is none. */
export function reverseName(text: string): string | null {
  const bytes = text.split('.');
  if (bytes.length === 4 && bytes.every((byte) => /^\d{1,3}$/.test(byte) && Number(byte) < 256))
    return `${bytes.map(Number).reverse().join('.')}.in-addr.arpa`;
  const nibbles = ipv6Nibbles(text.replace(/^\[(.*)\]$/, '$1'));
  return nibbles === null ? null : `${Array.from(nibbles).reverse().join('.')}.ip6.arpa`;
}

function ipv6Nibbles(text: string): string | null {
  if (!/^[0-9a-f:]+$/i.test(text) || !URL.canParse(`http://[${text}]/`)) return null;
  const [before = '', after] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const [head, tail] = [groups(before), groups(after ?? '')];
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join('');
}
