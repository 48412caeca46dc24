import type { FactTable } from '../../../words/fact.ts';
import { TLS_FACTS } from '../../wire/certificates.ts';

export const IRC_FACTS = {
  server: { kind: 'word', meaning: 'the name that the server gives itself, `irc.example.org`' },
  network: { kind: 'word', meaning: 'name of its network; absent when it does not say' },
  version: { kind: 'word', meaning: 'its software and version, `ngircd-26.1`' },
  nick: {
    kind: 'word',
    meaning: 'the nick that it was spoken to with: another than asked for when that was in use',
  },
  users: {
    kind: 'number',
    meaning: 'users of the whole network, puptime included; absent when it does not say',
  },
  local_users: {
    kind: 'number',
    meaning: 'users of this server, puptime included; absent when it does not say',
  },
  channels: {
    kind: 'number',
    meaning: 'channels of the network; absent when it does not say, as when there are none',
  },
  servers: { kind: 'number', meaning: 'servers of the network; 1 when it has lost its links to the others' },
  ...TLS_FACTS,
} as const satisfies FactTable;
