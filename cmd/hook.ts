import { didYouMean } from '../lib/words/did-you-mean.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import type { Options } from './options.ts';
import type { World } from './world.ts';

const ACTIONS = ['test', 'lint'] as const;

/** `puptime hook test EVENT [NAME]` and `puptime hook lint [PATH…]`. */
export async function hook(options: Options, world: World): Promise<number> {
  const [word = '', ...rest] = options._;
  const named: Options = { ...options, _: rest };
  switch (ACTIONS.find((action) => action === word)) {
    case 'test':
      return (await import('./hook-test.ts')).testHook(named, world);
    case 'lint':
      return (await import('./hook-lint.ts')).lintHooks(named, world);
    case undefined:
      throw new UserError(
        EXIT.usage,
        `hook ${safeLine(word, 60)}: expected hook test EVENT [NAME], or hook lint [PATH…]${didYouMean(word, ACTIONS)}`,
      );
  }
}
