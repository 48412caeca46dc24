import type { JsonObject } from '../../words/json.ts';
import { InvalidOptions, type Prober } from '../prober.ts';
import { TLS_PREFER } from '../wire/certificates.ts';
import type { Asking } from './dns/ask.ts';
import { askAll } from './dns/ask-all.ts';
import type { Agreement } from './dns/compare-servers.ts';
import { DNS_FACTS } from './dns/dns-facts.ts';
import { DNS_OPTIONS, type DnsOptions, flagsOf, parseServers, refuseIdle } from './dns/dns-options.ts';
import { questionOf } from './dns/question.ts';
import { TYPE } from './dns/record-types.ts';

const TRANSPORTS: {
  readonly [scheme: string]: { readonly transport: Asking['transport']; readonly port: number };
} = {
  dns: { transport: 'udp', port: 53 },
  'dns+tcp': { transport: 'tcp', port: 53 },
  'dns+tls': { transport: 'tls', port: 853 },
  'dns+https': { transport: 'https', port: 443 },
};

export const dns: Prober<DnsOptions, typeof DNS_FACTS> = {
  type: 'dns',
  proves:
    'The server answers the very question without an error and with a record; with `servers`, several of them agree. One question goes to each server; an answer over UDP that was truncated is asked for again over TCP.',
  schemes: [
    { scheme: 'dns', port: 53, shape: 'path' },
    { scheme: 'dns+tcp', port: 53, shape: 'path' },
    { scheme: 'dns+tls', port: 853, tls: true, shape: 'path' },
    { scheme: 'dns+https', port: 443, tls: true, shape: 'path' },
  ],
  example: 'dns://ns1.example.org/example.org?type=MX',
  options: DNS_OPTIONS,
  facts: DNS_FACTS,
  codes: {
    status: 'the answer is an error, such as NXDOMAIN, SERVFAIL or REFUSED',
    assertion:
      'there is no record of that type, or there are others than expected (`answers`); a lame delegation, with `authoritative` (`flags`)',
    mismatch: '`servers` do not agree',
    expiring: 'a signature of the answer has expired, with `do`',
    protocol: 'the answer is none to the question that was asked',
    timeout: 'it answers nothing; it is itself the service, so that is down and not unknown',
  },
  defaults: (options, scheme) => ({
    expect: {
      rcode: 'NOERROR',
      // Whoever expects NXDOMAIN expects no answer with it.
      answers: { count: '>= 1', when: { rcode: 'NOERROR' } },
      ...(options.authoritative === true ? { flags: 'aa' } : {}),
      ...(options.servers === undefined ? {} : { differing: { count: 0 } }),
      ...(options.do === true ? VALID_SIGNATURES : {}),
    },
    ...(scheme === 'dns+tls' || scheme === 'dns+https' ? { prefer: TLS_PREFER } : {}),
  }),
  prepare({ target, options }) {
    const way = target === null ? undefined : TRANSPORTS[target.scheme];
    if (target === null || way === undefined || target.host === '')
      throw new InvalidOptions('target', 'it names no server, expected dns://SERVER/NAME?type=MX');
    const { host } = target;
    const question = questionOf(target);
    const soa = question.type === TYPE.SOA;
    refuseIdle(options, target.scheme, soa);
    const asking: Asking = {
      transport: way.transport,
      question,
      flags: flagsOf(options),
      tries: options.tries ?? 1,
      https: { path: options.path ?? '/dns-query', method: options.method ?? 'POST' },
    };
    const servers = parseServers(options.servers ?? [], way.port);
    const agreement: Agreement = {
      soa,
      maxSkew: options.max_skew ?? 0,
      authoritative: options.authoritative === true,
    };
    return {
      endpoint: { host, port: target.port ?? way.port },
      run: (context) => askAll(context, asking, servers, agreement),
    };
  },
};

/** An answer without signatures says nothing about them. */
const VALID_SIGNATURES: JsonObject = { rrsig_days: { any_of: ['>= 0', { exists: false }] } };
