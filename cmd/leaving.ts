import { type LeavingCause, leavingCause } from '../lib/decide/removed.ts';
import type { ServiceRecord } from '../lib/words/record.ts';
import type { Config } from '../lib/words/service.ts';

/** A remembered service that is to be let go, and why. */
export interface Leaving {
  readonly record: ServiceRecord;
  readonly cause: LeavingCause;
}

/** Services that this very set of files had and has no more, or has switched off. */
export function leavingRecords(
  { files, services }: Pick<Config, 'files' | 'services'>,
  records: ReadonlyMap<string, ServiceRecord>,
): readonly Leaving[] {
  const roster = { files, services: new Map(services.map(({ name, enabled }) => [name, enabled])) };
  return [...records.values()].flatMap((record) => {
    const cause = leavingCause(record, roster);
    return cause === null ? [] : [{ record, cause }];
  });
}
