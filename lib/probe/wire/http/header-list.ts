import type { Json } from '../../../words/json.ts';

/** Header fields in order. Names of received ones are in lower case. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** All values of a field as one (RFC 9110 §5.3); null when there is none. */
export function headerValue(headers: HeaderList, name: string): string | null {
  const values = headers.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? null : values.join(', ');
}

/** The fact: one value per name, but a list for Set-Cookie, which must not be joined. */
export function headersFact(headers: HeaderList): { [name: string]: Json } {
  const names = new Set(headers.map(([name]) => name));
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      name === 'set-cookie'
        ? headers.filter(([field]) => field === name).map(([, value]) => value)
        : (headerValue(headers, name) ?? ''),
    ]),
  );
}

/** Lower-case items of a comma-separated value. */
export function itemsOf(value: string | null): string[] {
  return (value ?? '')
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .filter((item) => item !== '');
}

const SECRET = ['authorization', 'proxy-authorization', 'cookie'];

/** For a transcript: what logs in is not shown, however short it is. */
export function withoutSecrets(headers: HeaderList): HeaderList {
  return headers.map(([name, value]) =>
    SECRET.includes(name.toLowerCase()) ? [name, '***'] : [name, value],
  );
}
