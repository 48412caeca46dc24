import type { DependsOn, Hold } from '../words/policy.ts';
import type { ServiceRecord } from '../words/record.ts';
import type { Result } from '../words/result.ts';

/** How one that others depend on is doing: failing counts from the first failing result on, confirmed or not. */
export interface Parent {
  readonly name: string;
  readonly state: 'working' | 'failing' | 'not_known';
}

/**
 * A parent by its result in this run, judged before its children; by memory when it was not probed or could not be told. One
 * that was never seen, or has left the config, holds nobody.
 */
export function parentOf(name: string, result: Result | null, record: ServiceRecord | null): Parent {
  if (result !== null && result.status !== 'unknown') {
    return { name, state: result.status === 'down' ? 'failing' : 'working' };
  }
  if (record === null || record.gone !== null || record.streak === null) return { name, state: 'not_known' };
  return { name, state: record.streak.failing ? 'failing' : 'working' };
}

/** What holds a child of these: one failing where all are needed, all of them where one is enough. Null: nothing. */
export function dependencyHold({ mode }: Pick<DependsOn, 'mode'>, parents: readonly Parent[]): Hold | null {
  const failing = parents.filter(({ state }) => state === 'failing').map(({ name }) => name);
  const isHeld =
    mode === 'all' ? failing.length > 0 : failing.length === parents.length && parents.length > 0;
  return isHeld ? { kind: 'dependency', cause: listed(failing), until: null } : null;
}

const NAMES_SHOWN = 3;

function listed(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN;
  const shown = names.slice(0, NAMES_SHOWN).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}
