import { renderNagios } from '../lib/report/nagios.ts';
import { lastDuration, type LastRun, type RememberedState } from '../lib/report/remembered-state.ts';
import { renderStatusLines, renderStatusList } from '../lib/report/status-json.ts';
import { renderStatusMetrics } from '../lib/report/status-metrics.ts';
import { renderStatusTable } from '../lib/report/status-table.ts';
import { prepareQuiet } from '../lib/schedule/quiet.ts';
import { loadRun } from '../lib/state/run-file.ts';
import { readSilences } from '../lib/state/silences.ts';
import type { State } from '../lib/state/state-directory.ts';
import { showDuration } from '../lib/words/duration-text.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { ISOLATION, type ServiceRecord } from '../lib/words/record.ts';
import type { Config } from '../lib/words/service.ts';
import { STATUS_NUMBER, worstStatus } from '../lib/words/status.ts';
import { durationOption } from './command-line.ts';
import { soundConfig } from './known-services.ts';
import type { Options } from './options.ts';
import { writeOut } from './output.ts';
import { remembered } from './remembered.ts';
import { usesColor } from './results-printer.ts';
import { select } from './select.ts';
import { report } from './setting.ts';
import type { World } from './world.ts';

/** `puptime status`: from memory alone, no network. The config, where there is a sound one, tells of maintenance windows. */
export async function status(options: Options, world: World): Promise<number> {
  const format = formatOf(options);
  const maxAge_ms = durationOption(options['max-age'], '--max-age');
  const config = await soundConfig(options, world);
  const { state, records } = remembered(options, config, world);
  const present = [...records.values()].filter(({ gone, service }) => gone === null && service !== ISOLATION);
  const chosen = select(present, options, ({ service, about }) => ({
    name: service,
    group: about?.group ?? null,
    tags: about?.tags ?? [],
  }));
  const isolation = records.get(ISOLATION)?.unknown ?? null;
  const shown: RememberedState = {
    services: await withQuiet(chosen, config, state, world),
    lastRun: state === null ? null : lastRunOf(state),
    cutOff: isolation === null ? null : { since: isolation.since, summary: isolation.summary },
  };
  if (options.quiet !== true) await writeOut(world.stdout, render(shown, format, options, world));
  if (maxAge_ms !== null) {
    const tooOld = staleness(shown.lastRun?.ended ?? null, maxAge_ms, world.now());
    if (tooOld !== null) {
      report(world, tooOld);
      return STATUS_NUMBER.unknown;
    }
  }
  // A plugin says it with its exit code, too.
  return options['exit-status'] === true || format === 'nagios'
    ? STATUS_NUMBER[worstStatus(chosen.map((record) => record.status))]
    : EXIT.ok;
}

const FORMATS = ['human', 'json', 'ndjson', 'nagios', 'prometheus'] as const;
type Format = (typeof FORMATS)[number];

function formatOf({ json, output = 'human' }: Options): Format {
  if (json === true) return 'ndjson';
  const format = FORMATS.find((one) => one === output);
  if (format !== undefined) return format;
  throw new UserError(EXIT.usage, `status -o ${output}: expected human, json, ndjson, nagios or prometheus`);
}

async function withQuiet(
  records: readonly ServiceRecord[],
  config: Config | null,
  state: State | null,
  world: World,
): Promise<RememberedState['services']> {
  const windows = new Map((config?.services ?? []).map(({ name, maintenance }) => [name, maintenance]));
  const silences = state === null ? [] : readSilences(state);
  const { zone } = world;
  const quiet = await prepareQuiet({ silences, now: world.now(), zone, windows: [...windows.values()] });
  return records.map((record) => {
    const { service: name, about } = record;
    const subject = { name, group: about?.group ?? null, tags: about?.tags ?? [] };
    return { record, quiet: quiet({ ...subject, maintenance: windows.get(name) ?? [] }) };
  });
}

function lastRunOf(state: State): LastRun {
  const run = loadRun(state);
  return run === null
    ? null
    : { id: run.id, started: run.started, ended: run.ended, exit_code: run.exit_code };
}

function render(state: RememberedState, format: Format, options: Options, world: World): string {
  switch (format) {
    case 'ndjson':
      return renderStatusLines(state);
    case 'json':
      return renderStatusList(state);
    case 'prometheus':
      return renderStatusMetrics(state);
    case 'nagios':
      return renderNagios(
        state.services.map(({ record }) => ({ ...record, duration_ms: lastDuration(record), metrics: {} })),
      );
    case 'human': {
      const { stdout, zone } = world;
      const columns = stdout.isTTY === true ? stdout.columns || 80 : null;
      return renderStatusTable(state, {
        color: usesColor(options, world, stdout),
        now: world.now(),
        zone,
        columns,
      });
    }
  }
}

/** What is wrong with the age of the last finished run; null when it is young enough. */
function staleness(ended: string | null, maxAge_ms: number, now: number): string | null {
  if (ended === null) return 'no run has ended yet: is the crontab line or timer there?';
  const age_ms = now - Date.parse(ended);
  if (age_ms <= maxAge_ms) return null;
  return `the last run ended ${showDuration(age_ms)} ago (${ended}), expected at most ${showDuration(maxAge_ms)}: is cron or the timer still running it?`;
}
