import { asUnknown } from '../lib/decide/as-unknown.ts';
import { type Decision, decide } from '../lib/decide/decide.ts';
import { gapOf } from '../lib/decide/gap.ts';
import { type Isolation, judgeIsolation } from '../lib/decide/isolation.ts';
import { dependencyHold, type Parent, parentOf } from '../lib/decide/parents.ts';
import type { Quiet } from '../lib/schedule/quiet.ts';
import { type DependsOn, FLAPPING_LIMITS, type Hold, type Policy } from '../lib/words/policy.ts';
import { ISOLATION, type ServiceRecord } from '../lib/words/record.ts';
import type { Result, RunInfo } from '../lib/words/result.ts';
import type { Config, Service } from '../lib/words/service.ts';
import { createDecisionOrder } from './decision-order.ts';

/** What is judged of a service: all of it is in the config. */
export type Judged = Pick<Service, 'name' | 'policy' | 'flapping_by_hook' | 'hooks' | 'interval_ms'>;

export interface JudgeInput {
  readonly config: Pick<Config, 'services' | 'canaries' | 'files'>;
  /** whether there will be a result of this one: nobody waits for another */
  readonly isExpected: (service: string) => boolean;
  readonly records: () => ReadonlyMap<string, ServiceRecord>;
  /** its memory was damaged and may have said that it was announced down */
  readonly mayBeDown: (service: string) => boolean;
  readonly quiet: Quiet;
  readonly run: RunInfo;
  /** whether somebody is told of flapping of this service */
  readonly tellsFlapping: (service: Judged) => boolean;
  /** when the run began, RFC 3339 UTC */
  readonly time: string;
  /** Told at most once, before any service is decided: to be committed. */
  readonly onIsolation: (decision: Decision) => void;
}

export interface Judgement {
  /** as it counts: unknown while this host is cut off */
  readonly result: Result;
  readonly before: ServiceRecord | null;
  readonly decision: Decision;
  readonly hold: Hold | null;
  /** see gapOf */
  readonly gap_ms: number | null;
  readonly parents: readonly Parent[];
}

/** Results in, decisions out, each in its turn: canaries first, parents before those that depend on them. */
export interface Judge {
  /** Settles in its turn. `service`: null when no config knows it; then it has its policy from `policy`. */
  readonly judge: (service: Judged, result: Result) => Promise<Judgement>;
  /** A canary’s result: it is not decided, it says whether the others can be believed. */
  readonly hear: (result: Result) => void;
  /** There will be no result of this one: nobody need wait for it. */
  readonly pass: (service: string) => void;
  /** There will be no more results. Judges whoever still waits for one. */
  readonly end: () => void;
}

export function createJudge(input: JudgeInput): Judge {
  const { config, records, run, time, quiet } = input;
  const canaries = config.canaries.map(({ name }) => name);
  const services = new Map(config.services.map((service) => [service.name, service]));
  const parentsOf = (name: string): DependsOn | null => services.get(name)?.depends_on ?? null;
  const order = createDecisionOrder({
    canaries,
    parents: (name) => parentsOf(name)?.names ?? [],
    isExpected: input.isExpected,
  });
  const heard = new Map<string, Result>();
  const judged = new Map<string, Result>();
  let isolation: Isolation | null = null;

  const isolationNow = (): Isolation => {
    if (isolation !== null) return isolation;
    const before = records().get(ISOLATION) ?? null;
    isolation = judgeIsolation({ canaries, results: heard, before, time, run });
    if (isolation.decision !== null) input.onIsolation(isolation.decision);
    return isolation;
  };
  const parents = (name: string): readonly Parent[] =>
    (parentsOf(name)?.names ?? []).map((parent) =>
      parentOf(parent, judged.get(parent) ?? null, records().get(parent) ?? null),
    );
  const holdOf = (name: string, family: readonly Parent[]): Hold | null => {
    const service = services.get(name);
    if (service === undefined) return null;
    const byParents = service.depends_on === null ? null : dependencyHold(service.depends_on, family);
    return byParents ?? quiet({ ...service.about, name, maintenance: service.maintenance });
  };

  return {
    judge: async (service, seen) => {
      const { name, hooks, interval_ms } = service;
      const policy = policyOf(service, input.tellsFlapping);
      await order.turn(name);
      const { trouble } = isolationNow();
      const result = trouble === null ? seen : asUnknown(seen, trouble.own);
      const before = records().get(name) ?? null;
      const family = parents(name);
      const hold = trouble?.hold ?? holdOf(name, family);
      const gap_ms = gapOf(interval_ms, before, Date.parse(seen.started));
      const mayBeDown = input.mayBeDown(name);
      const decision = decide({
        result,
        before,
        mayBeDown,
        policy,
        hold,
        gap_ms,
        hooks,
        files: config.files,
      });
      judged.set(name, result);
      order.judged(name);
      return { result, before, decision, hold, gap_ms, parents: family };
    },
    hear: (result) => {
      heard.set(result.service, result);
      order.judged(result.service);
    },
    pass: order.judged,
    end: () => {
      if (heard.size > 0) isolationNow();
      order.end();
    },
  };
}

/** While it flaps no on_down runs: not without somebody who is told of that, unless the config says so. */
export function policyOf(service: Judged, tellsFlapping: JudgeInput['tellsFlapping']): Policy {
  const { policy, flapping_by_hook } = service;
  return flapping_by_hook && tellsFlapping(service) ? { ...policy, flapping: FLAPPING_LIMITS } : policy;
}

/** For a service that no config here knows: `puptime decide` takes what it gets. */
export function unknownToConfig(name: string, policy: Policy): Judged {
  return { name, policy, flapping_by_hook: false, hooks: { replace: false, run: {} }, interval_ms: null };
}
