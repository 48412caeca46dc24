import { didYouMean } from '../lib/words/did-you-mean.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { safeLine } from '../lib/words/safe-text.ts';

/** What can be written after `puptime`: each command with its options, by name. */
export type Vocabulary = ReadonlyMap<string, readonly string[]>;

const NOT_YET = ['beat', 'receive', 'init', 'doctor', 'completion'];

/** What is wrong with a command line that yargs refused with `message`: UserError 64, with "did you mean". */
export function mistakeIn(argv: readonly string[], message: string, vocabulary: Vocabulary): UserError {
  const word = argv.find((part) => !part.startsWith('-'));
  const options = word === undefined ? undefined : vocabulary.get(word);
  if (word === undefined || options === undefined)
    return usage(wrongCommand(word, message, vocabulary), null);
  return usage(wrongArguments(message, options), word);
}

function usage(text: string, command: string | null): UserError {
  return new UserError(EXIT.usage, `${text}\nTry: puptime ${command === null ? '' : `${command} `}--help`);
}

function wrongCommand(word: string | undefined, message: string, vocabulary: Vocabulary): string {
  if (word === undefined) return inWords(message, []);
  if (NOT_YET.includes(word)) return `${word}: this command is not in this version`;
  const known = [...vocabulary.keys()];
  const guess = didYouMean(word, known);
  return `there is no command "${safeLine(word, 60)}"${guess === '' ? `, expected one of ${known.join(', ')}` : guess}`;
}

function wrongArguments(message: string, options: readonly string[]): string {
  const [, names] = /^Unknown arguments?: (.*)/s.exec(message) ?? [];
  return names === undefined ? inWords(message, options) : names.split(', ').map(unknown(options)).join('; ');
}

function unknown(options: readonly string[]): (name: string) => string {
  return (name) => {
    const shown = safeLine(name, 60);
    const guess = didYouMean(
      name,
      options.filter((option) => option.length > 1),
    ).replace('did you mean ', 'did you mean --');
    return `there is no option or argument "${shown}"${guess}`;
  };
}

/** What yargs says in two lines, in one. */
function inWords(message: string, options: readonly string[]): string {
  const [, letter] = /^Not enough arguments following: (\S+)/.exec(message) ?? [];
  if (letter !== undefined)
    return `${letter.length > 1 || !options.includes(letter) ? '-' : ''}-${letter}: a value is missing`;
  const [, option, given, choices] = /Argument: (\S+), Given: (.*), Choices: (.*)/.exec(message) ?? [];
  if (option !== undefined) return `--${option}: ${safeLine(given ?? '', 60)} is none of ${choices ?? ''}`;
  return safeLine(message, 300);
}
