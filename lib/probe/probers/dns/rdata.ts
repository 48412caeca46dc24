import { type ByteReader, Malformed } from './byte-reader.ts';
import { typeName } from './record-types.ts';
import { showServiceBinding } from './service-binding.ts';
import { base32, hex, ipv4Text, ipv6Text, plainText, quoted, typeBitmap, utcStamp } from './rdata-text.ts';

type Field = (rdata: ByteReader) => string;

const u8: Field = (rdata) => String(rdata.u8());
const u16: Field = (rdata) => String(rdata.u16());
const u32: Field = (rdata) => String(rdata.u32());
const name: Field = (rdata) => rdata.name();
const text: Field = (rdata) => quoted(rdata.string());
const restHex: Field = (rdata) => hex(rdata.bytes(rdata.left()));
const restBase64: Field = (rdata) => rdata.bytes(rdata.left()).toString('base64');
const restText: Field = (rdata) => quoted(rdata.bytes(rdata.left()));
const type: Field = (rdata) => typeName(rdata.u16());
const stamp: Field = (rdata) => utcStamp(rdata.u32());
const types: Field = typeBitmap;
const saltHex: Field = (rdata) => hex(rdata.string()) || '-';
const hashBase32: Field = (rdata) => base32(rdata.string());

/** All strings of the record as one, as those who read SPF or DKIM join them (RFC 7208 §3.3). */
const joined: Field = (rdata) => {
  const strings: Buffer[] = [];
  while (rdata.left() > 0) strings.push(rdata.string());
  return plainText(Buffer.concat(strings));
};

const DIGEST = [u16, u8, u8, restHex];
const KEY = [u16, u8, u8, restBase64];
const SIGNATURE = [type, u8, u8, u32, stamp, stamp, u16, name, restBase64];
const CERTIFICATE_USE = [u8, u8, u8, restHex];

/** What each type’s rdata is made of, in the order of its presentation. Sources: the RFCs of the IANA registry. */
const FIELDS: { readonly [type: string]: readonly Field[] } = {
  A: [(rdata) => ipv4Text(rdata.bytes(4))],
  AAAA: [(rdata) => ipv6Text(rdata.bytes(16))],
  NS: [name],
  CNAME: [name],
  PTR: [name],
  DNAME: [name],
  SOA: [name, name, u32, u32, u32, u32, u32],
  MX: [u16, name],
  KX: [u16, name],
  AFSDB: [u16, name],
  RP: [name, name],
  TXT: [joined],
  SPF: [joined],
  HINFO: [text, text],
  SRV: [u16, u16, u16, name],
  NAPTR: [u16, u16, text, text, text, name],
  URI: [u16, u16, restText],
  CAA: [u8, (rdata) => plainText(rdata.string()), restText],
  DS: DIGEST,
  CDS: DIGEST,
  DNSKEY: KEY,
  CDNSKEY: KEY,
  KEY,
  RRSIG: SIGNATURE,
  SIG: SIGNATURE,
  NSEC: [name, types],
  NSEC3: [u8, u8, u16, saltHex, hashBase32, types],
  NSEC3PARAM: [u8, u8, u16, saltHex],
  TLSA: CERTIFICATE_USE,
  SMIMEA: CERTIFICATE_USE,
  SSHFP: [u8, u8, restHex],
  CERT: [u16, u16, u8, restBase64],
  OPENPGPKEY: [restBase64],
  DHCID: [restBase64],
  CSYNC: [u32, u16, types],
  ZONEMD: [u32, u8, u8, restHex],
  SVCB: [u16, name, showServiceBinding],
  HTTPS: [u16, name, showServiceBinding],
};

/**
 * Rdata as a zone file would have it, but names in lower case and without their final dot, hexadecimal and base64
 * without blanks, and the strings of TXT joined without quotes. A type that is not known here: `\# 3 0A0B0C`
 * (RFC 3597 §5). Throws Malformed when it is not what its type says.
 */
export function showRdata(recordType: number, rdata: ByteReader): string {
  const fields = FIELDS[typeName(recordType)];
  if (fields === undefined) {
    const bytes = rdata.bytes(rdata.left());
    return `\\# ${String(bytes.length)} ${hex(bytes)}`.trimEnd();
  }
  const shown = fields
    .map((field) => field(rdata))
    .filter((part, index) => part !== '' || index === 0)
    .join(' ');
  if (rdata.left() > 0) throw new Malformed(`a ${typeName(recordType)} record is longer than what is in it`);
  return shown;
}
