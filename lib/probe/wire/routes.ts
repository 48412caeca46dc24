import { networkInterfaces } from 'node:os';

/**
 * Whether this host has any address of the family that could reach beyond itself. Without one, "network unreachable"
 * says nothing about the peer.
 */
export function hasRoute(family: 4 | 6): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    (addresses ?? []).some(
      (address) =>
        !address.internal &&
        address.family === `IPv${String(family)}` &&
        !address.address.toLowerCase().startsWith('fe80:'),
    ),
  );
}
