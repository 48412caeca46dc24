import { didYouMean } from '../words/did-you-mean.ts';
import type { Policy } from '../words/policy.ts';
import { EXIT, UserError } from '../words/problem.ts';
import { safeLine } from '../words/safe-text.ts';
import type { Service } from '../words/service.ts';
import type { Window } from '../words/window.ts';
import { checkConfig } from './check-config.ts';

/** What `KEY=VALUE` words put in the place of a config’s; what none of them names is absent. */
export interface PolicySettings {
  readonly policy: Partial<Policy>;
  readonly interval_ms?: number | null;
  readonly maintenance?: readonly Window[];
}

const POLICY_KEYS = ['down_after', 'up_after', 'slow', 'slow_window', 'remind', 'flapping'] as const;
const KEYS = [...POLICY_KEYS, 'interval', 'maintenance'] as const;

/** Reads words such as `down_after=3` and `slow=800ms`, values as in a config. Throws UserError 64 for the first mistake. */
export async function readPolicySettings(words: readonly string[]): Promise<PolicySettings> {
  if (words.length === 0) return { policy: {} };
  const settings = words.map(settingOf);
  const written = new Map(settings.map(({ key, value }) => [key, value]));
  const service = await checked(settings);
  const policy = Object.fromEntries(
    POLICY_KEYS.filter((key) => written.has(key)).map((key) => [key, service.policy[key]]),
  );
  return {
    policy,
    ...(written.has('interval') ? { interval_ms: service.interval_ms } : {}),
    ...(written.has('maintenance') ? { maintenance: service.maintenance } : {}),
  };
}

interface Setting {
  readonly word: string;
  readonly key: (typeof KEYS)[number];
  readonly value: string;
}

function settingOf(word: string): Setting {
  const at = word.indexOf('=');
  const name = at === -1 ? word : word.slice(0, at);
  const key = KEYS.find((known) => known === name.trim());
  if (key === undefined) {
    const guess = didYouMean(name, KEYS) || `, expected one of ${KEYS.join(', ')}`;
    throw refused(word, `there is no "${safeLine(name, 40)}" to set here${guess}`);
  }
  const value = at === -1 ? '' : word.slice(at + 1).trim();
  if (value === '' || /[\n\r]/.test(value))
    throw refused(word, `expected a value in one line, as in ${key}=${EXAMPLES[key]}`);
  return { word, key, value };
}

const EXAMPLES = {
  down_after: '3',
  up_after: '2/3',
  slow: '800ms',
  slow_window: '5',
  remind: '30m',
  flapping: 'true',
  interval: '1m',
  maintenance: '[{cron: "0 3 * * 0", for: 2h}]',
} as const satisfies Record<Setting['key'], string>;

/** As the keys of a service of a config, on a line each. */
async function checked(settings: readonly Setting[]): Promise<Service> {
  const head = ['services:', '- name: simulated', '  target: tcp://127.0.0.1:1'];
  const lines = settings.map(({ key, value }) => `  ${key}: ${value}`);
  // A window of runs wants a limit beside it; whose limit that is, is not said here.
  const has = (name: Setting['key']) => settings.some(({ key }) => key === name);
  const beside = has('slow_window') && !has('slow') ? ['  slow: 1s'] : [];
  const text = [...head, ...lines, ...beside, ''].join('\n');
  const outcome = await checkConfig([{ file: 'command line', text }], { cwd: '/', env: {} });
  if (outcome.ok) {
    const [service] = outcome.value.config.services;
    if (service !== undefined) return service;
    throw new Error('one service was written');
  }
  const [problem] = outcome.problems;
  const at = problem?.line ?? head.length + 1;
  const setting = settings[at - head.length - 1] ?? settings.at(-1);
  throw refused(setting?.word ?? '', problem?.text ?? 'is no value for it');
}

function refused(word: string, text: string): UserError {
  return new UserError(EXIT.usage, `--set ${safeLine(word, 80)}: ${text}`);
}
