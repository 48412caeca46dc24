import type { FactsOf } from '../../../words/fact.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { type Info, numberIn } from '../../wire/redis-info.ts';
import type { REDIS_FACTS } from './redis-facts.ts';

/** Source: redis.io, “Redis cluster specification”, Key distribution model. */
const SLOTS = 16_384;

/** What CLUSTER INFO says. Lines that are not there leave their facts absent. */
export function clusterFacts(info: Info): FactsOf<typeof REDIS_FACTS> {
  const state = info.get('cluster_state');
  const ok = numberIn(info, 'cluster_slots_ok');
  // One node’s suspicion (PFAIL) is no loss yet: it answers somebody.
  const suspected = numberIn(info, 'cluster_slots_pfail') ?? 0;
  return {
    cluster_state: state === undefined ? null : safeLine(state, 40),
    cluster_slots_lost: ok === null ? null : Math.max(0, SLOTS - ok - suspected),
    cluster_nodes: numberIn(info, 'cluster_known_nodes'),
  };
}
