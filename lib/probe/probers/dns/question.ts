import { didYouMean } from '../../../words/did-you-mean.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { InvalidOptions, type Target } from '../../prober.ts';
import type { Question } from './message.ts';
import { CLASS_NAMES, askableTypes, parseClass, parseType } from './record-types.ts';
import { reverseName } from './reverse-name.ts';

const EXAMPLE = 'dns://SERVER/NAME?type=MX';

/** The question in a target: its path is the name, `type` and `class` are in its query. Throws InvalidOptions. */
export function questionOf(target: Target): Question {
  const { type: typeText = 'A', class: classText = 'IN', ...others } = target.query;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new InvalidOptions(
      'target',
      `"${safeLine(unknown, 40)}" is nothing to ask for${didYouMean(unknown, ['type', 'class'])}, expected ${EXAMPLE}`,
    );
  }
  const type = parseType(typeText);
  if (type === null) {
    throw new InvalidOptions(
      'target',
      `type=${safeLine(typeText, 40)} is no type of record that can be asked for${didYouMean(typeText, askableTypes())}, expected a name such as MX or a number such as TYPE65280`,
    );
  }
  const klass = parseClass(classText);
  if (klass === null) {
    throw new InvalidOptions(
      'target',
      `class=${safeLine(classText, 40)} is no class, expected one of ${CLASS_NAMES.join(', ')}`,
    );
  }
  return { name: nameOf(target, typeText), type, class: klass };
}

/** The root can be asked for with an empty name, but only when a type is written. */
function nameOf(target: Target, typeText: string): string {
  const written = target.path.replace(/^\//, '');
  if (written === '' && target.query['type'] === undefined) {
    throw new InvalidOptions(
      'target',
      `it names nothing to ask for, expected ${EXAMPLE}; the root is dns://SERVER/?type=NS`,
    );
  }
  const reversed = typeText.toUpperCase() === 'PTR' ? reverseName(written) : null;
  const name = reversed ?? asciiName(written);
  const labels = name.split('.');
  const fits = name === '' || (name.length <= 253 && labels.every(({ length }) => length > 0 && length < 64));
  if (!fits || !/^[!-~]*$/.test(name) || name.includes('\\')) {
    throw new InvalidOptions(
      'target',
      `"${safeLine(written, 80)}" is no name that DNS can hold, expected labels of 1 to 63 characters, 253 in all`,
    );
  }
  return name === '' ? '.' : name;
}

function asciiName(written: string): string {
  const name = written.replace(/\.$/, '');
  // Unlike an A-label, other names may hold what no host name may: underscores, slashes, asterisks.
  const url = `http://${name}/`;
  return /^[!-~]*$/.test(name) || !URL.canParse(url) ? name : new URL(url).hostname;
}
