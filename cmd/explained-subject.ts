import { EXIT, UserError } from '../lib/words/problem.ts';
import type { Config, Service } from '../lib/words/service.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import { NO_CONFIG } from './no-config.ts';
import type { Options } from './options.ts';
import { bareServices, isTarget } from './probe-targets.ts';
import { selectServices } from './select.ts';
import { readConfig, withHooksOption } from './setting.ts';
import type { World } from './world.ts';

/** What is explained. */
export interface Subject {
  readonly service: Service;
  readonly config: Pick<Config, 'files' | 'services' | 'canaries' | 'hooks' | 'hash' | 'deadline_ms'> &
    Partial<Pick<Config, 'state'>>;
  /** false: a bare URL, of which nothing is remembered */
  readonly isConfigured: boolean;
}

/** Throws UserError 64 when that is not just one service, and what reading a config throws. */
export async function subjectOf(options: Options, world: World): Promise<Subject> {
  const [word = ''] = options._;
  if (isTarget(word)) {
    const [service] = await bareServices([word], world);
    if (service === undefined) throw new Error('a target makes a service');
    const config = withHooksOption({ ...NO_CONFIG, services: [service], deadline_ms: null }, options, world);
    return { service, config, isConfigured: false };
  }
  const config = withHooksOption(await readConfig(options, world), options, world);
  const [service, ...others] = selectServices(config.services, { _: [word] });
  if (service === undefined || others.length > 0) {
    const names = [service, ...others].slice(0, 5).map((one) => one?.name ?? '');
    throw new UserError(
      EXIT.usage,
      `explain ${safeLine(word, 60)}: is ${names.length} services, expected one of ${names.join(', ')}`,
    );
  }
  return { service, config, isConfigured: true };
}
