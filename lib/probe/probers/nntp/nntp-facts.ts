import type { FactTable } from '../../../words/fact.ts';
import { TLS_FACTS } from '../../wire/certificates.ts';

export const NNTP_FACTS = {
  greeting: { kind: 'text', meaning: 'what the server says first, without its code' },
  code: {
    kind: 'number',
    meaning:
      'reply code of the greeting, 200 or 201 from a server that serves; when a command is refused, the code of that',
  },
  posting: { kind: 'bool', meaning: 'whether posting is allowed (200), as said before a login' },
  software: { kind: 'word', meaning: 'what it calls itself, `INN 2.7.1`; absent when it does not say' },
  capabilities: {
    kind: 'list',
    meaning:
      'the lines of the reply to CAPABILITIES in upper case, before and after STARTTLS together; empty when it knows no such command',
  },
  tls: { kind: 'bool', meaning: 'whether what is said goes through TLS' },
  found: {
    kind: 'bool',
    code: 'status',
    meaning: 'whether it has the group of the target; absent when the target names none',
  },
  articles: { kind: 'number', meaning: 'articles in the group, as the server estimates' },
  first: { kind: 'number', meaning: 'lowest article number of the group' },
  last: { kind: 'number', meaning: 'highest article number; watch it to be told of articles' },
  ...TLS_FACTS,
} as const satisfies FactTable;
