import { isDue } from '../lib/decide/due.ts';
import { leavingCause } from '../lib/decide/removed.ts';
import { saveRun } from '../lib/state/run-file.ts';
import type { State } from '../lib/state/state-directory.ts';
import type { ServiceRecord } from '../lib/words/record.ts';
import type { Config, Service } from '../lib/words/service.ts';
import { EXIT } from '../lib/words/problem.ts';
import { STATUS_NUMBER, worstStatus } from '../lib/words/status.ts';
import type { Options } from './options.ts';
import { takeProbeLock } from './probe-lock.ts';
import { loadOwnMemory, openOwnState, remembered } from './remembered.ts';
import { chooseFormat, openResultsPrinter } from './results-printer.ts';
import { newRun } from './run-info.ts';
import { selectServices } from './select.ts';
import { readConfig, report, withHooksOption } from './setting.ts';
import type { World } from './world.ts';

/** `puptime run`: probe what is due, decide, commit, run hooks. */
export async function run(options: Options, world: World): Promise<number> {
  const config = withHooksOption(await readConfig(options, world), options, world);
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
    const { records } = remembered(options, config, world);
    const due = selected.filter((service) => isNow(service, records, options, world));
    return (await import('./dry-run.ts')).dryRun(config, due, records, options, world);
  }
  const state = openOwnState(options, config, world);
  const lock = await takeProbeLock(state, options, world);
  if (lock === null) return EXIT.locked;
  const { memory, queue } = loadOwnMemory(state);
  const due = selected.filter((service) => isNow(service, memory.records, options, world));
  const leaving = leavingRecords(config, memory.records);
  if (due.length + leaving.length + queue.entries.length > 0) {
    const { sweepAndDeliver } = await import('./sweep-and-deliver.ts');
    return sweepAndDeliver({ config, selected, due, leaving, state, lock, memory, queue }, options, world);
  }
  await printNothing(options, world);
  noteIdleRun(state, config, world);
  lock.release();
  return options['exit-status'] === true ? statusOf(selected, memory.records) : EXIT.ok;
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
  return (
    service.enabled && (forced || isDue(service.interval_ms, records.get(service.name) ?? null, world.now()))
  );
}

/** Services that this very set of files had and has no more. */
function leavingRecords(config: Config, records: ReadonlyMap<string, ServiceRecord>) {
  const roster = {
    files: config.files,
    services: new Map(config.services.map(({ name, enabled }) => [name, enabled])),
  };
  return [...records.values()].flatMap((record) => {
    const cause = leavingCause(record, roster);
    return cause === null ? [] : [{ record, cause }];
  });
}

async function printNothing(options: Options, world: World): Promise<void> {
  const format = chooseFormat(options, world, true);
  if (format === 'human') report(world, 'nothing is due; --all probes all the same');
  else if (format !== null) await (await openResultsPrinter(format, 0, options, world)).finish();
}

function noteIdleRun(state: State, config: Config, world: World): void {
  const now = new Date(world.now()).toISOString();
  try {
    saveRun(state, {
      id: newRun(config.hash, world).id,
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
