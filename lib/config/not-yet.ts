/** Hooks that no single service has. */
export const HOOKS_OF_A_RUN: ReadonlySet<string> = new Set(['on_run', 'on_isolated']);

/** What the public contract names and this version does not have: said so instead of "unknown key". */
export const LATER_KEYS: ReadonlySet<string> = new Set(['beat', 'compare']);

export const LATER_SCHEMES: ReadonlySet<string> = new Set(['dhcp', 'nfs', 'iscsi', 'teamspeak']);
