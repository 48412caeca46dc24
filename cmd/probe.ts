import { isDue } from '../lib/decide/due.ts';
import type { Reported } from '../lib/report/reported.ts';
import type { Config, Service } from '../lib/words/service.ts';
import { STATUS_NUMBER, type Status, worstStatus } from '../lib/words/status.ts';
import { durationOption } from './command-line.ts';
import { listenForInterruption } from './interruption.ts';
import type { Options } from './options.ts';
import { bareServices, isTarget } from './probe-targets.ts';
import { prepareJobs, probeJobs } from './probing.ts';
import { remembered } from './remembered.ts';
import { chooseFormat, openResultsPrinter } from './results-printer.ts';
import { newRun } from './run-info.ts';
import { selectServices } from './select.ts';
import { readConfig } from './setting.ts';
import type { World } from './world.ts';

/** `puptime probe`: results only, no memory, no hooks. */
export async function probe(options: Options, world: World): Promise<number> {
  const targets = options._.filter(isTarget);
  const needsConfig = targets.length === 0 || options._.length > targets.length;
  const config = needsConfig ? await readConfig(options, world) : null;
  const services = [
    ...(config === null ? [] : chosen(config, options, world)),
    ...(await bareServices(targets, world)),
  ];
  const deadline_ms = durationOption(options.deadline, '--deadline') ?? config?.deadline_ms ?? null;
  const jobs = await prepareJobs(services, world);
  const interruption = listenForInterruption(deadline_ms);
  const printer = await openResultsPrinter(
    chooseFormat(options, world, false),
    services.length,
    options,
    world,
  );
  const statuses: Status[] = [];
  const run = newRun(config?.hash ?? null, world);
  const concurrency = options.concurrency ?? config?.concurrency ?? null;
  const onResult = (service: Service, result: Reported) => {
    // For `puptime decide` alone: they are no services.
    if (config?.canaries.includes(service) !== true) statuses.push(result.status);
    if (!service.quiet || result.status !== 'up' || options.output !== undefined || options.json === true)
      printer.add(result);
  };
  const per_host = config?.per_host ?? null;
  await probeJobs(jobs, { run, concurrency, per_host, signal: interruption.probes, onResult }, world);
  interruption.end();
  await printer.finish();
  return interruption.exitCode() ?? STATUS_NUMBER[worstStatus(statuses)];
}

function chosen(config: Config, options: Options, world: World): readonly Service[] {
  const names = options._.filter((word) => !isTarget(word));
  const selected = selectServices(config.services, { ...options, _: names });
  // Who names a service means it, switched off or not.
  const enabled = selected.filter(({ enabled: on }) => on || names.length > 0);
  if (options.due !== true) return enabled;
  const { records } = remembered(options, config, world);
  const due = enabled.filter((service) => isDue(service, records.get(service.name) ?? null, world.now()));
  return due.length > 0 ? [...config.canaries, ...due] : [];
}
