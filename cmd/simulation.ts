import { decide } from '../lib/decide/decide.ts';
import { countsOf } from '../lib/decide/explanation.ts';
import { gapOf } from '../lib/decide/gap.ts';
import { dependencyHold, parentOf } from '../lib/decide/parents.ts';
import { decideRemoved } from '../lib/decide/removed.ts';
import { withheld } from '../lib/decide/withheld.ts';
import type { SimulatedStep } from '../lib/report/simulation.ts';
import { prepareQuiet } from '../lib/schedule/quiet.ts';
import type { Draft } from '../lib/words/draft.ts';
import type { Hold, Policy } from '../lib/words/policy.ts';
import type { ServiceRecord } from '../lib/words/record.ts';
import type { Result, RunInfo } from '../lib/words/result.ts';
import type { Service } from '../lib/words/service.ts';

/** The service as far as decisions go. */
export type Actor = Pick<
  Service,
  'name' | 'about' | 'hooks' | 'interval_ms' | 'depends_on' | 'maintenance'
> & {
  readonly policy: Policy;
};

/** What happens next. */
export type Scene =
  | { readonly kind: 'result'; readonly letter: string; readonly result: Result; readonly held: boolean }
  /** it leaves the config */
  | { readonly kind: 'removed'; readonly letter: string; readonly time: string; readonly held: boolean };

export interface Stage {
  readonly run: RunInfo;
  /** of windows that name none */
  readonly zone: string;
  /** absolute paths of the hooks that would run */
  readonly hooksFor: (draft: Draft, actor: Actor) => readonly string[];
}

/** Decides scene by scene, each with the memory that the ones before have left; the clock is theirs. */
export interface Simulation {
  readonly play: (actor: Actor, scene: Scene) => Promise<SimulatedStep>;
}

export function createSimulation({ run, zone, hooksFor }: Stage): Simulation {
  const records = new Map<string, ServiceRecord>();
  const latest = new Map<string, Result>();
  let step = 0;

  const holdFor = async (actor: Actor, result: Result): Promise<Hold | null> => {
    const { name, about, depends_on, maintenance } = actor;
    const parents = (depends_on?.names ?? []).map((parent) => {
      const last = latest.get(parent) ?? null;
      return parentOf(parent, last?.run.id === result.run.id ? last : null, records.get(parent) ?? null);
    });
    const byParents = depends_on === null ? null : dependencyHold(depends_on, parents);
    if (byParents !== null || maintenance.length === 0) return byParents;
    const now = Date.parse(result.time);
    const quiet = await prepareQuiet({ silences: [], now, zone, windows: [maintenance] });
    return quiet({ name, group: about.group, tags: about.tags, maintenance });
  };
  const announced = (drafts: readonly Draft[], actor: Actor) =>
    drafts.map((draft) => ({ event: draft.event, summary: draft.summary, hooks: hooksFor(draft, actor) }));
  const isOver = (record: ServiceRecord | null) => record === null || record.gone !== null;

  const remove = (actor: Actor, scene: Scene & { readonly kind: 'removed' }): SimulatedStep => {
    const before = records.get(actor.name) ?? null;
    const { time } = scene;
    const decision = before === null ? null : decideRemoved({ record: before, cause: 'removed', time, run });
    if (decision !== null) records.set(actor.name, decision.record);
    return {
      ...headOf(scene, actor, time),
      result: 'unknown',
      status: 'unknown',
      since: time,
      announced: announced(decision?.drafts ?? [], actor),
      held: null,
      counts: [isOver(before) ? 'it was not in the config' : 'it has left the config'],
    };
  };
  const headOf = ({ letter }: Scene, { name }: Actor, time: string) => ({
    step: (step += 1),
    service: name,
    time,
    letter,
  });

  return {
    play: async (actor, scene) => {
      if (scene.kind === 'removed') return remove(actor, scene);
      const { result } = scene;
      const { policy, hooks, interval_ms } = actor;
      const before = records.get(actor.name) ?? null;
      const hold = scene.held ? SIMULATED : await holdFor(actor, result);
      const gap_ms = gapOf(interval_ms, before, Date.parse(result.started));
      const input = { result, before, policy, hold, gap_ms, hooks, files: [] };
      const decision = decide(input);
      records.set(actor.name, decision.record);
      latest.set(actor.name, result);
      const { status, since } = decision.record;
      return {
        ...headOf(scene, actor, result.time),
        result: result.status,
        status,
        since,
        announced: announced(decision.drafts, actor),
        held: withheld(input, decision),
        counts: countsOf(decision.record, input),
      };
    },
  };
}

/** What stands between brackets. */
const SIMULATED: Hold = { kind: 'maintenance', cause: 'simulated', until: null };
