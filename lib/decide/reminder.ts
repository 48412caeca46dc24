import type { Policy, Remind } from '../words/policy.ts';
import type { WholeRecord } from '../words/record.ts';
import { early } from './tolerance.ts';

type Announced = Pick<WholeRecord, 'announced' | 'incident' | 'told'>;

/** When the next reminder is due, ms since 1970; null: none is to come, because it is not announced down or none is wanted. */
export function reminderAt(record: Announced, { remind }: Pick<Policy, 'remind'>): number | null {
  const { announced, incident, told } = record;
  if (remind === null || incident === null || !told.down) return null;
  return Date.parse(announced ?? incident.started) + pause(remind, incident.reminders);
}

/** Whether it is time; also when the announcement lies in the future, because the clock was set back. */
export function isReminderDue(record: Announced, policy: Pick<Policy, 'remind'>, now: number): boolean {
  const at = reminderAt(record, policy);
  if (at === null || record.incident === null) return false;
  const last = Date.parse(record.announced ?? record.incident.started);
  return now >= at - early(at - last) || last > now;
}

function pause({ every_ms, factor, max_ms }: Remind, reminders: number): number {
  const grown = every_ms * factor ** Math.min(reminders, 1000);
  return Math.min(grown, max_ms ?? Number.MAX_SAFE_INTEGER);
}
