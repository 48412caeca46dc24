import { type Json, isObject } from '../../../words/json.ts';
import { Fault, type ProbeContext } from '../../prober.ts';
import { type HeaderList, headerValue } from '../../wire/http/header-list.ts';
import type { Place } from '../../wire/http/place.ts';
import { askRdap } from './ask-rdap.ts';
import { type Registration, registrationIn } from './registration.ts';

/** What a registry said, and until when it is not asked again. Times are ms since 1970. */
interface Kept {
  /** null when it has none, or never said */
  readonly registration: Registration | null;
  /** when the registration was told */
  readonly told_at: number;
  readonly ask_again_at: number;
  /** an answer that was none, in words; null when the last answer was one */
  readonly refusal: { readonly code: 'status' | 'overloaded'; readonly text: string } | null;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** A registration ends on its date, whoever is asked: what was told is of use for so long. */
const USEFUL_MS = 30 * DAY_MS;

/** What is known of it: what was kept for less than a day, else asked now; else, where that fails, what was kept before. */
export async function knownRegistration(
  place: Place,
  key: string,
  name: string,
  context: ProbeContext,
): Promise<Kept> {
  const now = context.now();
  const kept = keptIn(await context.recall(key), now);
  if (kept !== null && now < kept.ask_again_at) return kept;
  const isUseful = kept !== null && kept.registration !== null && now - kept.told_at < USEFUL_MS;
  const useful = isUseful ? kept : null;
  try {
    const fresh = await ask(place, name, useful, context);
    await context.remember(key, { ...fresh });
    return fresh;
  } catch (error) {
    if (!(error instanceof Fault) || useful === null) throw error;
    return { ...useful, refusal: { code: 'status', text: error.finding.text } };
  }
}

async function ask(place: Place, name: string, before: Kept | null, context: ProbeContext): Promise<Kept> {
  const { status, headers, json, who } = await askRdap(place, context);
  const now = context.now();
  if (status === 200) {
    const registration = registrationIn(json, name, who);
    return { registration, told_at: now, ask_again_at: now + DAY_MS, refusal: null };
  }
  if (status === 404) {
    const text = `${who} knows no domain ${name} (404): it is not registered, or its registry has no RDAP`;
    return {
      registration: null,
      told_at: now,
      ask_again_at: now + HOUR_MS,
      refusal: { code: 'status', text },
    };
  }
  const isBusy = status === 429;
  const text = isBusy
    ? `${who} has been asked too often (429)`
    : `${who} answers with ${String(status)} to the question for ${name}`;
  return {
    registration: before?.registration ?? null,
    told_at: before?.told_at ?? now,
    ask_again_at: now + pauseFor(headers, isBusy || status < 500 ? HOUR_MS : 10 * MINUTE_MS),
    refusal: { code: isBusy ? 'overloaded' : 'status', text },
  };
}

/** What Retry-After asks for in seconds (RFC 9110 §10.2.3), but neither less than usual nor more than a day. */
function pauseFor(headers: HeaderList, usual_ms: number): number {
  const said = headerValue(headers, 'retry-after') ?? '';
  const asked_ms = /^\d{1,9}$/.test(said) ? Number(said) * 1000 : 0;
  return Math.min(DAY_MS, Math.max(usual_ms, asked_ms));
}

/** Null for none, and for what a clock wrote that was ahead of today’s. */
function keptIn(value: Json | undefined, now: number): Kept | null {
  if (!isObject(value) || !('ask_again_at' in value) || !('told_at' in value)) return null;
  // The cache gives only what this version of puptime wrote.
  const kept = value as unknown as Kept;
  return kept.told_at <= now + MINUTE_MS && kept.ask_again_at <= now + DAY_MS + MINUTE_MS ? kept : null;
}
