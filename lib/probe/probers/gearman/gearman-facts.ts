import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { TLS_FACTS, TLS_PREFER } from '../../wire/certificates.ts';

export const GEARMAN_FACTS = {
  version: { kind: 'word', meaning: 'version of the job server; absent when it does not tell' },
  functions: { kind: 'number', meaning: 'functions that it knows: those with a worker or a job' },
  queued: {
    kind: 'number',
    code: 'overloaded',
    meaning: 'jobs that wait for a worker: of the function that the path names, else of all',
  },
  running: { kind: 'number', meaning: 'jobs that run: of the function that the path names, else of all' },
  workers: {
    kind: 'number',
    code: 'status',
    meaning:
      'workers that can carry out the function, 0 for one that nobody has registered; absent when the path names none',
  },
  stuck: {
    kind: 'list',
    code: 'status',
    meaning: 'functions with jobs that wait though no worker is there for them, at most 100',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

export const GEARMAN_CODES = {
  status: 'no worker carries out the function that the path names, or the server answered with an error',
  overloaded: 'more jobs wait than the config allows: more workers are needed, or they hang',
} as const;

/** A function that nobody carries out does not work. Of a server as a whole nothing is known that all share. */
export function gearmanDefaults(scheme: string | null): {
  readonly expect: JsonObject;
  readonly prefer: JsonObject;
} {
  return {
    expect: { workers: { any_of: ['>= 1', { exists: false }] } },
    prefer: scheme === 'gearmans' ? TLS_PREFER : {},
  };
}
