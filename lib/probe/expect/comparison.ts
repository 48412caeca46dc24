/** `"< 2h"`: the operator, and what is behind it still as text. */
export interface Comparison {
  readonly operator: Operator;
  readonly operand: string;
}

export type Operator = '<' | '<=' | '>' | '>=' | '==' | '!=';

/** A comparison as people write it; null when the text is none. `=` is taken as `==`. */
export function parseComparison(text: string): Comparison | null {
  const trimmed = text.trim();
  const written = SPELLINGS.find((spelling) => trimmed.startsWith(spelling));
  if (written === undefined) return null;
  const operand = trimmed.slice(written.length).trim();
  if (operand === '') return null;
  return { operator: written === '=' ? '==' : written, operand };
}

// the longer ones first
const SPELLINGS = ['<=', '>=', '==', '!=', '<', '>', '='] as const;

export function compare(seen: number, operator: Operator, wanted: number): boolean {
  switch (operator) {
    case '<':
      return seen < wanted;
    case '<=':
      return seen <= wanted;
    case '>':
      return seen > wanted;
    case '>=':
      return seen >= wanted;
    case '==':
      return seen === wanted;
    case '!=':
      return seen !== wanted;
  }
}

/** For “expected …”. */
export const OPERATOR_PHRASE: Readonly<Record<Operator, string>> = {
  '<': 'less than',
  '<=': 'at most',
  '>': 'more than',
  '>=': 'at least',
  '==': 'exactly',
  '!=': 'anything but',
};
