import type { FactsOf } from '../../../words/fact.ts';
import { type Json, type JsonObject, isObject } from '../../../words/json.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { DOMAIN_FACTS } from './domain-facts.ts';

const DAY_MS = 86_400_000;
const MOST = 50;

/** Source: the status values of RFC 8056, from those of EPP and the grace periods. */
const LOST = ['client hold', 'server hold', 'inactive', 'redemption period', 'pending delete'];

/** What of RDAP’s domain object (RFC 9083 §5.3) is kept: plain facts, and the end as a date. */
export type Registration = FactsOf<Omit<typeof DOMAIN_FACTS, 'expires_days' | 'asked_s'>>;

/** Throws protocol for what is no answer about this name. */
export function registrationIn(answer: Json | undefined, name: string, who: string): Registration {
  if (!isForeignObject(answer) || (answer['objectClassName'] !== 'domain' && !isText(answer['ldhName'])))
    return fail('protocol', 'protocol', `${who} does not answer with a domain object of RDAP`, {
      expected: 'objectClassName: domain',
    });
  const told = answer['ldhName'];
  if (isText(told) && told.toLowerCase().replace(/\.$/, '') !== name)
    fail('protocol', 'protocol', `${who} answers for another name`, { expected: name, got: safeLine(told) });
  const status = texts(answer['status']);
  const { secureDNS } = answer;
  const signed = isForeignObject(secureDNS) ? secureDNS['delegationSigned'] : null;
  return {
    expires: expiryIn(answer['events']),
    registrar: registrarIn(answer['entities']),
    status,
    delegated: !status.some((one) => LOST.includes(one)),
    nameservers: texts(objects(answer['nameservers']).map((server) => server['ldhName'] ?? null)).sort(),
    signed: typeof signed === 'boolean' ? signed : null,
  };
}

export function daysUntil(expires: string | null | undefined, now: number): number | null {
  return isText(expires) ? (Date.parse(expires) - now) / DAY_MS : null;
}

/** RFC 9083 §10.2.3: `expiration`, and what a registrar says of its own contract is not that. */
function expiryIn(events: Json | undefined): string | null {
  const dates = objects(events)
    .filter((event) => event['eventAction'] === 'expiration')
    .map((event) => (isText(event['eventDate']) ? Date.parse(event['eventDate']) : Number.NaN))
    .filter((time) => !Number.isNaN(time));
  const [first] = dates;
  return first === undefined ? null : new Date(first).toISOString().replace('.000Z', 'Z');
}

/** The name in the registrar’s jCard (RFC 7095), else its handle. */
function registrarIn(entities: Json | undefined): string | null {
  const registrar = objects(entities).find(({ roles }) => texts(roles).includes('registrar'));
  if (registrar === undefined) return null;
  const [, properties] = list(registrar['vcardArray']);
  const named = list(properties).find((property) => list(property)[0] === 'fn');
  const name = list(named)[3];
  const { handle } = registrar;
  const found = isText(name) ? name : isText(handle) ? handle : null;
  return found === null ? null : safeLine(found);
}

function texts(value: Json | undefined): string[] {
  return list(value)
    .filter(isText)
    .map((text) => safeLine(text.toLowerCase(), 255));
}

function objects(value: Json | undefined): JsonObject[] {
  return list(value).filter(isForeignObject);
}

function list(value: Json | undefined): readonly Json[] {
  return isList(value) ? value.slice(0, MOST) : [];
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isForeignObject(value: Json | undefined): value is JsonObject {
  return isObject(value);
}
