import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';

const WHERE = 'in the tube that the path names, else in all';

export const BEANSTALKD_FACTS = {
  version: { kind: 'word', meaning: 'version of the server' },
  uptime_s: { kind: 'number', unit: 's', code: 'status', meaning: 'seconds since it was started' },
  connections: { kind: 'number', code: 'overloaded', meaning: 'open connections, puptime’s included' },
  tubes: { kind: 'number', meaning: 'tubes that exist' },
  draining: {
    kind: 'bool',
    code: 'read_only',
    meaning: 'whether it takes no new jobs (drain mode, SIGUSR1); absent before version 1.12',
  },
  tube: {
    kind: 'bool',
    code: 'status',
    meaning:
      'whether the tube exists: it does while it has jobs, or somebody watches or uses it; absent when the path names none',
  },
  paused: {
    kind: 'bool',
    code: 'status',
    meaning: 'whether the tube is paused; absent when the path names none',
  },
  ready: { kind: 'number', meaning: `jobs that wait to be reserved ${WHERE}` },
  urgent: { kind: 'number', meaning: `those of them with a priority below 1024 ${WHERE}` },
  reserved: { kind: 'number', meaning: `jobs that a worker has taken ${WHERE}` },
  delayed: { kind: 'number', meaning: `jobs whose time has not come ${WHERE}` },
  buried: { kind: 'number', meaning: `jobs that failed and were set aside ${WHERE}` },
  waiting: { kind: 'number', meaning: `workers that wait for a job ${WHERE}` },
  workers: {
    kind: 'number',
    code: 'status',
    meaning:
      'connections that have reserved a job so far; with a tube those that watch it (puptime watches `default`, as every client does)',
  },
} as const satisfies FactTable;

export const BEANSTALKD_CODES = {
  read_only: 'it is draining: it hands out jobs, but takes no new ones',
  status: 'it has no such tube, or answered with an error of its own',
  overloaded: 'it is out of memory',
} as const;

/** A tube that is paused was paused by somebody. */
export function beanstalkdDefaults(): { readonly expect: JsonObject } {
  return {
    expect: {
      draining: { any_of: [false, { exists: false }] },
      tube: { any_of: [true, { exists: false }] },
    },
  };
}
