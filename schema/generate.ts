import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PROBERS } from '../lib/probe/registry.ts';
import { renderConfigSchema } from './config-schema-file.ts';
import { renderEventDocs } from './event-docs.ts';
import { renderProberDocs } from './prober-docs.ts';
import { renderValidators } from './validators-file.ts';

const EVENTS = path.join(import.meta.dirname, '../docs/events.md');

/** Everything that is made from the probers and the vocabulary; `make generate` writes it, a test holds it fresh. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const probers = await Promise.all(PROBERS.map(({ load }) => load()));
  return new Map([
    ['schema/config.schema.json', `${JSON.stringify(renderConfigSchema(probers), null, 2)}\n`],
    ['docs/probers.md', renderProberDocs(probers)],
    ['docs/events.md', renderEventDocs(readFileSync(EVENTS, 'utf8'))],
    ['lib/config/generated/validators.js', renderValidators(probers)],
    ['lib/config/generated/validators.d.ts', VALIDATOR_TYPES],
  ]);
}

/** Their names depend on the probers, so the module is only known to be one. */
const VALIDATOR_TYPES = 'export {};\n';

if (process.argv[1] === import.meta.filename) {
  for (const [file, text] of await generatedFiles()) {
    const target = path.join(import.meta.dirname, '..', file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
}
