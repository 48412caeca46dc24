import { renderStatusJson, renderStatusTable } from '../lib/report/status-table.ts';
import { loadRun } from '../lib/state/run-file.ts';
import { showDuration } from '../lib/words/duration-text.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import type { ServiceRecord } from '../lib/words/record.ts';
import { STATUS_NUMBER, worstStatus } from '../lib/words/status.ts';
import { durationOption } from './command-line.ts';
import type { Options } from './options.ts';
import { writeOut } from './output.ts';
import { usesColor } from './results-printer.ts';
import { select } from './select.ts';
import { remembered } from './remembered.ts';
import { namesState, readConfigIfThere, report } from './setting.ts';
import type { World } from './world.ts';

/** `puptime status`: from memory alone, no network. */
export async function status(options: Options, world: World): Promise<number> {
  if (options.output !== undefined && !['human', 'json', 'ndjson'].includes(options.output)) {
    throw new UserError(EXIT.usage, `status -o ${options.output}: expected human, json or ndjson`);
  }
  const maxAge_ms = durationOption(options['max-age'], '--max-age');
  // Of the config only its `state:` matters here, and not even that where the state is named.
  const config = namesState(options, world) ? null : await readConfigIfThere(options, world);
  const { state, records } = remembered(options, config, world);
  const present = [...records.values()].filter(({ gone }) => gone === null);
  const chosen = select(present, options, ({ service, about }) => ({
    name: service,
    group: about?.group ?? null,
    tags: about?.tags ?? [],
  }));
  if (options.quiet !== true) await writeOut(world.stdout, render(chosen, options, world));
  if (maxAge_ms !== null) {
    const tooOld = staleness(state === null ? null : (loadRun(state)?.ended ?? null), maxAge_ms, world.now());
    if (tooOld !== null) {
      report(world, tooOld);
      return STATUS_NUMBER.unknown;
    }
  }
  return options['exit-status'] === true
    ? STATUS_NUMBER[worstStatus(chosen.map((record) => record.status))]
    : EXIT.ok;
}

function render(records: readonly ServiceRecord[], options: Options, world: World): string {
  const json = options.json === true || options.output === 'json' || options.output === 'ndjson';
  if (json) return renderStatusJson(records);
  return renderStatusTable(records, { color: usesColor(options, world, world.stdout), now: world.now() });
}

/** What is wrong with the age of the last finished run; null when it is young enough. */
function staleness(ended: string | null, maxAge_ms: number, now: number): string | null {
  if (ended === null) return 'no run has ended yet: is the crontab line or timer there?';
  const age_ms = now - Date.parse(ended);
  if (age_ms <= maxAge_ms) return null;
  return `the last run ended ${showDuration(age_ms)} ago (${ended}), expected at most ${showDuration(maxAge_ms)}: is cron or the timer still running it?`;
}
