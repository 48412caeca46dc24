import { statSync } from 'node:fs';
import { findTool } from '../process/tool.ts';
import { safeLine } from '../words/safe-text.ts';

/** What is wrong with how a file begins: what was seen, what to do. */
export interface StartFault {
  /** broken: it cannot run, or runs as something else; doubtful: it runs, but hardly as it is meant */
  readonly severity: 'broken' | 'doubtful';
  readonly text: string;
}

export interface Interpreter {
  /** as written; null: there is no `#!` line, or nothing in it */
  readonly path: string | null;
  readonly faults: readonly StartFault[];
}

/** As in Linux: of a `#!` line no more is read, execve(2). */
const LONGEST_LINE = 255;

/**
 * Looks at the first bytes of an executable script: whether the kernel finds what is to run it. `path` is the PATH that
 * it will have, where `env NAME` looks.
 */
export function inspectScript(start: Buffer, path: string | undefined): Interpreter {
  if (start.subarray(0, 3).equals(BYTE_ORDER_MARK))
    return broken(
      'begins with a byte order mark, which makes its #! line none: save it as UTF-8 without BOM',
    );
  const text = start.toString('latin1');
  if (!text.startsWith('#!')) {
    if (text.includes('\0')) return broken('is neither a program for this machine nor a script');
    return broken('has no #! line, so that it cannot run: begin it with #!/bin/sh, or what it is written in');
  }
  const [line = ''] = text.slice(2).split('\n', 1);
  if (line.endsWith('\r'))
    return broken(
      `has lines that end in CRLF, and there is no ${shown(line.trim())} with a carriage return: take them out with sed -i 's/\\r$//'`,
    );
  const [, name = '', rest = ''] = /^[ \t]*([^ \t]*)[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
  if (name === '')
    return broken(
      'has nothing in its #! line, so that it cannot run: write #!/bin/sh, or what it is written in',
    );
  const faults =
    line.length + 2 > LONGEST_LINE
      ? tooLong(line.length + 2, name)
      : [...faultsOfProgram(name, path), ...faultsOfArguments(name, rest, path)];
  const crlf: StartFault = {
    severity: 'doubtful',
    text: `has lines that end in CRLF: take them out with sed -i 's/\\r$//'`,
  };
  return { path: name, faults: text.includes('\r\n') ? [...faults, crlf] : faults };
}

function tooLong(length: number, name: string): readonly StartFault[] {
  const text = `has a #! line of ${length} bytes, of which only ${LONGEST_LINE} are read`;
  return [{ severity: name.length + 2 > LONGEST_LINE ? 'broken' : 'doubtful', text }];
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

function faultsOfProgram(name: string, path: string | undefined): readonly StartFault[] {
  const base = name.slice(name.lastIndexOf('/') + 1);
  if (!name.startsWith('/'))
    return fault(`is to be run by ${shown(name)}, expected an absolute path: #!/usr/bin/env ${shown(base)}`);
  const stats = statSync(name, { throwIfNoEntry: false });
  if (stats === undefined) {
    const other = findTool(base, path);
    const guess = other === null ? 'install it, or name another one' : `it is ${other} here`;
    return fault(`is to be run by ${shown(name)}, which does not exist: ${guess}`);
  }
  if (!stats.isFile() || (stats.mode & 0o111) === 0)
    return fault(`is to be run by ${shown(name)}, which is not an executable file`);
  return [];
}

function faultsOfArguments(name: string, rest: string, path: string | undefined): readonly StartFault[] {
  const isEnv = name.endsWith('/env');
  if (!isEnv && /[ \t]/.test(rest)) {
    const text = `gives ${shown(JSON.stringify(rest))} to ${shown(name)} as one argument: write one in its #! line, at most`;
    return [{ severity: 'doubtful', text }];
  }
  return isEnv ? faultsOfEnv(rest, path) : [];
}

function faultsOfEnv(rest: string, path: string | undefined): readonly StartFault[] {
  const split = /^(?:-v?S|--split-string=?)[ \t]*(.*)$/.exec(rest)?.[1];
  if (split === undefined && /[ \t]/.test(rest))
    return fault(
      `lets env look for a program called ${shown(JSON.stringify(rest))}: write #!/usr/bin/env -S ${shown(rest)}`,
    );
  const program = (split ?? rest)
    .split(/[ \t]+/)
    .find((word) => !word.startsWith('-') && !word.includes('='));
  if (program === undefined || program === '')
    return fault('names no program after env: #!/usr/bin/env python3');
  if (program.includes('/')) return faultsOfProgram(program, path);
  if (findTool(program, path) !== null) return [];
  return fault(
    `is to be run by ${shown(program)}, which is in no directory of the PATH that hooks get (${safeLine(path ?? 'the default one', 300)}): install it, or name it with its directory`,
  );
}

function broken(text: string): Interpreter {
  return { path: null, faults: fault(text) };
}

function fault(text: string): readonly StartFault[] {
  return [{ severity: 'broken', text }];
}

function shown(text: string): string {
  return safeLine(text, 100);
}
