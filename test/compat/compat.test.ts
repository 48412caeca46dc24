import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readResult } from '../../lib/decide/read-result.ts';
import { parseForeignEvent } from '../../lib/deliver/foreign-event.ts';
import { complaintsOf } from '../schema/validator.ts';

const VERSIONS = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const FILES = VERSIONS.flatMap((version) =>
  readdirSync(path.join(import.meta.dirname, version)).map((file) => `${version}/${file}`),
);

/** Files as released versions have written them. They are never changed: hooks and stored results rely on them. */
describe('what any version has written is valid for ever', () => {
  test('there are files of each format', () => {
    expect(FILES.filter((file) => file.includes('result-')).length).toBeGreaterThan(3);
    expect(FILES.filter((file) => file.includes('event-')).length).toBeGreaterThan(5);
  });

  test.each(FILES)('%s: by its schema, and by what reads it', (file) => {
    const text = readFileSync(path.join(import.meta.dirname, file), 'utf8');
    const value = JSON.parse(text);
    expect(complaintsOf[value.schema]?.(value)).toEqual([]);
    const { events: _, ...written } = value;
    const read =
      value.schema === 'puptime.event.v1' ? parseForeignEvent(text) : { event: readResult(value) };
    // whatever this version adds besides, nothing of theirs is lost
    expect(read).toMatchObject({ event: written });
  });
});
