import type { JsonSchema } from '../../../words/json.ts';
import { InvalidOptions } from '../../prober.ts';
import type { QueryFlags } from './query.ts';

/** What dns adds to a service. */
export interface DnsOptions {
  readonly rd?: boolean;
  readonly ad?: boolean;
  readonly cd?: boolean;
  readonly do?: boolean;
  readonly edns?: number;
  readonly authoritative?: boolean;
  readonly servers?: readonly string[];
  readonly max_skew?: number;
  readonly tries?: number;
  readonly path?: string;
  readonly method?: 'GET' | 'POST';
}

export const DNS_OPTIONS: { readonly [key: string]: JsonSchema } = {
  rd: {
    type: 'boolean',
    description: 'asks the server to resolve what it does not know itself (recursion); default true',
  },
  ad: { type: 'boolean', description: 'asks to be told whether the answer was validated: the flag `ad`' },
  cd: { type: 'boolean', description: 'asks for the answer even if its signatures are wrong' },
  do: {
    type: 'boolean',
    description:
      'asks for signatures (DNSSEC) too; then a signature in the answer that has expired is down: `rrsig_days`',
  },
  edns: {
    type: 'integer',
    minimum: 512,
    maximum: 65_535,
    description:
      'bytes of an answer over UDP that are said to be welcome; without it plain DNS is spoken (512), with `do` it is 1232',
  },
  authoritative: {
    type: 'boolean',
    description:
      'true: the server must answer of its own authority, or it is a lame delegation: the flag `aa`',
  },
  servers: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    minItems: 1,
    maxItems: 32,
    description:
      'further servers, HOST or HOST:PORT, that are asked the same at the same time and must agree: `differing`',
  },
  max_skew: {
    type: 'integer',
    minimum: 0,
    maximum: 2_147_483_647,
    description: 'how far the serials of `servers` may be apart with type=SOA; default 0',
  },
  tries: {
    type: 'integer',
    minimum: 1,
    maximum: 10,
    description:
      'how many times in all the question is sent over UDP, in equal shares of the timeout, while no answer comes; default 1',
  },
  path: {
    type: 'string',
    pattern: '^/[!-~]*$',
    description: 'where dns+https asks; default /dns-query',
  },
  method: { enum: ['GET', 'POST'], description: 'how dns+https asks; default POST' },
};

/** UDP answers of this size pass everywhere (DNS flag day 2020). */
const USUAL_EDNS = 1232;

export function flagsOf(options: DnsOptions): QueryFlags {
  const { rd = true, ad = false, cd = false, do: dnssec = false, edns } = options;
  return { rd, ad, cd, do: dnssec, edns: edns ?? (dnssec ? USUAL_EDNS : null) };
}

/** Refuses options that this target would leave without effect. */
export function refuseIdle(options: DnsOptions, scheme: string, soa: boolean): void {
  const idle = (key: keyof DnsOptions, needs: string): never => {
    throw new InvalidOptions(key, `it says nothing here, expected only with ${needs}`);
  };
  if (options.tries !== undefined && scheme !== 'dns') idle('tries', 'a target dns://');
  if (options.path !== undefined && scheme !== 'dns+https') idle('path', 'a target dns+https://');
  if (options.method !== undefined && scheme !== 'dns+https') idle('method', 'a target dns+https://');
  if (options.max_skew !== undefined && (!soa || options.servers === undefined))
    idle('max_skew', 'type=SOA and `servers`');
}

/** One server of `servers`. */
export interface Server {
  readonly host: string;
  readonly port: number;
}

/** `192.0.2.1`, `ns2.example.org:5353`, `2001:db8::1`, `[2001:db8::1]:53`. Throws InvalidOptions. */
export function parseServers(written: readonly string[], port: number): readonly Server[] {
  return written.map((text, index) => {
    const [, bracketed, bare, digits] =
      /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s/]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
    const host = bracketed ?? bare ?? (/^[0-9A-Fa-f:.]+:[0-9A-Fa-f:.]*$/.test(text) ? text : null);
    const chosen = digits === undefined ? port : Number(digits);
    if (host === null || chosen < 1 || chosen > 65_535) {
      throw new InvalidOptions(
        `servers[${String(index)}]`,
        `it is no server, expected HOST, HOST:PORT or [IPV6]:PORT`,
      );
    }
    return { host, port: chosen };
  });
}
