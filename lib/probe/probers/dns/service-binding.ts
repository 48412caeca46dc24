import { type ByteReader, Malformed } from './byte-reader.ts';
import { ipv4Text, ipv6Text, plainText, quoted } from './rdata-text.ts';

const KEYS = [
  'mandatory',
  'alpn',
  'no-default-alpn',
  'port',
  'ipv4hint',
  'ech',
  'ipv6hint',
  'dohpath',
  'ohttp',
] as const;

/** The parameters of SVCB and HTTPS: `alpn="h2,h3" port=8443` (RFC 9460 §2.1). */
export function showServiceBinding(rdata: ByteReader): string {
  const shown: string[] = [];
  let before = -1;
  while (rdata.left() > 0) {
    const key = rdata.u16();
    const value = rdata.part(rdata.u16());
    if (key <= before) throw new Malformed('the parameters of a service binding are out of order');
    before = key;
    const word = keyName(key);
    shown.push(value.left() === 0 ? word : `${word}=${showValue(key, value)}`);
    if (value.left() > 0) throw new Malformed(`the parameter ${word} is longer than what is in it`);
  }
  return shown.join(' ');
}

function keyName(key: number): string {
  return KEYS[key] ?? `key${String(key)}`;
}

function showValue(key: number, value: ByteReader): string {
  switch (KEYS[key]) {
    case 'mandatory':
      return listOf(value, () => keyName(value.u16()));
    case 'alpn':
      return `"${listOf(value, () => plainText(value.string()))}"`;
    case 'port':
      return String(value.u16());
    case 'ipv4hint':
      return listOf(value, () => ipv4Text(value.bytes(4)));
    case 'ipv6hint':
      return listOf(value, () => ipv6Text(value.bytes(16)));
    case 'ech':
      return value.bytes(value.left()).toString('base64');
    default:
      return quoted(value.bytes(value.left()));
  }
}

function listOf(value: ByteReader, next: () => string): string {
  const items: string[] = [];
  while (value.left() > 0) items.push(next());
  return items.join(',');
}
