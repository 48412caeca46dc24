import type { Job } from './job.ts';

/** Probes of one host at once, where the config says nothing. */
const USUAL = 32;

/** How many probes of its host may be in flight together with this one, and which host that is; null: as many as there are. */
export function hostLimit(
  job: Job,
  per_host: number | null,
): { readonly host: string; readonly most: number } | null {
  const { endpoint } = job.probe;
  if (endpoint === null) return null;
  const host = (job.service.resolve ?? endpoint.host).toLowerCase();
  if (per_host !== null) return { host, most: per_host };
  return isThisHost(host) ? null : { host, most: USUAL };
}

/** What is asked here costs nobody else anything. */
function isThisHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
