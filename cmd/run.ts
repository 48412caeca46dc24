import { isDue } from '../lib/decide/due.ts';
import { saveRun } from '../lib/state/run-file.ts';
import type { State } from '../lib/state/state-directory.ts';
import { markOf } from '../lib/state/state-mark.ts';
import type { ServiceRecord } from '../lib/words/record.ts';
import type { Service } from '../lib/words/service.ts';
import { EXIT } from '../lib/words/problem.ts';
import { STATUS_NUMBER, worstStatus } from '../lib/words/status.ts';
import { idleState, noteAgenda } from './agenda.ts';
import { leavingRecords } from './leaving.ts';
import type { Options } from './options.ts';
import { type Remembered, loadOwnMemory, openOwnState, remembered } from './remembered.ts';
import { chooseFormat, openResultsPrinter } from './results-printer.ts';
import { compactTime } from './run-info.ts';
import { selectServices } from './select.ts';
import { checkTexts, readTexts, report, withHooksOption } from './setting.ts';
import type { World } from './world.ts';

/** `puptime run`: probe what is due, decide, commit, run hooks. */
export async function run(options: Options, world: World): Promise<number> {
  const texts = readTexts(options, world);
  const idle = idleState(texts, options, world);
  if (idle !== null) return endIdle(idle, options, world);
  const config = withHooksOption(await checkTexts(texts, world), options, world);
  const selected = selectServices(config.services, options);
  if (options['no-state'] === true) {
    return (await import('./run-stateless.ts')).runStateless(
      config,
      selected.filter(isEnabled),
      options,
      world,
    );
  }
  if (options['dry-run'] === true) {
    const { records, state } = remembered(options, config, world);
    const due = selected.filter((service) => isNow(service, records, options, world));
    const leaving = leavingRecords(config, records);
    return (await import('./dry-run.ts')).dryRun({ config, due, leaving, records, state }, options, world);
  }
  const state = openOwnState(options, config, world);
  const workIn = ({ memory, queue }: Remembered) => ({
    due: selected.filter((service) => isNow(service, memory.records, options, world)),
    leaving: leavingRecords(config, memory.records),
    memory,
    queue,
  });
  // Taking the lock costs more than finding that there is nothing to do it for.
  const glance = loadOwnMemory(state);
  let work = workIn(glance);
  if (isIdle(work, state)) {
    noteAgenda({ texts, config, state, records: glance.memory.records, mark: glance.mark }, options, world);
    const code = await endIdle(state, options, world);
    return options['exit-status'] === true ? statusOf(selected, work.memory.records) : code;
  }
  const { takeProbeLock } = await import('./probe-lock.ts');
  const lock = await takeProbeLock(state, options, world);
  if (lock === null) return EXIT.locked;
  if (markOf(state) !== glance.mark) work = workIn(loadOwnMemory(state));
  const { sweepAndDeliver } = await import('./sweep-and-deliver.ts');
  return sweepAndDeliver({ config, selected, state, lock, ...work }, options, world);
}

async function endIdle(state: State, options: Options, world: World): Promise<number> {
  await printNothing(options, world);
  noteIdleRun(state, world);
  return EXIT.ok;
}

/** An overlay is to be moved into the state directory. */
function isIdle(
  {
    due,
    leaving,
    queue,
  }: Pick<Remembered, 'queue'> & { readonly due: readonly Service[]; readonly leaving: readonly unknown[] },
  state: State,
): boolean {
  const { entries, damaged } = queue;
  const waiting = due.length + leaving.length + entries.length + damaged.length;
  return waiting === 0 && state.overlay.found() === null;
}

function isEnabled({ enabled }: Service): boolean {
  return enabled;
}

function isNow(
  service: Service,
  records: ReadonlyMap<string, ServiceRecord>,
  options: Options,
  world: World,
): boolean {
  const forced = options.all === true || options._.length > 0;
  return service.enabled && (forced || isDue(service, records.get(service.name) ?? null, world.now()));
}

async function printNothing(options: Options, world: World): Promise<void> {
  const format = chooseFormat(options, world, true);
  if (format === 'human') report(world, 'nothing is due; --all probes all the same');
  else if (format !== null) await (await openResultsPrinter(format, 0, options, world)).finish();
}

function noteIdleRun(state: State, world: World): void {
  const now = new Date(world.now()).toISOString();
  try {
    saveRun(state, {
      // No event bears it, so that randomness, which has to be loaded, is not needed.
      id: `${compactTime(now)}-${String(process.pid)}`,
      started: now,
      ended: now,
      exit_code: 0,
      counts: { services: 0 },
    });
  } catch (error) {
    // Nothing was due and nothing is lost: `status --max-age` will tell of it.
    report(
      world,
      `cannot note this run in ${state.dir}: ${error instanceof Error ? error.message : 'unknown error'}`,
    );
  }
}

/** The worst of what is remembered, for services that were not probed now. */
export function statusOf(services: readonly Service[], records: ReadonlyMap<string, ServiceRecord>): number {
  return STATUS_NUMBER[
    worstStatus(services.filter(isEnabled).map(({ name }) => records.get(name)?.status ?? 'unknown'))
  ];
}
