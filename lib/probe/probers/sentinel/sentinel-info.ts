import type { FactsOf } from '../../../words/fact.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { type Info, numberIn } from '../../wire/redis-info.ts';
import type { SENTINEL_FACTS } from './sentinel-facts.ts';

/** So many masters are asked about; a sentinel that watches more is asked about one by its name. */
const MAX_MASTERS = 50;

/** What INFO says of the sentinel itself. A server that is none has no such lines: its facts are absent. */
export function sentinelInfoFacts(info: Info): FactsOf<typeof SENTINEL_FACTS> {
  const version = info.get('valkey_version') ?? info.get('redis_version');
  const tilt = numberIn(info, 'sentinel_tilt');
  const role = info.get('redis_mode') === 'sentinel' ? 'sentinel' : info.get('role');
  return {
    version: version === undefined ? null : safeLine(version, 40),
    role: role === undefined ? null : safeLine(role, 40),
    masters: numberIn(info, 'sentinel_masters'),
    tilt: tilt === null ? null : tilt !== 0,
  };
}

/** The names in `master0:name=mymaster,status=ok,address=192.0.2.7:6379,slaves=1,sentinels=3`. */
export function watchedMasters(info: Info): readonly string[] {
  const names: string[] = [];
  for (let index = 0; index < MAX_MASTERS; index += 1) {
    const line = info.get(`master${String(index)}`);
    const [, name] = /^name=([^,]{1,200}),/.exec(line ?? '') ?? [];
    if (name !== undefined) names.push(name);
  }
  return names;
}
