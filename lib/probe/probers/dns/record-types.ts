/** Types of records by number. Source: the IANA registry "Domain Name System (DNS) Parameters". */
const NAMES: { readonly [type: number]: string } = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  10: 'NULL',
  12: 'PTR',
  13: 'HINFO',
  15: 'MX',
  16: 'TXT',
  17: 'RP',
  18: 'AFSDB',
  24: 'SIG',
  25: 'KEY',
  28: 'AAAA',
  29: 'LOC',
  33: 'SRV',
  35: 'NAPTR',
  36: 'KX',
  37: 'CERT',
  39: 'DNAME',
  41: 'OPT',
  42: 'APL',
  43: 'DS',
  44: 'SSHFP',
  45: 'IPSECKEY',
  46: 'RRSIG',
  47: 'NSEC',
  48: 'DNSKEY',
  49: 'DHCID',
  50: 'NSEC3',
  51: 'NSEC3PARAM',
  52: 'TLSA',
  53: 'SMIMEA',
  55: 'HIP',
  59: 'CDS',
  60: 'CDNSKEY',
  61: 'OPENPGPKEY',
  62: 'CSYNC',
  63: 'ZONEMD',
  64: 'SVCB',
  65: 'HTTPS',
  99: 'SPF',
  108: 'EUI48',
  109: 'EUI64',
  249: 'TKEY',
  250: 'TSIG',
  251: 'IXFR',
  252: 'AXFR',
  255: 'ANY',
  256: 'URI',
  257: 'CAA',
};

const CLASSES: { readonly [name: string]: number } = { IN: 1, CH: 3, HS: 4, ANY: 255 };

export const TYPE = { NS: 2, CNAME: 5, SOA: 6, OPT: 41, RRSIG: 46, ANY: 255 } as const;

/** Types that are no question which one message could answer. */
const NO_QUESTION = [41, 249, 250, 251, 252];

/** `MX`; `TYPE65280` for one that has no name here (RFC 3597 §5). */
export function typeName(type: number): string {
  return NAMES[type] ?? `TYPE${String(type)}`;
}

/** The type that a person may ask for, by name in any case or as `TYPE65280`; null when there is none. */
export function parseType(name: string): number | null {
  const wanted = name.toUpperCase();
  const [, digits] = /^TYPE(\d{1,5})$/.exec(wanted) ?? [];
  const known = Object.keys(NAMES).find((type) => NAMES[Number(type)] === wanted);
  const type = digits === undefined ? (known === undefined ? null : Number(known)) : Number(digits);
  return type === null || type === 0 || type > 65_535 || NO_QUESTION.includes(type) ? null : type;
}

/** Names that `parseType` takes, for "did you mean". */
export function askableTypes(): string[] {
  return Object.keys(NAMES)
    .filter((type) => !NO_QUESTION.includes(Number(type)))
    .map((type) => typeName(Number(type)));
}

/** IN, CH, HS or ANY; null for anything else. */
export function parseClass(name: string): number | null {
  return CLASSES[name.toUpperCase()] ?? null;
}

export const CLASS_NAMES = Object.keys(CLASSES);

const RCODES: { readonly [rcode: number]: string } = {
  0: 'NOERROR',
  1: 'FORMERR',
  2: 'SERVFAIL',
  3: 'NXDOMAIN',
  4: 'NOTIMP',
  5: 'REFUSED',
  6: 'YXDOMAIN',
  7: 'YXRRSET',
  8: 'NXRRSET',
  9: 'NOTAUTH',
  10: 'NOTZONE',
  16: 'BADVERS',
  23: 'BADCOOKIE',
};

/** `NXDOMAIN`; `RCODE17` for one without a name here. */
export function rcodeName(rcode: number): string {
  return RCODES[rcode] ?? `RCODE${String(rcode)}`;
}
