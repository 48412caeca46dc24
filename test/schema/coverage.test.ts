import { expect, test } from 'vitest';
import { PROBERS } from '../../lib/probe/registry.ts';
import { COMPARED, COVERAGE, REACHES } from '../../schema/coverage.ts';

const known = PROBERS.map(({ type }) => type);

test('every prober is compared once', () => {
  const compared = COVERAGE.flatMap(({ probers }) => probers);
  expect(known.filter((type) => compared.filter((other) => other === type).length !== 1)).toEqual([]);
  expect(compared.filter((type) => !known.includes(type))).toEqual([]);
});

test('each of the others is told in the words that the table explains', () => {
  for (const { others } of COVERAGE) {
    expect(others).toHaveLength(COMPARED.length);
    for (const other of others) expect(REACHES.map(String)).toContain(other.split(', ')[0]);
  }
});
