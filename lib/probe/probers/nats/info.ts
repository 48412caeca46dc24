import type { FactsOf } from '../../../words/fact.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { NATS_FACTS } from './nats-facts.ts';

/** What a server says of itself, every field unchecked. Source: docs.nats.io, Client Protocol, INFO. */
export type NatsInfo = { readonly [field: string]: unknown };

const MAX_URLS = 100;

/** Takes the JSON behind `INFO `. Throws protocol. */
export function parseInfo(text: string, peer: string): NatsInfo {
  const info = objectIn(text);
  if (info === null) {
    const got = safeLine(text, 60);
    return fail('protocol', 'protocol', `${peer} sent an INFO that is no JSON object: ${got}`, { got });
  }
  return info;
}

/** Fields that are not there leave their facts absent. */
export function infoFacts(info: NatsInfo): FactsOf<typeof NATS_FACTS> {
  const urls = info['connect_urls'];
  return {
    version: wordIn(info, 'version'),
    server_name: wordIn(info, 'server_name'),
    server_id: wordIn(info, 'server_id'),
    cluster: wordIn(info, 'cluster'),
    max_payload: typeof info['max_payload'] === 'number' ? info['max_payload'] : null,
    jetstream: info['jetstream'] === true,
    lame_duck: info['ldm'] === true,
    auth_required: info['auth_required'] === true,
    connect_urls: Array.isArray(urls)
      ? urls.slice(0, MAX_URLS).flatMap((url) => (typeof url === 'string' ? [safeLine(url)] : []))
      : null,
  };
}

function wordIn(info: NatsInfo, field: string): string | null {
  const value = info[field];
  return typeof value === 'string' ? safeLine(value) : null;
}

function objectIn(text: string): NatsInfo | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}
