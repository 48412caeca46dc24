import { decideRemoved } from '../lib/decide/removed.ts';
import { readSilences } from '../lib/state/silences.ts';
import type { State } from '../lib/state/state-directory.ts';
import type { Draft } from '../lib/words/draft.ts';
import type { ServiceRecord } from '../lib/words/record.ts';
import type { Result } from '../lib/words/result.ts';
import type { Config, Service } from '../lib/words/service.ts';
import { STATUS_NUMBER, type Status, worstStatus } from '../lib/words/status.ts';
import { announcementOf, hooksFor } from './announcement.ts';
import { durationOption } from './command-line.ts';
import { listenForInterruption } from './interruption.ts';
import { createJudge } from './judge.ts';
import type { Leaving } from './leaving.ts';
import type { Options } from './options.ts';
import { prepareJobs, probeJobs } from './probing.ts';
import { quietOf } from './quiet.ts';
import { chooseFormat, openResultsPrinter } from './results-printer.ts';
import { newRun } from './run-info.ts';
import { report } from './setting.ts';
import type { World } from './world.ts';

export interface DryWork {
  readonly config: Config;
  readonly due: readonly Service[];
  readonly leaving: readonly Leaving[];
  readonly records: ReadonlyMap<string, ServiceRecord>;
  /** null: there is none yet */
  readonly state: State | null;
}

/** `run --dry-run`: probes and decides, says what would be announced; starts no hook and remembers nothing. */
export async function dryRun(
  { config, due, leaving, records, state }: DryWork,
  options: Options,
  world: World,
): Promise<number> {
  const canaries = due.length > 0 ? config.canaries : [];
  const jobs = await prepareJobs([...canaries, ...due], world);
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
  const probed = new Set(jobs.map(({ service }) => service.name));
  const announce = (drafts: readonly Draft[], whose: Pick<Service, 'hooks' | 'name'>) =>
    announcements.push(...drafts.map((draft) => announcementOf(draft, whose, config, world)));
  const judge = createJudge({
    config,
    isExpected: (name) => probed.has(name),
    records: () => records,
    mayBeDown: () => false,
    tellsFlapping: ({ hooks }) => hooksFor('flapping', hooks, config, world).length > 0,
    quiet: await quietOf(due, state === null ? [] : readSilences(state), world),
    run,
    time,
    onIsolation: ({ drafts }) => announce(drafts, { name: 'puptime', hooks: { replace: false, run: {} } }),
  });
  const handle = async (service: Service, seen: Result) => {
    const { result, decision } = await judge.judge(service, seen);
    statuses.push(result.status);
    printer.add({ ...result, events: decision.drafts.map(({ event }) => event) });
    announce(decision.drafts, service);
  };
  const handled: Promise<void>[] = [];
  const onResult = (service: Service, result: Result) =>
    canaries.includes(service) ? judge.hear(result) : handled.push(handle(service, result));
  const onPassedOver = ({ name }: Service) => judge.pass(name);
  const concurrency = options.concurrency ?? config.concurrency;
  const { per_host } = config;
  const probing = { run, concurrency, per_host, signal: interruption.probes, onResult, onPassedOver };
  await probeJobs(jobs, probing, world);
  judge.end();
  await Promise.all(handled);
  interruption.end();
  await printer.finish();
  for (const line of announcements) report(world, line);
  if (announcements.length === 0) report(world, 'nothing would be announced');
  const status = options['exit-status'] === true ? STATUS_NUMBER[worstStatus(statuses)] : 0;
  return interruption.exitCode() ?? status;
}
