import { readAgenda, writeAgenda } from '../lib/config/agenda.ts';
import type { Sources } from '../lib/config/config-files.ts';
import { idleSpan } from '../lib/decide/due.ts';
import { openState, type State } from '../lib/state/state-directory.ts';
import { markOf } from '../lib/state/state-mark.ts';
import type { ServiceRecord } from '../lib/words/record.ts';
import type { Config } from '../lib/words/service.ts';
import type { Options } from './options.ts';
import { stateWorld } from './remembered.ts';
import { whatNamesState } from './setting.ts';
import type { World } from './world.ts';

/** The state, when an earlier run has noted that with this very config and memory nothing is due now; null: look yourself. */
export function idleState(texts: Sources, options: Options, world: World): State | null {
  if (!concernsAll(options)) return null;
  const agenda = readAgenda(requestOf(texts, options, world), world);
  const now = world.now();
  if (agenda === null || now < agenda.from || now > agenda.until) return null;
  const state = openState(agenda.state, stateWorld(world));
  return markOf(state) === agenda.mark ? state : null;
}

/** What a run knows that has found nothing to do. */
export interface IdleRun {
  readonly texts: Sources;
  readonly config: Config;
  readonly state: State;
  readonly records: ReadonlyMap<string, ServiceRecord>;
  /** see markOf */
  readonly mark: string;
}

/** Notes until when that stays so, for idleState. */
export function noteAgenda(
  { texts, config, state, records, mark }: IdleRun,
  options: Options,
  world: World,
): void {
  if (!concernsAll(options) || !config.fixed || config.files.includes('-')) return;
  const enabled = config.services.filter((service) => service.enabled);
  const span = idleSpan(enabled, records, world.now());
  if (span === null) return;
  writeAgenda({ state: state.dir, mark, ...span }, requestOf(texts, options, world), world);
}

/** Whether the run is about every service whose time has come, and no other. */
function concernsAll(options: Options): boolean {
  const chosen = [options._, options.tag, options.group, options.only];
  const special = [options.all, options['no-state'], options['dry-run'], options['exit-status']];
  return chosen.every((names = []) => names.length === 0) && special.every((option) => option !== true);
}

function requestOf({ sources }: Sources, options: Options, world: World) {
  return { cwd: world.cwd, sources, state: whatNamesState(options, world) };
}
