import type { FactTable } from '../../../words/fact.ts';

export const GOPHER_FACTS = {
  found: {
    kind: 'bool',
    code: 'status',
    meaning: 'whether it has what the target names, and answers with no item of type 3 (error)',
  },
  entries: {
    kind: 'number',
    meaning: 'items of the menu that lead somewhere, information (i) left out; absent when it is no menu',
  },
  items: { kind: 'list', meaning: 'their selectors, the first 200' },
  text: {
    kind: 'text',
    meaning: 'what a menu shows, line by line, or the text itself; absent for files that are no text',
  },
  size: { kind: 'number', unit: 'bytes', meaning: 'bytes of the answer' },
} as const satisfies FactTable;
