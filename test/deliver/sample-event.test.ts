import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect, test } from 'vitest';
import { sampleEvent } from '../../lib/deliver/sample-event.ts';
import { EVENT_KINDS } from '../../lib/words/event.ts';

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
for (const name of ['result', 'event']) {
  ajv.addSchema(JSON.parse(readFileSync(`schema/${name}.schema.json`, 'utf8')) as object, name);
}

test.each(EVENT_KINDS)(
  'a sample of on_%s is a full event as the schema wants it, marked as a test',
  (kind) => {
    const run = { id: 'run-1', host: 'here', config: null };
    const event = sampleEvent({
      kind,
      service: null,
      target: null,
      now: 1_700_000_000_000,
      run,
      unique: 'abc',
    });
    expect(ajv.validate('event', event), ajv.errorsText()).toBe(true);
    expect(event).toMatchObject({ event: kind, test: true });
  },
);
