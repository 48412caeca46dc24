import { isObject, type JsonSchema } from '../../words/json.ts';
import type { FactTable, FactsOf } from '../../words/fact.ts';
import { InvalidOptions, type Prepared, type Prober, type Target } from '../prober.ts';
import { type Answer, numberIn, objectIn, refuseForm, textIn } from '../wire/http/answer.ts';
import {
  type Asking,
  PRESET_FACTS,
  PRESET_OPTIONS,
  type PresetOptions,
  preparePreset,
  presetPrefer,
} from '../wire/http/preset.ts';
import { createAsk } from '../wire/http/preset-ask.ts';
import { headersOf } from '../wire/http/written-headers.ts';

interface Options extends PresetOptions {
  readonly container?: string;
}

const CONTAINER: JsonSchema = {
  type: 'string',
  pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$',
  description: 'name or id of a container that must run, healthy if it has a health check; one request more',
};

const FACTS = {
  version: { kind: 'word', meaning: 'version of the daemon' },
  containers: { kind: 'number', meaning: 'containers, running or not' },
  running: { kind: 'number', meaning: 'containers that run' },
  swarm: {
    kind: 'word',
    code: 'quorum',
    meaning: 'state of the node in its swarm: inactive (in none), active, pending, locked or error',
  },
  container: {
    kind: 'word',
    code: 'status',
    codes: { restarting: 'loading', created: 'loading' },
    meaning: 'with `container`: its state, running, paused, exited, restarting, dead or missing',
  },
  container_health: {
    kind: 'word',
    code: 'status',
    codes: { starting: 'loading' },
    meaning: 'with `container`: healthy, unhealthy or starting; absent when it has no health check',
  },
  restarts: { kind: 'number', meaning: 'with `container`: how often it was restarted' },
  ...PRESET_FACTS,
} as const satisfies FactTable;

const LONGEST_PATH = 107;

type Run = (asking: Asking<Options, typeof FACTS>) => Promise<void>;

export const docker: Prober<Options, typeof FACTS> = {
  type: 'docker',
  proves:
    'The daemon (Docker, or Podman’s service) answers over its Unix socket (docker:///var/run/docker.sock) or TCP, and a container that is named runs and is healthy. Two requests, GET /_ping and /info, and one more for a container.',
  schemes: [
    { scheme: 'docker', port: 2375, shape: 'path' },
    { scheme: 'docker+https', port: 2376, tls: true, shape: 'path' },
  ],
  example: 'docker:///var/run/docker.sock',
  options: { ...PRESET_OPTIONS, container: CONTAINER },
  facts: FACTS,
  proxy: true,
  codes: {
    status:
      'the daemon answers with a failure, or the container does not run or is unhealthy: see docker ps and docker logs',
    loading: 'the container starts, or is restarted: its health is not known yet',
    quorum: 'the swarm that the node is in does not work for it: see docker info',
    permission: 'puptime may not use the socket: its user must be in the group that owns it',
    refused: 'no daemon behind the socket',
  },
  defaults: ({ container }, scheme) => ({
    expect: {
      swarm: { any_of: ['inactive', 'active', { exists: false }] },
      ...(container === undefined
        ? {}
        : { container: 'running', container_health: { any_of: ['healthy', { exists: false }] } }),
    },
    prefer: presetPrefer(scheme),
  }),
  prepare: (input) => (hasSocket(input.target) ? prepareSocket(input) : overTcp(input)),
};

const run: Run = async ({ ask, context, options: { container } }) => {
  const ping = await ask('/_ping');
  context.see({ status: ping.status });
  if (ping.status !== 200 || !/^OK\s*$/.test(ping.text)) refuseForm(ping, 'Docker', 'the word OK');
  const info = await ask('/info');
  context.see({ status: info.status, ...infoFacts(info) });
  if (container === undefined) return;
  const answer = await ask(`/containers/${encodeURIComponent(container)}/json`);
  context.see({ status: answer.status, ...containerFacts(answer) });
};

const overTcp = preparePreset<Options, typeof FACTS>({ path: 'prefix' }, run);

function hasSocket(target: Target | null): target is Target {
  return target !== null && target.host === '';
}

function prepareSocket({ target, options }: Prepared<Options>) {
  const path = target?.path ?? '';
  if (target?.scheme !== 'docker' || !path.startsWith('/') || path === '/')
    throw new InvalidOptions(
      'target',
      'it names neither host nor socket, expected docker:///var/run/docker.sock or docker://HOST',
    );
  if (Buffer.byteLength(path) > LONGEST_PATH || path.includes('\0'))
    throw new InvalidOptions(
      'target',
      `the path of the socket is too long, expected at most ${String(LONGEST_PATH)} bytes`,
    );
  const place = { scheme: 'http', host: 'localhost', port: 80, path: '' } as const;
  const headers = headersOf(options.headers);
  return {
    endpoint: null,
    run: (context: Asking<Options, typeof FACTS>['context']) =>
      run({
        ask: createAsk({ place, authorization: null, headers, socket: path }, context),
        context,
        options,
        path: '',
        uri: 'docker://localhost',
        hasLogin: false,
      }),
  };
}

function infoFacts(answer: Answer): FactsOf<typeof FACTS> {
  const body = objectIn(answer, 'Docker');
  const { Swarm: swarm } = body;
  return {
    version: textIn(body, 'ServerVersion'),
    containers: numberIn(body, 'Containers'),
    running: numberIn(body, 'ContainersRunning'),
    swarm: isObject(swarm) ? textIn(swarm, 'LocalNodeState') : null,
  };
}

function containerFacts(answer: Answer): FactsOf<typeof FACTS> {
  if (answer.status === 404) return { container: 'missing' };
  const body = objectIn(answer, 'Docker');
  const { State: state } = body;
  if (!isObject(state)) return refuseForm(answer, 'Docker', 'the state of a container');
  const { Health: health } = state;
  const word = isObject(health) ? textIn(health, 'Status') : null;
  return {
    container: textIn(state, 'Status'),
    container_health: word === 'none' ? null : word,
    restarts: numberIn(body, 'RestartCount'),
  };
}
