import type { FactTable } from '../../words/fact.ts';
import type { Prober } from '../prober.ts';
import { type Answer, refuseForm } from '../wire/http/answer.ts';
import {
  PRESET_FACTS,
  PRESET_OPTIONS,
  type PresetOptions,
  preparePreset,
  presetPrefer,
  presetSchemes,
} from '../wire/http/preset.ts';

const FACTS = {
  ready: { kind: 'bool', code: 'status', meaning: 'whether /readyz is answered with 200' },
  failing: {
    kind: 'list',
    code: 'status',
    meaning: 'names of the checks that fail (etcd, poststarthook/… ); empty when none does',
  },
  checks: { kind: 'number', meaning: 'how many checks it tells of' },
  ...PRESET_FACTS,
} as const satisfies FactTable;

export const kubernetes: Prober<PresetOptions, typeof FACTS> = {
  type: 'kubernetes',
  proves:
    'The API server is ready, all its checks (etcd among them) passing. One request, GET /readyz?verbose, which needs no login unless anonymous ones are off.',
  schemes: presetSchemes('kubernetes', 8001, 6443),
  example: 'kubernetes+https://k8s.example.org',
  options: PRESET_OPTIONS,
  facts: FACTS,
  proxy: true,
  codes: {
    status: 'the server is not ready: `failing` has the checks that fail',
    quorum: 'the check of etcd fails: the server cannot reach its store, or that has lost its majority',
    auth: 'anonymous requests are off, or the token was refused: give auth: {bearer: TOKEN}',
  },
  defaults: (_options, scheme) => ({ expect: { ready: true }, prefer: presetPrefer(scheme) }),
  prepare: preparePreset({ path: 'prefix' }, async ({ ask, context }) => {
    const answer = await ask('/readyz?verbose');
    const checks = checksIn(answer);
    const failing = checks.filter(({ passes }) => !passes).map(({ name }) => name);
    context.see({
      status: answer.status,
      ready: answer.status === 200,
      failing: failing.slice(0, 100),
      checks: checks.length,
    });
    if (answer.status !== 200 && failing.length > 0) {
      const code = failing.some((name) => /^etcd/.test(name)) ? 'quorum' : 'status';
      context.find({
        code,
        phase: 'protocol',
        text: `these checks fail: ${failing.slice(0, 10).join(', ')}`,
      });
    }
  }),
};

/** `[+]ping ok` and `[-]etcd failed: reason withheld`, a line each. */
function checksIn(answer: Answer): readonly { readonly name: string; readonly passes: boolean }[] {
  const found = answer.text
    .slice(0, 65_536)
    .split('\n')
    .flatMap((line) => {
      const [, sign, name] = /^\[([+-])\]([A-Za-z0-9_./-]{1,200}) /.exec(line) ?? [];
      return name === undefined ? [] : [{ name, passes: sign === '+' }];
    });
  if (found.length === 0 && !/readyz check (?:passed|failed)|^ok$/.test(answer.text.slice(0, 2000).trim()))
    return refuseForm(answer, 'Kubernetes', 'list of checks');
  return found;
}
