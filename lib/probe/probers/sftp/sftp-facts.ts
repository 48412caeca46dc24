import type { FactTable } from '../../../words/fact.ts';
import { SSH_HOST_FACTS } from '../../wire/ssh/host-facts.ts';

export const SFTP_FACTS = {
  ...SSH_HOST_FACTS,
  exists: {
    kind: 'bool',
    code: 'status',
    meaning: 'whether there is something at the path of the target',
  },
  kind: { kind: 'word', meaning: 'what is there: file, directory or other' },
  files: {
    kind: 'list',
    big: true,
    meaning: 'names in the directory, sorted, without . and ..; absent for a file',
  },
  newest: {
    kind: 'word',
    meaning: 'the file of the directory that was changed last; absent when it holds no file',
  },
  size: {
    kind: 'number',
    unit: 'bytes',
    meaning: 'size of the file, or of the newest file of the directory',
  },
  age_s: {
    kind: 'number',
    unit: 's',
    meaning:
      'seconds since the file, or the newest file of the directory, was changed, by the clocks of both hosts; never negative',
  },
} as const satisfies FactTable;
