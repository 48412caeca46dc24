import type { FactsOf } from '../../../words/fact.ts';
import type { Master } from './master.ts';
import type { SENTINEL_FACTS } from './sentinel-facts.ts';

/** Facts of the masters that were asked about: the worst of all, or those of the only one. */
export function masterFacts(masters: readonly Master[]): FactsOf<typeof SENTINEL_FACTS> {
  const [only] = masters.length === 1 ? masters : [];
  const states = masters.map(stateOf);
  return {
    state: STATES.findLast((state) => states.includes(state)) ?? null,
    failing: masters
      .filter((master) => stateOf(master) !== 'ok' || !master.quorum.ok)
      .map(({ name }) => name),
    quorum: masters.every(({ quorum }) => quorum.ok),
    failover: masters.some(({ flags }) => flags.includes('failover_in_progress')),
    usable_sentinels: least(masters.map(({ quorum }) => quorum.usable)),
    sentinels: least(masters.map(({ sentinels }) => sentinels)),
    master: only?.address ?? null,
    replicas: least(masters.map(({ replicas }) => replicas)),
  };
}

/** From best to worst. */
const STATES = ['ok', 's_down', 'o_down'] as const;

function stateOf({ flags }: Master): (typeof STATES)[number] {
  return STATES.findLast((state) => flags.includes(state)) ?? 'ok';
}

function least(numbers: readonly (number | null)[]): number | null {
  const told = numbers.filter((number) => number !== null);
  return told.length === 0 ? null : Math.min(...told);
}
