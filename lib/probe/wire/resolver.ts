import { Resolver as CaresResolver } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { CannotTell, Fault } from '../prober.ts';
import { errnoOf } from './errno.ts';
import { hasRoute } from './routes.ts';

export interface ResolvedName {
  readonly ip: string;
  readonly family: 4 | 6;
}

/**
 * Names to addresses: /etc/hosts, then the servers and search domains of /etc/resolv.conf. Each name is asked for once
 * per resolver, that is once per run. Never uses the thread pool, where a few dead names would block all others.
 */
export interface Resolver {
  /** All addresses, in the order in which to try them. Rejects with resolve_nxdomain, resolve_failed or resolver_silent. */
  resolve(host: string): Promise<readonly ResolvedName[]>;
  /** Gives up what is still asked; without it an unanswered query keeps the process alive. */
  cancel(): void;
}

export interface ResolverOptions {
  /** instead of those of resolv.conf: `127.0.0.1:5353` */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
  readonly resolvConf?: string;
  /** for one query to one server */
  readonly timeout_ms?: number;
  readonly tries?: number;
}

export function createResolver(options: ResolverOptions = {}): Resolver {
  const cares = new CaresResolver({ timeout: options.timeout_ms ?? 2000, tries: options.tries ?? 2 });
  if (options.servers) cares.setServers([...options.servers]);
  const hosts = lazy(() => parseHosts(readOrEmpty(options.hostsFile ?? '/etc/hosts')));
  const search = lazy(() => parseSearch(readOrEmpty(options.resolvConf ?? '/etc/resolv.conf')));
  const known = new Map<string, Promise<readonly ResolvedName[]>>();
  // IPv6 first where this host can reach it, as others on it would.
  const firstFamily = lazy(() => ({ family: hasRoute(6) ? 6 : 4 }) as const);
  const inOrder = (addresses: readonly ResolvedName[]) => ordered(addresses, firstFamily().family);

  const resolveUnknown = async (host: string): Promise<readonly ResolvedName[]> => {
    const family = isIP(host.replace(/%.*$/, ''));
    if (family === 4 || family === 6) return [{ ip: host, family }];
    const listed = hosts().get(host.toLowerCase().replace(/\.$/, ''));
    if (listed) return inOrder(listed);
    if (/^(?:.+\.)?localhost\.?$/i.test(host))
      return inOrder([
        { ip: '127.0.0.1', family: 4 },
        { ip: '::1', family: 6 },
      ]);
    return inOrder(await ask(cares, host, search()));
  };

  return {
    resolve(host) {
      const asked = known.get(host) ?? resolveUnknown(host);
      known.set(host, asked);
      return asked;
    },
    cancel: () => cares.cancel(),
  };
}

interface Search {
  readonly domains: readonly string[];
  readonly ndots: number;
}

/** Tries the name and its completions in the order of resolv.conf(5) until one exists. */
async function ask(cares: CaresResolver, host: string, search: Search): Promise<readonly ResolvedName[]> {
  let verdict: Error | null = null;
  for (const name of candidates(host, search)) {
    const answer = await askOne(cares, name, host);
    if (!(answer instanceof Error)) return answer;
    if (!(answer instanceof Fault)) throw answer;
    verdict ??= answer;
  }
  throw verdict ?? new Fault({ code: 'resolve_nxdomain', phase: 'resolve', text: `${host} does not exist` });
}

function candidates(host: string, { domains, ndots }: Search): string[] {
  if (host.endsWith('.')) return [host.slice(0, -1)];
  const completed = domains.map((domain) => `${host}.${domain}`);
  const dots = host.split('.').length - 1;
  return dots >= ndots ? [host, ...completed] : [...completed, host];
}

async function askOne(cares: CaresResolver, name: string, host: string): Promise<ResolvedName[] | Error> {
  const [v4, v6] = await Promise.allSettled([cares.resolve4(name), cares.resolve6(name)]);
  const found: ResolvedName[] = [
    ...(v4.status === 'fulfilled' ? v4.value.map((ip) => ({ ip, family: 4 as const })) : []),
    ...(v6.status === 'fulfilled' ? v6.value.map((ip) => ({ ip, family: 6 as const })) : []),
  ];
  if (found.length > 0) return found;
  const reasons = [v4, v6].flatMap((outcome) =>
    outcome.status === 'rejected' ? [errnoOf(outcome.reason) ?? String(outcome.reason)] : [],
  );
  return explainReasons(reasons, host);
}

function explainReasons(reasons: readonly string[], host: string): Error {
  const silent = reasons.find((reason) => ['ETIMEOUT', 'ECONNREFUSED', 'ECANCELLED'].includes(reason));
  if (silent !== undefined) {
    return new CannotTell(
      'resolver_silent',
      `this host’s resolver did not answer for ${host} (${silent}): check /etc/resolv.conf`,
    );
  }
  if (reasons.includes('ENOTFOUND')) {
    return new Fault({
      code: 'resolve_nxdomain',
      phase: 'resolve',
      text: `${host} does not exist (NXDOMAIN)`,
    });
  }
  if (reasons.every((reason) => reason === 'ENODATA')) {
    return new Fault({
      code: 'resolve_failed',
      phase: 'resolve',
      text: `${host} exists, but has no address`,
    });
  }
  if (reasons.includes('EBADNAME')) {
    return new Fault({
      code: 'resolve_nxdomain',
      phase: 'resolve',
      text: `${host} is no name that DNS can hold`,
    });
  }
  const named = reasons.find((reason) => reason !== 'ENODATA') ?? 'no answer';
  return new Fault({
    code: 'resolve_failed',
    phase: 'resolve',
    text: `the resolver could not resolve ${host} (${named.replace(/^E/, '')})`,
  });
}

function ordered(addresses: readonly ResolvedName[], first: 4 | 6): ResolvedName[] {
  const unique = addresses.filter(
    (address, index) => addresses.findIndex(({ ip }) => ip === address.ip) === index,
  );
  return [
    ...unique.filter(({ family }) => family === first),
    ...unique.filter(({ family }) => family !== first),
  ];
}

function parseHosts(text: string): Map<string, ResolvedName[]> {
  const hosts = new Map<string, ResolvedName[]>();
  for (const line of text.split('\n')) {
    const [ip = '', ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    const family = isIP(ip);
    if (family !== 4 && family !== 6) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      const listed = hosts.get(key);
      if (listed) listed.push({ ip, family });
      else hosts.set(key, [{ ip, family }]);
    }
  }
  return hosts;
}

function parseSearch(text: string): Search {
  let domains: string[] = [];
  let ndots = 1;
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.trim().split(/\s+/);
    if (word === 'search' || word === 'domain')
      domains = rest
        .slice(0, 6)
        .map((domain) => domain.replace(/\.$/, ''))
        .filter(Boolean);
    if (word !== 'options') continue;
    for (const option of rest) if (/^ndots:\d+$/.test(option)) ndots = Math.min(15, Number(option.slice(6)));
  }
  return { domains, ndots };
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Without the file there are no such names: what resolver(5) does, too.
    return '';
  }
}

function lazy<T extends object>(make: () => T): () => T {
  let made: T | null = null;
  return () => (made ??= make());
}
