import type { FactTable } from '../../../words/fact.ts';
import { TLS_FACTS } from '../../wire/certificates.ts';

export const IMAP_FACTS = {
  greeting: { kind: 'text', meaning: 'what the server says first, without its capabilities' },
  preauth: {
    kind: 'bool',
    meaning: 'whether it takes the connection as logged in from the start (PREAUTH)',
  },
  capabilities: {
    kind: 'list',
    meaning:
      'its capabilities in upper case; those before and after STARTTLS, and those that it tells with the login, together',
  },
  auth_methods: {
    kind: 'list',
    meaning:
      'mechanisms of AUTHENTICATE that it offers, in upper case; after STARTTLS those that it offers then',
  },
  tls: { kind: 'bool', meaning: 'whether TLS is in use: by STARTTLS, or from the first byte with imaps' },
  alert: {
    kind: 'text',
    meaning: 'what it wants a person to see ([ALERT]): a shutdown that comes, a quota; absent mostly',
  },
  messages: {
    kind: 'number',
    meaning: 'messages in the mailbox; absent without a login, as are the other counts',
  },
  unseen: { kind: 'number', meaning: 'messages in the mailbox that nobody has read' },
  size: {
    kind: 'number',
    unit: 'bytes',
    meaning: 'size of the mailbox; absent when the server does not tell that it can say (STATUS=SIZE)',
  },
  uid_next: { kind: 'number', meaning: 'the number of the next message: it grows as mail comes in' },
  uid_validity: {
    kind: 'number',
    meaning: 'changes when the mailbox was made anew, from a backup perhaps: clients then fetch all again',
  },
  quota_percent: {
    kind: 'number',
    unit: 'percent',
    code: 'overloaded',
    meaning:
      'how full the quota of the mailbox is, of storage or of messages; asked for only when it is expected, watched or kept; absent without a quota',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;
