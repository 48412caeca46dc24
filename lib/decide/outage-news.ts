import { showDuration } from '../words/duration-text.ts';
import type { Draft } from '../words/draft.ts';
import { common, late, type Outcome } from './outcome.ts';
import { draft } from './draft.ts';
import { flipsIn } from './flapping.ts';
import { endIncident, showLasted } from './incident.ts';
import { isReminderDue } from './reminder.ts';

/** on_up: at once, whatever holds. Of an outage that nobody was told of there is nothing to say. */
export function recovery(outcome: Outcome): readonly Draft[] {
  const { before, after, result } = outcome;
  const { told, incident } = before;
  if (after.status === 'down' || after.status === 'unknown' || !(told.down || told.perhaps === true))
    return [];
  const back = incident === null ? 'back' : `back after ${showLasted(incident, result.time)}`;
  const telling = {
    // Told of a down that is not remembered: the memory of it was damaged.
    cause: incident === null || !told.down ? 'state_lost' : null,
    incident: incident && endIncident(incident, result.time),
    summary: `${back}: ${result.summary}`,
  };
  return [draft('up', result, { ...common(outcome), ...telling })];
}

/** on_flapping: when it starts and when it stops. */
export function flapping(outcome: Outcome): readonly Draft[] {
  const { before, after, result } = outcome;
  const [was, is] = [before.flapping !== null, after.flapping !== null];
  if (was === is) return [];
  const cause = is ? 'started' : 'stopped';
  const summary = `${cause} flapping: ${flipsIn(after.flips)} times up or down in its last 20 runs`;
  return [draft('flapping', result, { ...common(outcome), cause, summary })];
}

/** on_down: with a failing result alone, though it may still count as down after a good one. */
export function outage(outcome: Outcome): readonly Draft[] {
  const { before, after, result } = outcome;
  if (after.status !== 'down' || before.told.down || after.held !== null || result.status !== 'down')
    return [];
  const waited = late(outcome);
  const { incident } = after;
  const summary =
    waited.cause === undefined || incident === null
      ? result.summary
      : `${result.summary}; down for ${showLasted(incident, result.time)}, held back until now`;
  return [draft('down', result, { ...common(outcome), ...waited, summary })];
}

/** on_reminder: still down, still failing, and time has passed since it was last said. */
export function reminder(outcome: Outcome): readonly Draft[] {
  const { before, after, result, policy } = outcome;
  const { incident } = after;
  if (after.status !== 'down' || result.status !== 'down' || after.held !== null || incident === null)
    return [];
  if (!isReminderDue(before, policy, Date.parse(result.time))) return [];
  const lasted_ms = Math.max(0, Date.parse(result.time) - Date.parse(incident.started));
  return [
    draft('reminder', result, {
      ...common(outcome),
      incident: { ...incident, reminders: incident.reminders + 1 },
      summary: `still down after ${showDuration(lasted_ms)}: ${result.summary}`,
    }),
  ];
}
