import { isObject } from '../../words/json.ts';
import type { FactTable } from '../../words/fact.ts';
import type { Prober } from '../prober.ts';
import { flagIn, numberIn, objectIn, textIn } from '../wire/http/answer.ts';
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
    kind: 'word',
    code: 'status',
    codes: { yellow: 'replication', red: 'status' },
    meaning: 'green; yellow when copies of shards are missing; red when shards are missing altogether',
  },
  leader: {
    kind: 'bool',
    code: 'quorum',
    meaning: 'whether the node knows a master: false when the cluster has lost its majority',
  },
  cluster: { kind: 'word', meaning: 'name of the cluster' },
  nodes: { kind: 'number', meaning: 'nodes in the cluster' },
  data_nodes: { kind: 'number', meaning: 'of those, the ones that hold data' },
  unassigned: { kind: 'number', meaning: 'shards, copies included, that are on no node' },
  pending_tasks: { kind: 'number', meaning: 'changes to the cluster that wait for the master' },
  timed_out: { kind: 'bool', meaning: 'whether the node gave up asking the master' },
  ...PRESET_FACTS,
} as const satisfies FactTable;

export const elasticsearch: Prober<PresetOptions, typeof FACTS> = {
  type: 'elasticsearch',
  proves:
    'The cluster (Elasticsearch or OpenSearch) has a master, and no shard is missing altogether; copies that are missing make it degraded. One request, GET /_cluster/health.',
  schemes: presetSchemes('elasticsearch', 9200),
  example: 'elasticsearch+https://probe:${SEARCH_PASSWORD}@search.example.org',
  options: PRESET_OPTIONS,
  facts: FACTS,
  proxy: true,
  codes: {
    status:
      'the cluster is red: see GET /_cluster/allocation/explain; or it answers with another failure of its own',
    replication: 'the cluster is yellow: copies of shards have no node to be on',
    quorum: 'the node knows no master: bring the other master-eligible nodes back',
    auth: 'the login was refused: the user needs the cluster privilege monitor',
  },
  defaults: (_options, scheme) => ({
    expect: { leader: true, health: { any_of: ['green', 'yellow'], when: { leader: true } } },
    prefer: presetPrefer(scheme, { health: { any_of: ['green', 'red'], when: { leader: true } } }),
  }),
  prepare: preparePreset({ path: 'prefix' }, async ({ ask, context }) => {
    // It asks the master, and would wait for one for half a minute.
    const patience_ms = Math.max(1, Math.floor(context.remaining_ms() / 3));
    const answer = await ask(`/_cluster/health?master_timeout=${String(patience_ms)}ms`);
    context.see({ status: answer.status });
    const body = objectIn(answer, 'Elasticsearch');
    if (
      isObject(body.error) &&
      /(?:master|cluster_manager)_not_discovered/.test(textIn(body.error, 'type') ?? '')
    ) {
      context.see({ leader: false });
      return;
    }
    if (textIn(body, 'cluster_name') === null) {
      const said = isObject(body.error) ? textIn(body.error, 'reason') : null;
      context.find({
        code: 'status',
        phase: 'protocol',
        text: `no health of a cluster (${String(answer.status)})${said === null ? '' : `: ${said.slice(0, 200)}`}`,
      });
      return;
    }
    context.see({
      health: textIn(body, 'status'),
      leader: flagIn(body, 'discovered_master') ?? true,
      cluster: textIn(body, 'cluster_name'),
      nodes: numberIn(body, 'number_of_nodes'),
      data_nodes: numberIn(body, 'number_of_data_nodes'),
      unassigned: numberIn(body, 'unassigned_shards'),
      pending_tasks: numberIn(body, 'number_of_pending_tasks'),
      timed_out: flagIn(body, 'timed_out'),
    });
  }),
};
