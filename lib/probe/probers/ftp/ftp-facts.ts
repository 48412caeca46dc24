import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { TLS_FACTS, TLS_PREFER } from '../../wire/certificates.ts';

export const FTP_FACTS = {
  greeting: { kind: 'text', meaning: 'what the server says first, without its code' },
  code: {
    kind: 'number',
    meaning:
      'reply code of the greeting, 220 from a server that is ready; when a command is refused, the code of that',
  },
  tls: { kind: 'bool', meaning: 'whether commands, password and listing go through TLS' },
  features: {
    kind: 'list',
    meaning:
      'what it lists in answer to FEAT, in upper case: `MLST size*;modify*`, `UTF8`; absent with `login: false`',
  },
  found: {
    kind: 'bool',
    code: 'status',
    meaning: 'whether the file or directory of the target is there; absent when the target has no path',
  },
  files: {
    kind: 'number',
    meaning:
      'files in the directory, links among them, directories not; what its listing hides (dot files, perhaps) is not counted',
  },
  directories: { kind: 'number', meaning: 'directories in the directory' },
  names: { kind: 'list', meaning: 'the names of its files, sorted, the first 200' },
  size: {
    kind: 'number',
    unit: 'bytes',
    meaning:
      'size of the file, or of all files of the directory together; absent when the server does not tell',
  },
  age_s: {
    kind: 'number',
    unit: 's',
    meaning:
      'seconds since the file, or the newest file of the directory, was changed; absent when there is none or the server does not tell',
  },
  newest: { kind: 'word', meaning: 'name of the file of the directory that was changed last' },
  ...TLS_FACTS,
} as const satisfies FactTable;

export const FTP_DEFAULTS: { readonly expect: JsonObject; readonly prefer: JsonObject } = {
  expect: { found: { any_of: [true, { exists: false }] } },
  // A server without TLS has no certificate.
  prefer: { cert_days: { any_of: [TLS_PREFER.cert_days, { exists: false }] } },
};
