import type { Delivery, DeliveryState } from '../words/delivery.ts';
import { safeLine, safeText } from '../words/safe-text.ts';
import { isUnderWay, type KnownDelivery } from './known-deliveries.ts';

/** Why a hook may not run as it is; null when it may, or when that cannot be told. */
export type Refusal = (known: KnownDelivery) => string | null;

/** The same as plain JSON, as it is printed. */
export function deliveryRecord(known: KnownDelivery, refusal: Refusal = () => null): Delivery {
  const { event, line, entry, letter, hook } = known;
  const refused = entry === null || isSettledState(stateOf(known)) ? null : refusal(known);
  const output = letter?.output ?? (line !== undefined && 'output' in line ? line.output : null);
  const reason = refused ?? reasonOf(known);
  return {
    schema: 'puptime.delivery.v1',
    id: known.id,
    event: known.kind,
    service: known.service,
    incident: event?.incident?.id ?? null,
    state: refused === null ? stateOf(known) : 'refused',
    hook: hook?.path ?? null,
    attempts: letter?.attempts ?? line?.n ?? 0,
    next: line?.k === 'failed' ? timeOf(line.next) : null,
    reason: reason === null ? null : safeLine(reason, 500),
    output: output === null || output === '' ? null : safeText(output, 4096),
    time: event?.time ?? null,
    committed: entry === null ? null : timeOf(entry.committed),
    ended: endedOf(known),
    summary: event === null ? null : safeLine(event.summary, 500),
  };
}

function stateOf({ letter, line, hook, entry }: KnownDelivery): DeliveryState {
  if (letter !== null) return 'dead';
  if (line !== undefined) return line.k;
  const isPrinted = hook === null && entry !== null && entry.record !== null;
  return isPrinted ? 'unacknowledged' : 'waiting';
}

function isSettledState(state: DeliveryState): boolean {
  return state === 'done' || state === 'dropped' || state === 'dead' || state === 'unacknowledged';
}

function reasonOf(known: KnownDelivery): string | null {
  const { letter, line, behind, hook } = known;
  if (letter !== null) return letter.reason;
  switch (line?.k) {
    case 'started':
      return isUnderWay(known) ? `it runs, as process group ${line.pid}` : 'it was cut short with its runner';
    case 'failed':
    case 'dead':
    case 'dropped':
      return line.why;
    case 'done':
      return null;
    case undefined:
      if (hook === null) return null;
      return behind ? 'an earlier event of its service comes first' : null;
  }
}

function endedOf({ letter, line }: KnownDelivery): string | null {
  if (letter !== null) return timeOf(letter.died);
  return line?.k === 'done' || line?.k === 'dropped' ? timeOf(line.t) : null;
}

/** What is damaged on disk must not stop those who look. */
function timeOf(ms: number): string | null {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
