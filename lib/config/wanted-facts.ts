import type { Service } from '../words/service.ts';

/** The facts that somebody asks for: what costs extra is looked at only then. */
export function wantedFacts({ expect, prefer, policy, keep }: Service): ReadonlySet<string> {
  return new Set([...Object.keys(expect), ...Object.keys(prefer), ...policy.watch, ...keep]);
}
