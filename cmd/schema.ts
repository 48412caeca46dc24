import configSchema from '../schema/config.schema.json' with { type: 'json' };
import eventSchema from '../schema/event.schema.json' with { type: 'json' };
import resultSchema from '../schema/result.schema.json' with { type: 'json' };
import { EXIT, UserError } from '../lib/words/problem.ts';
import type { Options } from './options.ts';
import { writeOut } from './output.ts';
import type { World } from './world.ts';

const SCHEMAS: { readonly [which: string]: unknown } = {
  config: configSchema,
  result: resultSchema,
  event: eventSchema,
};

/** `puptime schema config|result|event`. */
export async function schema({ _: [which = ''] }: Options, world: World): Promise<number> {
  if (!Object.hasOwn(SCHEMAS, which)) {
    throw new UserError(EXIT.usage, `schema "${which}": there is none, expected config, result or event`);
  }
  return writeOut(world.stdout, `${JSON.stringify(SCHEMAS[which], null, 2)}\n`);
}
