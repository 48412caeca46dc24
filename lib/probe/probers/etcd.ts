import { isObject } from '../../words/json.ts';
import type { FactTable } from '../../words/fact.ts';
import type { Prober } from '../prober.ts';
import { numberIn, objectIn, textIn } from '../wire/http/answer.ts';
import {
  PRESET_FACTS,
  PRESET_OPTIONS,
  type PresetOptions,
  preparePreset,
  presetPrefer,
  presetSchemes,
} from '../wire/http/preset.ts';

const FACTS = {
  health: {
    kind: 'bool',
    code: 'status',
    meaning: 'whether it could just now read by consensus and has no alarm; absent when it has no leader',
  },
  leader: {
    kind: 'bool',
    code: 'quorum',
    meaning:
      'whether it knows a leader: false when the majority is lost; absent when it does not tell (its gateway is off)',
  },
  is_leader: { kind: 'bool', meaning: 'whether it is the leader itself' },
  version: { kind: 'word', meaning: 'version of the server' },
  db_size: { kind: 'number', unit: 'bytes', meaning: 'size of its database on disk' },
  ...PRESET_FACTS,
} as const satisfies FactTable;

const ANY_OR_TRUE = { any_of: [true, { exists: false }] };

export const etcd: Prober<PresetOptions, typeof FACTS> = {
  type: 'etcd',
  proves:
    'The member knows a leader, can read by consensus, and has no alarm. Two requests: POST /v3/maintenance/status, which it answers from what it knows, and GET /health.',
  schemes: presetSchemes('etcd', 2379),
  example: 'etcd+https://etcd-1.example.org',
  options: PRESET_OPTIONS,
  facts: FACTS,
  proxy: true,
  codes: {
    quorum: 'the member knows no leader: the majority of the cluster is gone',
    status:
      '/health says false: an alarm (see etcdctl alarm list; NOSPACE takes no writes), or consensus fails',
    auth: 'the login was refused, or TLS wants a client certificate: see tls.cert',
  },
  defaults: (_options, scheme) => ({
    expect: { leader: ANY_OR_TRUE, health: { any_of: [true], when: { leader: ANY_OR_TRUE } } },
    prefer: presetPrefer(scheme),
  }),
  prepare: preparePreset({ path: 'prefix' }, async ({ ask, context }) => {
    const state = await ask('/v3/maintenance/status', { method: 'POST', body: Buffer.from('{}') });
    context.see({ status: state.status });
    // The gateway may be off, or of another version: then only /health tells.
    if (state.status === 200) {
      const body = objectIn(state, 'etcd');
      const [leader, own] = [
        textIn(body, 'leader'),
        isObject(body.header) ? textIn(body.header, 'member_id') : null,
      ];
      const hasLeader = leader !== null && leader !== '0';
      context.see({
        leader: hasLeader,
        is_leader: hasLeader && leader === own,
        version: textIn(body, 'version'),
        db_size: numberIn(body, 'dbSize'),
      });
      if (!hasLeader) return;
    }
    const answer = await ask('/health');
    const { health } = objectIn(answer, 'etcd');
    context.see({ status: answer.status, health: health === true || health === 'true' });
  }),
};
