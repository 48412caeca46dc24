import { BlockList, isIP } from 'node:net';

/** A block of addresses: `192.0.2.0/24`, `2001:db8::/32`, or one address. */
export interface Network {
  readonly source: string;
  /** false for what is no address; an IPv4 address mapped into IPv6 counts as IPv4 */
  has(address: string): boolean;
}

/** CIDR notation (RFC 4632, RFC 4291 §2.3); null when it is none. */
export function parseNetwork(source: string): Network | null {
  const [address = '', bits, ...rest] = source.trim().split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || address.includes('%')) return null;
  const widest = family === 4 ? 32 : 128;
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > widest)) return null;
  const block = new BlockList();
  block.addSubnet(address, bits === undefined ? widest : Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return {
    source,
    has: (seen) => isIP(seen) !== 0 && block.check(unzoned(seen), isIP(seen) === 4 ? 'ipv4' : 'ipv6'),
  };
}

function unzoned(address: string): string {
  return address.split('%', 1)[0] ?? address;
}
