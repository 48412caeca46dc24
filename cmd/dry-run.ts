import { decide } from '../lib/decide/decide.ts';
import { findHooks } from '../lib/deliver/hook-lookup.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import type { ServiceRecord } from '../lib/words/record.ts';
import type { Result } from '../lib/words/result.ts';
import type { Config, Service } from '../lib/words/service.ts';
import { STATUS_NUMBER, type Status, worstStatus } from '../lib/words/status.ts';
import { durationOption } from './command-line.ts';
import { listenForInterruption } from './interruption.ts';
import type { Options } from './options.ts';
import { probeServices } from './probing.ts';
import { chooseFormat, openResultsPrinter } from './results-printer.ts';
import { newRun } from './run-info.ts';
import { report } from './setting.ts';
import type { World } from './world.ts';

/** `run --dry-run`: probes and decides, says what would be announced; starts no hook and remembers nothing. */
export async function dryRun(
  config: Config,
  due: readonly Service[],
  records: ReadonlyMap<string, ServiceRecord>,
  options: Options,
  world: World,
): Promise<number> {
  const interruption = listenForInterruption(
    durationOption(options.deadline, '--deadline') ?? config.deadline_ms,
  );
  const printer = await openResultsPrinter(chooseFormat(options, world, false), due.length, options, world);
  const statuses: Status[] = [];
  const announcements: string[] = [];
  const onResult = (service: Service, result: Result) => {
    const before = records.get(service.name) ?? null;
    const { drafts } = decide({
      result,
      before,
      policy: service.policy,
      hooks: service.hooks,
      files: config.files,
    });
    statuses.push(result.status);
    printer.add({ ...result, events: drafts.map(({ event }) => event) });
    for (const draft of drafts) {
      const name = `on_${draft.event}`;
      const { hooks } = findHooks(name, service.hooks, { dir: config.hooks.dir, uid: world.uid });
      const who = hooks.length === 0 ? 'no hook is there for it' : hooks.map(({ path }) => path).join(', ');
      announcements.push(
        `would be announced: ${name} for ${safeLine(service.name)}: ${safeLine(draft.summary)} (${who})`,
      );
    }
  };
  const concurrency = options.concurrency ?? config.concurrency;
  await probeServices(
    due,
    { run: newRun(config.hash, world), concurrency, signal: interruption.probes, onResult },
    world,
  );
  interruption.end();
  await printer.finish();
  for (const line of announcements) report(world, line);
  if (announcements.length === 0) report(world, 'nothing would be announced');
  const status = options['exit-status'] === true ? STATUS_NUMBER[worstStatus(statuses)] : 0;
  return interruption.exitCode() ?? status;
}
