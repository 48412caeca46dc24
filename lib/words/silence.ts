/** What one word of a selector is for: a name (and all that a matrix made of it), a name with * and ?, a tag, a group. */
export interface Selector {
  readonly kind: 'name' | 'glob' | 'tag' | 'group';
  readonly value: string;
}

/** A person’s order not to announce anything for a while. Plain JSON; times are RFC 3339 UTC. */
export interface Silence {
  readonly schema: 'puptime.silence.v1';
  readonly id: string;
  /** every list narrows, within one list any word will do; no list at all: every service */
  readonly match: readonly (readonly Selector[])[];
  readonly from: string;
  readonly until: string;
  readonly note: string | null;
  /** the user who ordered it */
  readonly by: string;
}

/** What a selector looks at. */
export interface Selectable {
  readonly name: string;
  readonly group: string | null;
  readonly tags: readonly string[];
}
