import { decide } from '../lib/decide/decide.ts';
import { decideRemoved } from '../lib/decide/removed.ts';
import type { ServiceRecord } from '../lib/words/record.ts';
import type { Result } from '../lib/words/result.ts';
import type { Config, Service } from '../lib/words/service.ts';
import { STATUS_NUMBER, type Status, worstStatus } from '../lib/words/status.ts';
import { announcementOf } from './announcement.ts';
import { durationOption } from './command-line.ts';
import { listenForInterruption } from './interruption.ts';
import type { Leaving } from './leaving.ts';
import type { Options } from './options.ts';
import { prepareJobs, probeJobs } from './probing.ts';
import { chooseFormat, openResultsPrinter } from './results-printer.ts';
import { newRun } from './run-info.ts';
import { report } from './setting.ts';
import type { World } from './world.ts';

export interface DryWork {
  readonly config: Config;
  readonly due: readonly Service[];
  readonly leaving: readonly Leaving[];
  readonly records: ReadonlyMap<string, ServiceRecord>;
}

/** `run --dry-run`: probes and decides, says what would be announced; starts no hook and remembers nothing. */
export async function dryRun(
  { config, due, leaving, records }: DryWork,
  options: Options,
  world: World,
): Promise<number> {
  const jobs = await prepareJobs(due, world);
  const interruption = listenForInterruption(
    durationOption(options.deadline, '--deadline') ?? config.deadline_ms,
  );
  const printer = await openResultsPrinter(chooseFormat(options, world, false), due.length, options, world);
  const run = newRun(config.hash, world);
  const time = new Date(world.now()).toISOString();
  const statuses: Status[] = [];
  const announcements: string[] = leaving.flatMap(({ record, cause }) =>
    decideRemoved({ record, cause, time, run }).drafts.map((draft) =>
      announcementOf(draft, record, config, world),
    ),
  );
  const onResult = (service: Service, result: Result) => {
    const before = records.get(service.name) ?? null;
    const { policy, hooks } = service;
    const { drafts } = decide({ result, before, policy, hooks, files: config.files });
    statuses.push(result.status);
    printer.add({ ...result, events: drafts.map(({ event }) => event) });
    announcements.push(...drafts.map((draft) => announcementOf(draft, service, config, world)));
  };
  const concurrency = options.concurrency ?? config.concurrency;
  const { per_host } = config;
  await probeJobs(jobs, { run, concurrency, per_host, signal: interruption.probes, onResult }, world);
  interruption.end();
  await printer.finish();
  for (const line of announcements) report(world, line);
  if (announcements.length === 0) report(world, 'nothing would be announced');
  const status = options['exit-status'] === true ? STATUS_NUMBER[worstStatus(statuses)] : 0;
  return interruption.exitCode() ?? status;
}
