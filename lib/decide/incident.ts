import { showDuration } from '../words/duration-text.ts';
import type { DraftIncident } from '../words/draft.ts';

/** An incident whose id is stamped when it is committed. It begins with the first failing result of its streak. */
export function beginIncident(started: string): DraftIncident {
  return { id: null, started, ended: null, duration_s: null, reminders: 0 };
}

/** The incident as it is once the decision has been made, at `time`, that it is over. */
export function endIncident(incident: DraftIncident, time: string): DraftIncident {
  return { ...incident, ended: time, duration_s: lasted_ms(incident, time) / 1000 };
}

/** How long it lasted, for people. */
export function showLasted(incident: DraftIncident, time: string): string {
  return showDuration(lasted_ms(incident, time));
}

/** Never negative: the clock may have been set back meanwhile. */
function lasted_ms(incident: DraftIncident, time: string): number {
  return Math.max(0, Date.parse(time) - Date.parse(incident.started));
}
