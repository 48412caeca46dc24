/** One sequence laid along another: what fits, in order, and what does not. */
export interface Alignment<Expected, Seen> {
  readonly pairs: readonly (readonly [Expected, Seen])[];
  /** expected and not seen; optional ones too */
  readonly missing: readonly Expected[];
  /** seen and not expected at this place */
  readonly surplus: readonly Seen[];
}

interface Best {
  readonly score: number;
  readonly step: 'pair' | 'missing' | 'surplus' | 'end';
}

/** Lays what was seen along what was expected, so that as few as possible are surplus and as few required ones missing. */
export function align<
  Expected extends { readonly event: string; readonly optional?: boolean },
  Seen extends { readonly event: string },
>(expected: readonly Expected[], seen: readonly Seen[]): Alignment<Expected, Seen> {
  const table: Best[][] = [...expected.map(() => []), []];
  const rows = expected.length;
  const scoreAt = (row: number, column: number) => table[row]?.[column]?.score ?? 0;
  for (let row = rows; row >= 0; row -= 1) {
    for (let column = seen.length; column >= 0; column -= 1) {
      table[row]![column] = bestOf(expected[row], seen[column], {
        pair: () => scoreAt(row + 1, column + 1),
        missing: () => scoreAt(row + 1, column),
        surplus: () => scoreAt(row, column + 1),
      });
    }
  }
  return walk(expected, seen, table);
}

function bestOf(
  expected: { readonly event: string; readonly optional?: boolean } | undefined,
  seen: { readonly event: string } | undefined,
  after: { readonly pair: () => number; readonly missing: () => number; readonly surplus: () => number },
): Best {
  const choices: Best[] = [];
  if (expected !== undefined && seen !== undefined && expected.event === seen.event)
    choices.push({ step: 'pair', score: after.pair() });
  if (expected !== undefined)
    choices.push({ step: 'missing', score: after.missing() - (expected.optional === true ? 0 : 1) });
  if (seen !== undefined) choices.push({ step: 'surplus', score: after.surplus() - 1 });
  return choices.reduce((best, choice) => (choice.score > best.score ? choice : best), choices[0] ?? END);
}

const END: Best = { step: 'end', score: 0 };

function walk<Expected, Seen>(
  expected: readonly Expected[],
  seen: readonly Seen[],
  table: readonly (readonly Best[])[],
): Alignment<Expected, Seen> {
  const pairs: (readonly [Expected, Seen])[] = [];
  const missing: Expected[] = [];
  const surplus: Seen[] = [];
  let row = 0;
  let column = 0;
  for (;;) {
    const step = table[row]?.[column]?.step ?? 'end';
    const [one] = expected.slice(row);
    const [other] = seen.slice(column);
    if (step === 'pair' && one !== undefined && other !== undefined) pairs.push([one, other]);
    else if (step === 'missing' && one !== undefined) missing.push(one);
    else if (step === 'surplus' && other !== undefined) surplus.push(other);
    else return { pairs, missing, surplus };
    if (step !== 'surplus') row += 1;
    if (step !== 'missing') column += 1;
  }
}
