import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { TLS_FACTS, TLS_PREFER } from '../../wire/certificates.ts';
import type { LdapOptions } from './ldap-options.ts';
import { RESULT_CODES } from './result-codes.ts';

export const LDAP_FACTS = {
  result: {
    kind: 'word',
    code: 'status',
    codes: RESULT_CODES,
    meaning:
      'how the search ended, by its name in RFC 4511: success, noSuchObject when the base is not there, busy, referral, sizeLimitExceeded …; a code without a name is its number. Without a base it is the search for the server’s own entry',
  },
  entries: {
    kind: 'number',
    code: 'status',
    meaning:
      'entries found, the server’s own entry not among them; absent when the target names no base, and no more than `limit`',
  },
  dns: {
    kind: 'list',
    meaning: 'distinguished names of the first 100 entries found, as the server writes them',
  },
  values: {
    kind: 'map',
    meaning:
      'attributes of the first entry found, by their names as they stand in `attributes`, or else as the server writes them; several values are a list, what is no text is base64',
  },
  referrals: {
    kind: 'list',
    meaning: 'URLs of other servers that the search was sent to, which are not followed; absent when none',
  },
  vendor: {
    kind: 'word',
    meaning:
      'maker and version as the server’s own entry names them, `389 Project 389-Directory/2.3.1`; OpenLDAP and Active Directory say no version. Absent when that entry may not be read',
  },
  naming_contexts: {
    kind: 'list',
    meaning: 'the trees that the server holds; absent when its own entry may not be read',
  },
  sasl_mechanisms: { kind: 'list', meaning: 'mechanisms of SASL that the server’s own entry lists' },
  extensions: { kind: 'list', meaning: 'extended operations that the server’s own entry lists, by OID' },
  synchronized: {
    kind: 'bool',
    code: 'replication',
    meaning:
      'isSynchronized of an Active Directory domain controller: false until its first replication is done; absent on other servers',
  },
  tls: { kind: 'bool', meaning: 'whether the connection is protected: by ldaps, or by StartTLS carried out' },
  ...TLS_FACTS,
} as const satisfies FactTable;

/** What must be found follows from what is asked: a base without a filter is an entry that must be there. */
export function ldapDefaults(
  { limit, starttls }: LdapOptions,
  scheme: string | null,
): { readonly expect: JsonObject; readonly prefer: JsonObject } {
  const cert_days = { any_of: [TLS_PREFER.cert_days, { exists: false }] };
  return {
    expect: {
      // Whoever sets a limit wants no more than that.
      result: limit === undefined ? 'success' : ['success', 'sizeLimitExceeded'],
      entries: { any_of: ['>= 1', { exists: false }], when: { result: ['success', 'sizeLimitExceeded'] } },
      synchronized: { any_of: [true, { exists: false }] },
    },
    prefer: scheme === 'ldaps' ? TLS_PREFER : starttls === 'never' ? {} : { cert_days },
  };
}
