import type { FactTable } from '../../words/fact.ts';
import type { Prober } from '../prober.ts';
import { flagIn, objectIn, refuseForm, textIn } from '../wire/http/answer.ts';
import {
  PRESET_FACTS,
  PRESET_OPTIONS,
  type PresetOptions,
  preparePreset,
  presetPrefer,
  presetSchemes,
} from '../wire/http/preset.ts';

const FACTS = {
  state: {
    kind: 'word',
    code: 'status',
    meaning: 'active, standby, performance_standby, dr_secondary, sealed or uninitialised',
  },
  sealed: { kind: 'bool', code: 'status', meaning: 'whether it is sealed, and gives no secrets' },
  initialized: { kind: 'bool', code: 'status', meaning: 'whether it has been set up' },
  version: { kind: 'word', meaning: 'version of the server' },
  cluster: { kind: 'word', meaning: 'name of the cluster; absent while it is sealed' },
  ...PRESET_FACTS,
} as const satisfies FactTable;

/** Source: API documentation of /sys/health. */
const STATES: { readonly [status: number]: string } = {
  200: 'active',
  429: 'standby',
  472: 'dr_secondary',
  473: 'performance_standby',
  501: 'uninitialised',
  503: 'sealed',
};

export const vault: Prober<PresetOptions, typeof FACTS> = {
  type: 'vault',
  proves:
    'The server (Vault or OpenBao) is set up and unsealed, as the active one or on standby. One request, GET /v1/sys/health, without login.',
  schemes: presetSchemes('vault', 8200),
  example: 'vault+https://vault.example.org',
  options: PRESET_OPTIONS,
  facts: FACTS,
  proxy: true,
  codes: {
    status: 'it is sealed (unseal it), not set up, or in a state that is not expected: `state` says which',
  },
  defaults: (_options, scheme) => ({
    expect: { initialized: true, sealed: { any_of: [false], when: { initialized: true } } },
    prefer: presetPrefer(scheme),
  }),
  prepare: preparePreset({ path: 'prefix' }, async ({ ask, context }) => {
    const answer = await ask('/v1/sys/health');
    const body = objectIn(answer, 'Vault');
    const [initialized, sealed] = [flagIn(body, 'initialized'), flagIn(body, 'sealed')];
    if (initialized === null || sealed === null) return refuseForm(answer, 'Vault', 'a word on its seal');
    context.see({
      status: answer.status,
      state: STATES[answer.status] ?? String(answer.status),
      sealed,
      initialized,
      version: textIn(body, 'version'),
      cluster: textIn(body, 'cluster_name'),
    });
  }),
};
