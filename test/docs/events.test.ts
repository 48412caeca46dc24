import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { EVENT_KINDS } from '../../lib/words/event.ts';
import { CODES } from '../../lib/words/reason.ts';
import { renderEventDocs } from '../../schema/event-docs.ts';

const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/events.md'), 'utf8');

describe('docs/events.md', () => {
  test('is fresh: npx tsx schema/event-docs.ts', () => {
    expect(page).toBe(renderEventDocs(page));
  });

  test('tells of every event, every reason code, and nested fields', () => {
    for (const kind of EVENT_KINDS) expect(page).toMatch(new RegExp(`^\\|[^|]*\`${kind}\``, 'm'));
    for (const code of Object.keys(CODES)) expect(page).toContain(`\n| \`${code}\` | `);
    for (const field of ['timings.tls_ms', 'incident.duration_s', 'addresses[].family', 'delivery.attempt']) {
      expect(page).toContain(`\n| \`${field}\` | `);
    }
  });

  test('a page without the place for a table is refused, not left as it is', () => {
    expect(() => renderEventDocs(page.replace('<!-- reason codes -->', ''))).toThrow('<!-- reason codes -->');
  });
});
