import { safeLine } from '../../../words/safe-text.ts';
import type { SieveAnswer } from './response.ts';

/** What the server says that it is and can do. Source: RFC 5804 §1.7. */
export interface Capabilities {
  /** null when it does not say, which RFC 5804 does not allow */
  readonly implementation: string | null;
  readonly version: string | null;
  readonly extensions: readonly string[];
  readonly authMethods: readonly string[];
  readonly starttls: boolean;
}

/** Null when the answer lists none: then it is another kind of server. */
export function capabilitiesOf({ data }: SieveAnswer): Capabilities | null {
  const values = new Map(data.map(([name = '', value = '']) => [name.toUpperCase(), safeLine(value, 4096)]));
  if (!values.has('IMPLEMENTATION') && !values.has('SIEVE')) return null;
  return {
    implementation: values.get('IMPLEMENTATION') ?? null,
    version: values.get('VERSION') ?? null,
    extensions: wordsOf(values.get('SIEVE')),
    authMethods: wordsOf(values.get('SASL')?.toUpperCase()),
    starttls: values.has('STARTTLS'),
  };
}

function wordsOf(list = ''): string[] {
  return [...new Set(list.split(' ').filter((word) => word !== ''))];
}
