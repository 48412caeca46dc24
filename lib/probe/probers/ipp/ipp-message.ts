/** A response of IPP: values by attribute name, of all its groups together. */
export interface IppMessage {
  readonly status: number;
  readonly attributes: ReadonlyMap<string, readonly IppValue[]>;
}

export interface IppValue {
  /** RFC 8010 §3.5.2 */
  readonly tag: number;
  readonly bytes: Buffer;
}

export const ASKED = [
  'printer-state',
  'printer-state-reasons',
  'printer-is-accepting-jobs',
  'queued-job-count',
  'printer-name',
  'printer-make-and-model',
];

const TAGS = { operation: 1, end: 3, keyword: 0x44, uri: 0x45, charset: 0x47, language: 0x48 } as const;
const GET_PRINTER_ATTRIBUTES = 0x0b;
const REQUEST_ID = 1;

/** Get-Printer-Attributes of IPP/1.1, which all know (RFC 8010 §3.1, RFC 8011 §4.2.5). */
export function encodePrinterQuestion(uri: string): Buffer {
  return Buffer.concat([
    Buffer.from([1, 1, 0, GET_PRINTER_ATTRIBUTES, 0, 0, 0, REQUEST_ID, TAGS.operation]),
    attribute(TAGS.charset, 'attributes-charset', 'utf-8'),
    attribute(TAGS.language, 'attributes-natural-language', 'en'),
    attribute(TAGS.uri, 'printer-uri', uri),
    // All but the first value of an attribute have no name.
    ...ASKED.map((word, index) => attribute(TAGS.keyword, index === 0 ? 'requested-attributes' : '', word)),
    Buffer.from([TAGS.end]),
  ]);
}

function attribute(tag: number, name: string, value: string): Buffer {
  const [key, bytes] = [Buffer.from(name), Buffer.from(value)];
  const size = (length: number) => Buffer.from([length >> 8, length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), size(key.length), key, size(bytes.length), bytes]);
}

const MOST_VALUES = 10_000;

/** Null for what is no response of IPP to our request. */
export function decodeIpp(bytes: Buffer): IppMessage | null {
  if (bytes.length < 9 || (bytes[0] !== 1 && bytes[0] !== 2) || bytes.readUInt32BE(4) !== REQUEST_ID)
    return null;
  const attributes = new Map<string, IppValue[]>();
  let [at, count, last] = [8, 0, ''];
  const take = (): Buffer | null => {
    if (at + 2 > bytes.length) return null;
    const length = bytes.readUInt16BE(at);
    const taken = bytes.subarray(at + 2, at + 2 + length);
    at += 2 + length;
    return taken.length === length ? taken : null;
  };
  while (at < bytes.length && count < MOST_VALUES) {
    const tag = bytes[at] ?? 0;
    at += 1;
    if (tag === TAGS.end) return { status: bytes.readUInt16BE(2), attributes };
    if (tag < 0x10) continue;
    const [name, value] = [take(), take()];
    if (name === null || value === null) return null;
    count += 1;
    if (name.length > 0) last = name.toString('latin1');
    const values = attributes.get(last) ?? [];
    attributes.set(last, [...values.slice(0, 99), { tag, bytes: value }]);
  }
  return null;
}

/** RFC 8011 §B.1. */
const STATUSES: { readonly [status: number]: string } = {
  0x0000: 'successful-ok',
  0x0001: 'successful-ok-ignored-or-substituted-attributes',
  0x0002: 'successful-ok-conflicting-attributes',
  0x0400: 'client-error-bad-request',
  0x0401: 'client-error-forbidden',
  0x0402: 'client-error-not-authenticated',
  0x0403: 'client-error-not-authorized',
  0x0404: 'client-error-not-possible',
  0x0406: 'client-error-not-found',
  0x0407: 'client-error-gone',
  0x0500: 'server-error-internal-error',
  0x0501: 'server-error-operation-not-supported',
  0x0502: 'server-error-service-unavailable',
  0x0503: 'server-error-version-not-supported',
  0x0504: 'server-error-device-error',
  0x0505: 'server-error-temporary-error',
  0x0506: 'server-error-not-accepting-jobs',
  0x0507: 'server-error-busy',
};

export function statusWord(status: number): string {
  const hex = `0x${status.toString(16).padStart(4, '0')}`;
  return STATUSES[status] ?? (status < 0x0100 ? `successful-ok-${hex}` : hex);
}
