import type { Said } from './report-answer.ts';

/** How another server’s answer differs from that of the one that is probed; null when it agrees. */
export function differenceOf(
  first: Said,
  other: Said,
  { soa, maxSkew, authoritative }: Agreement,
): string | null {
  if (other.rcode !== first.rcode) return `says ${other.rcode}, not ${first.rcode}`;
  if (authoritative && !other.flags.includes('aa')) return 'does not answer of its own authority';
  if (soa && first.serial !== null && other.serial !== null) {
    const skew = Math.abs((other.serial - first.serial) | 0);
    if (skew > maxSkew) return `has serial ${String(other.serial)}, not ${String(first.serial)}`;
    return sameTexts(withoutSerial(first.answers), withoutSerial(other.answers))
      ? null
      : `has ${listed(other.answers)}, not ${listed(first.answers)}`;
  }
  return sameTexts(first.answers, other.answers)
    ? null
    : `has ${listed(other.answers)}, not ${listed(first.answers)}`;
}

export interface Agreement {
  /** the question is for a SOA record: serials are compared by themselves (RFC 1982: they wrap around) */
  readonly soa: boolean;
  readonly maxSkew: number;
  readonly authoritative: boolean;
}

function withoutSerial(answers: readonly string[]): string[] {
  return answers.map((text) => text.split(' ').toSpliced(2, 1).join(' '));
}

/** Both are sorted. */
function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}

function listed(answers: readonly string[]): string {
  return answers.length === 0 ? 'no answer' : answers.join(', ');
}
