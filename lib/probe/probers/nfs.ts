import type { FactTable } from '../../words/fact.ts';
import { InvalidOptions, type ProbeContext, type Prober } from '../prober.ts';
import { callNull } from './nfs/null-call.ts';

const PORT = 2049;
const NEWEST = 4;

interface NfsOptions {
  readonly version?: number;
}

const FACTS = {
  version: { kind: 'number', meaning: 'the version of NFS in which it answered; absent when it did in none' },
  refusal: {
    kind: 'word',
    code: 'status',
    codes: { denied: 'auth' },
    meaning:
      'why it takes no call: no_nfs (there is another program of Sun RPC), version, system_error, garbage_args, denied; absent when it does',
  },
  version_min: {
    kind: 'number',
    meaning: 'the oldest version that it has; told only when it lacks the one that was asked for',
  },
  version_max: { kind: 'number', meaning: 'the newest one; told only then' },
} as const satisfies FactTable;

export const nfs: Prober<NfsOptions, typeof FACTS> = {
  type: 'nfs',
  proves:
    'An NFS server takes a call and answers it: one that does nothing (NULL), over TCP, of version 4, or of the newest that it has when it has not that one. Nothing is mounted.',
  schemes: [{ scheme: 'nfs', port: PORT, shape: 'host' }],
  example: 'nfs://files.example.org',
  options: {
    version: {
      enum: [2, 3, 4],
      description: 'it must be this version of NFS (default: 4, else the newest it has)',
    },
  },
  facts: FACTS,
  codes: {
    status: 'it answers, but takes no call of NFS: `refusal` says why',
    auth: 'it takes no calls from this host without a login',
    protocol: 'what answers is no server of Sun RPC',
    timeout: 'it takes the connection and does not answer: a server that waits for its disk looks so',
  },
  proxy: true,
  defaults: () => ({ expect: { refusal: { exists: false } } }),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected nfs://HOST');
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      run: (context) => call(context, options.version ?? null),
    };
  },
};

async function call(context: ProbeContext<typeof FACTS>, wanted: number | null): Promise<void> {
  const conversation = await context.dial();
  let version = wanted ?? NEWEST;
  let answer = await callNull(conversation, version);
  if (answer.kind === 'version') {
    const { min, max } = answer;
    context.see({ version_min: min, version_max: max });
    if (wanted === null && max < NEWEST) {
      version = max;
      answer = await callNull(conversation, version);
    }
  }
  context.see(answer.kind === 'done' ? { version } : { refusal: answer.kind });
  conversation.end();
}
