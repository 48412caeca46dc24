import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { SSH_HOST_FACTS } from '../../wire/ssh/host-facts.ts';

export const SSH_FACTS = {
  ...SSH_HOST_FACTS,
  exit_code: {
    kind: 'number',
    code: 'exit',
    meaning: 'what the command of `exec` ended with; absent when a signal ended it',
  },
  signal: {
    kind: 'word',
    code: 'signal',
    meaning: 'the signal that ended the command, SEGV; absent when none did',
  },
  output: {
    kind: 'text',
    big: true,
    meaning: 'what the command printed on stdout, without line ends at its end',
  },
  stderr: {
    kind: 'text',
    big: true,
    meaning: 'what the command printed on stderr, without line ends at its end',
  },
} as const satisfies FactTable;

const KNOWN: JsonObject = { host_key_known: 'match' };
const NO_SIGNAL: JsonObject = { exists: false };
const ENDED_WELL: JsonObject = {
  signal: NO_SIGNAL,
  exit_code: { equals: 0, when: { signal: NO_SIGNAL } },
};

export function sshExpect(known: boolean, exec: boolean): JsonObject {
  return { ...(known ? KNOWN : {}), ...(exec ? ENDED_WELL : {}) };
}
