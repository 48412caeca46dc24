import type { FactTable } from '../../../words/fact.ts';
import { TLS_FACTS } from '../../wire/certificates.ts';

export const DOMAIN_FACTS = {
  expires_days: {
    kind: 'number',
    unit: 'days',
    code: 'expiring',
    meaning:
      'days until the registration ends, negative once it has; absent when the registry does not tell, as those of .de and .ch do not',
  },
  expires: { kind: 'word', meaning: 'when it ends, as 2027-03-14T09:00:00Z; absent like `expires_days`' },
  registrar: { kind: 'word', meaning: 'name of the registrar; absent when the registry does not tell' },
  status: {
    kind: 'list',
    meaning:
      'status of the registration in the words of RDAP, in lower case: active, client transfer prohibited, server hold …',
  },
  delegated: {
    kind: 'bool',
    code: 'status',
    meaning:
      'false when the status says that names under it are not resolved, or that it is being lost: client hold, server hold, inactive, redemption period, pending delete',
  },
  nameservers: {
    kind: 'list',
    meaning: 'its name servers as the registry knows them, sorted, in lower case',
  },
  signed: {
    kind: 'bool',
    meaning: 'whether the registry has a DS record for it (DNSSEC); absent when it does not tell',
  },
  asked_s: {
    kind: 'number',
    unit: 's',
    code: 'status',
    meaning:
      'how long ago the registry said all that: 0 when it was asked now, at most a day, longer only while it cannot be asked',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

export const DOMAIN_CODES = {
  status:
    'it is not registered (or its registry has no RDAP), is on hold or about to be deleted, or the RDAP server answers with an error; degraded when what is known of it is older than three days',
  expiring:
    'the registration has ended; degraded when it ends within 30 days, or the registry does not tell when',
  overloaded: 'the RDAP server has been asked too often (429)',
  redirect: 'the RDAP server sends us nowhere, in circles, or out of TLS',
  protocol: 'what answers is no RDAP server, or answers for another name',
} as const;
