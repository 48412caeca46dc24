import { InvalidOptions, PLACEHOLDER, type Prober, type Target, fail } from '../prober.ts';
import { type Place, hrefOf, placeOfLocation } from '../wire/http/place.ts';
import { DOMAIN_CODES, DOMAIN_FACTS } from './domain/domain-facts.ts';
import { knownRegistration } from './domain/kept-answer.ts';
import { daysUntil } from './domain/registration.ts';

const SERVER = 'https://rdap.org';

interface Options {
  readonly server?: string;
}

export const domain: Prober<Options, typeof DOMAIN_FACTS> = {
  type: 'domain',
  proves:
    'The domain is registered, is not about to end, and is neither on hold nor being deleted, by the word of its registry (RDAP). That is asked once a day, whatever the interval, and kept in $XDG_CACHE_HOME/puptime (/var/cache/puptime for root); after an error it waits ten minutes to a day. Where the registry cannot be asked, what it said in the last 30 days still holds.',
  schemes: [{ scheme: 'domain', port: null, shape: 'host' }],
  example: 'domain://example.org',
  options: {
    server: {
      type: 'string',
      pattern: '^https?://',
      description: `base URL of an RDAP server (default ${SERVER}, which sends us on to the registry of the domain)`,
    },
  },
  facts: DOMAIN_FACTS,
  proxy: true,
  codes: DOMAIN_CODES,
  defaults: () => ({
    expect: { delegated: true, expires_days: { any_of: ['>= 0', { exists: false }] } },
    prefer: { expires_days: '>= 30', asked_s: '<= 259200' },
  }),
  prepare({ target, options }) {
    const name = nameOf(target);
    const place = placeOf(options.server ?? SERVER, name);
    return {
      endpoint: { host: place.host, port: place.port },
      async run(context) {
        const known = await knownRegistration(place, `rdap ${hrefOf(place)}`, name, context);
        const { registration, refusal, told_at } = known;
        if (registration === null)
          return fail(refusal?.code ?? 'status', 'protocol', refusal?.text ?? `nothing is known of ${name}`);
        if (refusal !== null) context.show(refusal.text);
        const now = context.now();
        context.see({
          ...registration,
          expires_days: daysUntil(registration.expires, now),
          asked_s: Math.max(0, Math.round((now - told_at) / 1000)),
        });
      },
    };
  },
};

function nameOf(target: Target | null): string {
  const name = target?.host.toLowerCase().replace(/\.$/, '') ?? '';
  const isName = /^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/.test(name) && !/^[\d.]+$/.test(name);
  if (!isName && name !== PLACEHOLDER)
    throw new InvalidOptions('target', 'it names no domain, expected one such as domain://example.org');
  if (target?.port !== null || target.username !== null || target.password !== null)
    throw new InvalidOptions(
      'target',
      'it has a port or a login, expected only a domain: domain://example.org',
    );
  return name;
}

/** RFC 9082 §3.1.3. */
function placeOf(server: string, name: string): Place {
  const base = placeOfLocation(server, { scheme: 'https', host: 'localhost', port: 443, path: '/' });
  if (typeof base === 'string' || base.path.includes('?'))
    throw new InvalidOptions('server', `expected the base URL of an RDAP server, such as ${SERVER}`);
  return { ...base, path: `${base.path.replace(/\/+$/, '')}/domain/${name}` };
}
