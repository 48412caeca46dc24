import { decideStateless } from '../lib/decide/stateless.ts';
import { draftRun } from '../lib/decide/run-event.ts';
import { stampPassing } from '../lib/deliver/outbox.ts';
import { jsonLine } from '../lib/report/json-line.ts';
import type { Draft } from '../lib/words/draft.ts';
import type { Result } from '../lib/words/result.ts';
import type { Config, Service } from '../lib/words/service.ts';
import { STATUS_NUMBER, type Status, worstStatus } from '../lib/words/status.ts';
import { announcementOf } from './announcement.ts';
import { durationOption } from './command-line.ts';
import { openDelivery } from './delivering.ts';
import { exitCodeOf } from './exit-code.ts';
import { listenForInterruption } from './interruption.ts';
import type { Options } from './options.ts';
import { prepareJobs, probeJobs } from './probing.ts';
import { chooseFormat, finishOrTell, openResultsPrinter } from './results-printer.ts';
import { newRun } from './run-info.ts';
import { report } from './setting.ts';
import type { World } from './world.ts';

/** `run --no-state`: every failing probe runs on_down, every slow one on_slow; one try each, nothing is kept. */
export async function runStateless(
  config: Config,
  services: readonly Service[],
  options: Options,
  world: World,
): Promise<number> {
  const dry = options['dry-run'] === true;
  const jobs = await prepareJobs(services, world);
  const interruption = listenForInterruption(
    durationOption(options.deadline, '--deadline') ?? config.deadline_ms,
  );
  const began = { now: world.now(), monotonic: world.monotonic() };
  const runInfo = newRun(config.hash, world);
  const delivery = openDelivery(config, null, interruption.hooks, options, world);
  const printer = await openResultsPrinter(
    chooseFormat(options, world, !dry),
    services.length,
    options,
    world,
  );
  const salt = Buffer.from(world.randomBytes(16)).toString('hex');
  const statuses: Status[] = [];
  const lines: string[] = [];
  let events = 0;
  const offer = (draft: Draft, results: string | null) => {
    const event = stampPassing(salt, { seq: 0, id: null }, draft);
    if (!dry) delivery.offer(event, delivery.find(event), results);
    return event;
  };
  const announcements: string[] = [];
  const onResult = (service: Service, result: Result) => {
    const told = decideStateless(result, service.policy)
      .map((draft) => offer(draft, null))
      .filter(({ event }) => event !== 'result');
    const reported = { ...result, events: told.map(({ event }) => event) };
    if (dry) announcements.push(...told.map((event) => announcementOf(event, service, config, world)));
    statuses.push(result.status);
    events += told.length;
    lines.push(jsonLine(reported), ...told.map(jsonLine));
    printer.add(reported);
  };
  const concurrency = options.concurrency ?? config.concurrency;
  const { per_host } = config;
  await probeJobs(
    jobs,
    { run: runInfo, concurrency, per_host, signal: interruption.probes, onResult },
    world,
  );
  const time = new Date(began.now).toISOString();
  const duration_ms = world.monotonic() - began.monotonic;
  offer(draftRun({ run: runInfo, time, duration_ms, statuses, events, results_file: null }), lines.join(''));
  const unprinted = await finishOrTell(printer, world);
  for (const line of announcements) report(world, line);
  if (dry && announcements.length === 0) report(world, 'nothing would be announced');
  const counts = await delivery.drain(() => false);
  interruption.end();
  const status = options['exit-status'] === true ? STATUS_NUMBER[worstStatus(statuses)] : null;
  return exitCodeOf({ ...counts, unwritten: counts.unwritten + unprinted, status }, interruption);
}
