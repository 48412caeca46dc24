import { explainDecision } from '../lib/decide/explanation.ts';
import { gapOf } from '../lib/decide/gap.ts';
import { withheld } from '../lib/decide/withheld.ts';
import type { Condition } from '../lib/probe/run-if.ts';
import type { ExplainedDecision } from '../lib/report/explained.ts';
import { mayBeDown } from '../lib/state/memory.ts';
import { readSilences } from '../lib/state/silences.ts';
import type { Policy } from '../lib/words/policy.ts';
import type { Result, RunInfo } from '../lib/words/result.ts';
import type { ServiceHooks } from '../lib/words/service.ts';
import { hooksFor } from './announcement.ts';
import { explainedHooks } from './explained-hooks.ts';
import type { Subject } from './explained-subject.ts';
import { createJudge, policyOf } from './judge.ts';
import type { Options } from './options.ts';
import { quietOf } from './quiet.ts';
import { remembered } from './remembered.ts';
import type { World } from './world.ts';

export interface SeenNow {
  readonly result: Result;
  readonly condition: Condition;
  readonly run: RunInfo;
}

/** What `run` would make of a result now, by what is remembered; and the result as it counts. No lock, nothing is changed. */
export async function explainedDecision(
  subject: Subject,
  { result: seen, condition, run }: SeenNow,
  options: Options,
  world: World,
): Promise<{ readonly result: Result; readonly decision: ExplainedDecision }> {
  const { service, config, isConfigured } = subject;
  const memory = isConfigured
    ? remembered(options, { state: config.state ?? null }, world)
    : { records: new Map(), lost: [], state: null };
  const tellsFlapping = flappingTold(subject, world);
  const judge = createJudge({
    config,
    isExpected: (name) => name === service.name,
    records: () => memory.records,
    mayBeDown: (name) => mayBeDown(memory, name),
    tellsFlapping,
    quiet: await quietOf([service], memory.state === null ? [] : readSilences(memory.state), world),
    run,
    time: new Date(world.now()).toISOString(),
    onIsolation: () => undefined,
  });
  const { result, before, decision, hold, parents } = await judge.judge(service, seen);
  judge.end();
  const input = {
    result,
    before,
    mayBeDown: mayBeDown(memory, service.name),
    policy: policyOf(service, tellsFlapping),
    hold,
    gap_ms: gapOf(service.interval_ms, before, Date.parse(result.started)),
    hooks: service.hooks,
    files: config.files,
    parents,
    interval_ms: service.interval_ms,
  };
  const { now, counts, next, holds, told } = explainDecision(input);
  const held = withheld(input, decision);
  const hooks = explainedHooks({ now, held, next }, service.hooks, config, world);
  const notes = notesOn(subject, condition, before === null);
  return {
    result,
    decision: { now, held, counts, next: next.map(({ text }) => text), holds, told, notes, hooks },
  };
}

/** The policy in force, which for flapping depends on the hooks that are there. */
export function policyAsDecided(subject: Subject, world: World): Policy {
  return policyOf(subject.service, flappingTold(subject, world));
}

function flappingTold({ config }: Subject, world: World) {
  return ({ hooks }: { readonly hooks: ServiceHooks }) =>
    hooksFor('flapping', hooks, config, world).length > 0;
}

function notesOn(
  { service, isConfigured }: Subject,
  condition: Condition,
  isNew: boolean,
): readonly string[] {
  const notes: string[] = [];
  if (isNew)
    notes.push(isConfigured ? 'nothing is remembered of it yet' : 'a bare URL: nothing is remembered of it');
  if (!service.enabled) notes.push('enabled: false, so run does not probe it');
  if (condition === 'fails') notes.push('run_if does not hold, so run would not probe it now');
  else if (condition !== 'holds') notes.push(`${condition.message}, so run would call it unknown`);
  return notes;
}
