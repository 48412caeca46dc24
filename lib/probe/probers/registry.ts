import { isObject } from '../../words/json.ts';
import type { FactTable } from '../../words/fact.ts';
import { InvalidOptions, type Prober } from '../prober.ts';
import { type Answer, refuseForm } from '../wire/http/answer.ts';
import { headerValue } from '../wire/http/header-list.ts';
import {
  PRESET_FACTS,
  PRESET_OPTIONS,
  type PresetOptions,
  preparePreset,
  presetPrefer,
  presetSchemes,
} from '../wire/http/preset.ts';

const FACTS = {
  login: { kind: 'word', meaning: 'none when it lets us in; else what it wants, basic or bearer' },
  repository: {
    kind: 'bool',
    code: 'status',
    meaning: 'whether the repository that the path names is there; absent when it names none',
  },
  tags: { kind: 'number', meaning: 'tags of that repository, of the first page where there are several' },
  ...PRESET_FACTS,
} as const satisfies FactTable;

export const registry: Prober<PresetOptions, typeof FACTS> = {
  type: 'registry',
  proves:
    'The registry (of containers, by the OCI distribution specification) answers GET /v2/: it lets us in, or, without a login in the target, asks for one as registries do. With a repository in the path, that is there (one request more).',
  schemes: presetSchemes('registry', 5000, 443),
  example: 'registry+https://registry.example.org/shop/web',
  options: PRESET_OPTIONS,
  facts: FACTS,
  proxy: true,
  codes: {
    status: 'the registry answers with a failure of its own, or the repository is missing',
    auth: 'the login was refused; one by token (auth: {bearer}) must be got elsewhere',
  },
  defaults: (_options, scheme) => ({
    expect: { status: [200, 401], repository: { any_of: [true, { exists: false }] } },
    prefer: presetPrefer(scheme),
  }),
  prepare: preparePreset({ path: 'name', check: checkName }, async ({ ask, context, path, hasLogin }) => {
    const base = await ask('/v2/', {}, !hasLogin && path === '');
    context.see({ status: base.status, login: wantedLogin(base) });
    if (!isRegistry(base)) refuseForm(base, 'a registry', 'sign of a registry');
    if (path === '' || base.status !== 200) return;
    const answer = await ask(`/v2/${path}/tags/list`);
    const tags = isObject(answer.json) && Array.isArray(answer.json.tags) ? answer.json.tags.length : null;
    context.see({
      status: answer.status === 404 ? base.status : answer.status,
      repository: answer.status === 200,
      tags,
    });
  }),
};

/** By its header, or by what its body is: OCI distribution specification, end-1. */
function isRegistry(answer: Answer): boolean {
  const { status, headers, json } = answer;
  if (headerValue(headers, 'docker-distribution-api-version') !== null) return true;
  if (status === 200) return isObject(json);
  return isObject(json) && Array.isArray(json.errors);
}

function wantedLogin({ status, headers }: Answer): string {
  if (status !== 401) return 'none';
  return (
    /^\s*([A-Za-z]{1,20})/.exec(headerValue(headers, 'www-authenticate') ?? '')?.[1]?.toLowerCase() ??
    'unknown'
  );
}

function checkName(path: string): void {
  if (!/^[a-z0-9._/-]*$/.test(path))
    throw new InvalidOptions(
      'target',
      'the path is no name of a repository, expected small letters, digits and ._-/',
    );
}
