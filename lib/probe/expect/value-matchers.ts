import type { Json } from '../../words/json.ts';
import { parseAmount } from './amount.ts';
import type { Matcher, Subject } from './check.ts';
import { everyNumber, refuse } from './conditions.ts';
import { isList } from './equality.ts';
import { parseNetwork, type Network } from './network.ts';
import { isQuiet, parsePluginRange } from './plugin-range.ts';
import { show } from './show.ts';

/** `min` and `max`, both inclusive; of a list of numbers every one. */
export function compileBound(operand: Json, subject: Subject, bound: 'at least' | 'at most'): Matcher | null {
  const amount = parseAmount(operand, subject.unit);
  if (!amount.ok) return refuse(subject, amount.text);
  const limit = amount.value;
  return {
    phrase: `${bound} ${show(operand)}`,
    absent: false,
    holds: (value) =>
      everyNumber(value, subject.kind, (number) =>
        bound === 'at least' ? number >= limit : number <= limit,
      ),
  };
}

/** `range`: in the notation of Nagios plugins, it holds where a plugin with this threshold would raise no alert. */
export function compileRange(operand: Json, subject: Subject): Matcher | null {
  const range =
    typeof operand === 'string' || typeof operand === 'number' ? parsePluginRange(String(operand)) : null;
  if (range === null) {
    return refuse(
      subject,
      `saw ${show(operand)}, expected a plugin’s range such as 10, 10:, ~:5, 10:20 or @10:20`,
    );
  }
  return {
    phrase: `a value that the range ${show(operand)} lets pass`,
    absent: false,
    holds: (value) => everyNumber(value, subject.kind, (number) => isQuiet(number, range)),
  };
}

/** `within`: the address, or every address of a list, lies in one of these blocks. */
export function compileWithin(operand: Json, subject: Subject): Matcher | null {
  const networks = readNetworks(isList(operand) ? operand : [operand], subject);
  if (networks === null) return null;
  const inside = (value: Json): boolean =>
    typeof value === 'string' && networks.some((network) => network.has(value));
  return {
    phrase: `an address within ${networks.map((network) => network.source).join(' or ')}`,
    absent: false,
    holds: (value) => (isList(value) ? value.length > 0 && value.every(inside) : inside(value)),
  };
}

function readNetworks(written: readonly Json[], subject: Subject): readonly Network[] | null {
  const networks = written.map((item) => (typeof item === 'string' ? parseNetwork(item) : null));
  const read = networks.filter((network) => network !== null);
  if (read.length === written.length && read.length > 0) return read;
  const bad = written[networks.indexOf(null)] ?? null;
  return refuse(
    subject,
    `saw ${show(bad)}, expected a block of addresses such as 192.0.2.0/24 or 2001:db8::/32`,
  );
}

/** `exists`: whether the fact was seen at all. */
export function compileExists(operand: Json, subject: Subject): Matcher | null {
  if (typeof operand !== 'boolean') return refuse(subject, `saw ${show(operand)}, expected true or false`);
  return operand
    ? { phrase: 'it to be there', absent: false, holds: () => true }
    : { phrase: 'nothing', absent: true, holds: () => false };
}
