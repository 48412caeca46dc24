import type { FactTable } from '../../words/fact.ts';
import type { Prober } from '../prober.ts';
import { refuseForm } from '../wire/http/answer.ts';
import {
  PRESET_FACTS,
  PRESET_OPTIONS,
  type PresetOptions,
  preparePreset,
  presetPrefer,
  presetSchemes,
} from '../wire/http/preset.ts';

const FACTS = {
  leader: {
    kind: 'word',
    code: 'quorum',
    meaning: 'address of the leader, "192.0.2.7:8300"; absent when the cluster has none',
  },
  nodes: { kind: 'number', meaning: 'servers that take part in consensus; absent when there is no leader' },
  ...PRESET_FACTS,
} as const satisfies FactTable;

export const consul: Prober<PresetOptions, typeof FACTS> = {
  type: 'consul',
  proves:
    'The agent reaches the servers of its cluster, and these have a leader. Two requests: GET /v1/status/leader and GET /v1/status/peers.',
  schemes: presetSchemes('consul', 8500, 8501),
  example: 'consul://consul.example.org',
  options: PRESET_OPTIONS,
  facts: FACTS,
  proxy: true,
  codes: {
    quorum: 'the cluster has no leader: the majority of its servers is gone',
    status: 'the agent answers with a failure of its own: the text has its words',
    auth: 'the token was refused: give it as auth: {bearer: TOKEN}',
  },
  defaults: (_options, scheme) => ({ expect: { leader: { exists: true } }, prefer: presetPrefer(scheme) }),
  prepare: preparePreset({ path: 'prefix' }, async ({ ask, context }) => {
    const answer = await ask('/v1/status/leader');
    context.see({ status: answer.status, leader: null });
    if (answer.status >= 500 && /no cluster leader|no known consul servers/i.test(answer.text.slice(0, 1000)))
      return;
    if (answer.status !== 200) {
      if (answer.status < 500) refuseForm(answer, 'Consul', 'the address of a leader');
      context.find({
        code: 'status',
        phase: 'protocol',
        text: `it answers ${String(answer.status)}: ${answer.text.slice(0, 200).trim()}`,
      });
      return;
    }
    if (typeof answer.json !== 'string') return refuseForm(answer, 'Consul', 'the address of a leader');
    if (answer.json === '') return;
    context.see({ leader: answer.json.slice(0, 200) });
    const peers = await ask('/v1/status/peers');
    if (Array.isArray(peers.json)) context.see({ status: peers.status, nodes: peers.json.length });
  }),
};
