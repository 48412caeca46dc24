import type { FactsOf } from '../../../words/fact.ts';
import { safeLine } from '../../../words/safe-text.ts';
import type { LDAP_FACTS } from './ldap-facts.ts';
import type { Entry } from './messages.ts';
import { resultName } from './result-codes.ts';
import type { Found } from './search.ts';

type LdapFacts = FactsOf<typeof LDAP_FACTS>;

/** What to read of the server’s own entry. Source: RFC 4512 §5.1, RFC 3045; the last two are Active Directory’s. */
export const SERVER_ATTRIBUTES: readonly string[] = [
  'objectClass',
  'namingContexts',
  'supportedSASLMechanisms',
  'supportedExtension',
  'vendorName',
  'vendorVersion',
  'isSynchronized',
  'rootDomainNamingContext',
];

export function serverFacts({ first }: Found): LdapFacts {
  if (first === null) return {};
  const values = (name: string) =>
    first.attributes.find((attribute) => attribute.name.toLowerCase() === name.toLowerCase())?.values;
  const synchronized = values('isSynchronized')?.[0];
  return {
    vendor: vendorOf(values),
    naming_contexts: values('namingContexts') ?? null,
    sasl_mechanisms: values('supportedSASLMechanisms') ?? null,
    extensions: values('supportedExtension') ?? null,
    ...(synchronized === undefined ? {} : { synchronized: synchronized === 'TRUE' }),
  };
}

/** `attributes`: the names as the config has them. */
export function foundFacts(
  { result, count, first, dns, referrals }: Found,
  attributes: readonly string[],
): LdapFacts {
  return {
    result: resultName(result.code),
    entries: count,
    dns,
    ...(referrals.length === 0 ? {} : { referrals }),
    ...(first === null ? {} : { values: valuesOf(first, attributes) }),
  };
}

function vendorOf(values: (name: string) => readonly string[] | undefined): string | null {
  const named = [values('vendorName')?.[0], values('vendorVersion')?.[0]].filter(
    (text) => text !== undefined,
  );
  if (named.length > 0) return safeLine(named.join(' '), 100);
  if (values('objectClass')?.includes('OpenLDAProotDSE') === true) return 'OpenLDAP';
  return values('rootDomainNamingContext') === undefined ? null : 'Active Directory';
}

function valuesOf(
  entry: Entry,
  attributes: readonly string[],
): { readonly [name: string]: string | readonly string[] } {
  const asked = new Map(attributes.map((name) => [name.toLowerCase(), name]));
  return Object.fromEntries(
    entry.attributes.map(({ name, values }) => {
      const [only] = values;
      const key = asked.get(name.toLowerCase()) ?? name;
      return [key, values.length === 1 && only !== undefined ? only : values];
    }),
  );
}
