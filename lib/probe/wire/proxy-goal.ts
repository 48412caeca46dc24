import type { JsonSchema } from '../../words/json.ts';
import { safeLine } from '../../words/safe-text.ts';
import { type Endpoint, InvalidOptions, PLACEHOLDER, type Target } from '../prober.ts';

/** The option of a proxy that is probed itself: where it is to lead. */
export const PROXY_GOAL_SCHEMA: JsonSchema = {
  type: 'string',
  minLength: 1,
  description:
    'HOST:PORT that it is asked to connect to, instead of as the path of the target; a name is resolved by the proxy',
};

/** Where a proxy is to lead, by its option `to` or the path of its target; null when neither says so. Throws InvalidOptions. */
export function proxyGoal(target: Target, to: string | undefined): Endpoint | null {
  const path = target.path.replace(/^\//, '');
  if (target.raw.includes('?'))
    throw new InvalidOptions(
      'target',
      'it has a query, which has no meaning here; expected HOST:PORT as path',
    );
  if (to !== undefined && path !== '')
    throw new InvalidOptions('to', 'the target has a path, too: say in one place where it is to lead');
  if (to !== undefined) return endpointIn('to', to);
  return path === '' ? null : endpointIn('target', path);
}

function endpointIn(key: string, text: string): Endpoint {
  if (text === PLACEHOLDER) return { host: text, port: 1 };
  const [, bracketed, named, digits = ''] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]{1,253})):(\w+)$/.exec(text) ?? [];
  const host = bracketed ?? named;
  const port = digits === PLACEHOLDER ? 1 : /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  if (host === undefined || port < 1 || port > 65_535 || (bracketed !== undefined && !isIpv6(bracketed)))
    throw new InvalidOptions(
      key,
      `saw "${safeLine(text, 60)}" as where it is to lead, expected HOST:PORT such as example.org:443`,
    );
  return { host, port };
}

function isIpv6(text: string): boolean {
  return URL.canParse(`http://[${text}]`);
}
