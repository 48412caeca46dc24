import type { Config } from '../lib/words/service.ts';

/** For commands that can do without a config, where there is none. */
export const NO_CONFIG: Pick<Config, 'files' | 'services' | 'canaries' | 'hooks' | 'hash'> = {
  files: [],
  services: [],
  canaries: [],
  hash: '',
  hooks: {
    dir: null,
    timeout_ms: 30_000,
    env: [],
    user: null,
    max_age_ms: 86_400_000,
    concurrency: 8,
    sandbox: 'none',
  },
};
