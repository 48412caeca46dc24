import type { FactTable } from '../../../words/fact.ts';
import type { ProbeContext } from '../../prober.ts';
import { TLS_FACTS } from '../../wire/certificates.ts';

export const DNS_FACTS = {
  rcode: {
    kind: 'word',
    code: 'status',
    codes: { NOERROR: 'assertion', NXDOMAIN: 'assertion' },
    meaning: 'what the server says of the question: NOERROR, NXDOMAIN, SERVFAIL, REFUSED …',
  },
  answers: {
    kind: 'list',
    meaning:
      'rdata of the records of the type asked for, found through CNAMEs: as in a zone file, names in lower case without final dot, strings of TXT joined; sorted. Where CNAMEs lead out of what the server knows, the last name. Empty when there are none',
  },
  nodata: {
    kind: 'bool',
    meaning: 'true when the name exists, or the server says so, but without a record of that type',
  },
  cnames: { kind: 'list', meaning: 'names that the one asked for leads to, in order' },
  authority: { kind: 'list', meaning: 'rdata of the authority section, sorted' },
  additional: { kind: 'list', meaning: 'rdata of the additional section, sorted; without OPT' },
  ttl_min: {
    kind: 'number',
    unit: 's',
    meaning: 'the least TTL of the records that answer, CNAMEs included; absent without an answer',
  },
  flags: { kind: 'list', meaning: 'flags of the answer that are set: aa, rd, ra, ad, cd, do' },
  serial: {
    kind: 'number',
    meaning: 'serial of the zone, where the answer has a SOA record: with type=SOA, or with no such record',
  },
  serials: { kind: 'numbers', meaning: 'the serials of this server and then of `servers`' },
  differing: {
    kind: 'list',
    code: 'mismatch',
    meaning: 'those of `servers` that do not agree with this one, each with how; absent without `servers`',
  },
  rrsig_days: {
    kind: 'number',
    unit: 'days',
    code: 'expiring',
    meaning:
      'days until the first signature of the answer ends, negative once it has; absent without signatures (see `do`)',
  },
  transport: {
    kind: 'word',
    meaning: 'what the answer came over: udp, tcp (after a truncated one too), tls, https',
  },
  size: { kind: 'number', unit: 'bytes', meaning: 'size of the answer' },
  http_status: { kind: 'number', meaning: 'status of the HTTP answer, with dns+https' },
  ...TLS_FACTS,
} as const satisfies FactTable;

export type DnsContext = ProbeContext<typeof DNS_FACTS>;
