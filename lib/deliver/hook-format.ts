import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { errnoOf } from '../state/durable-file.ts';

/**
 * Why the system would not execute this file, by how it begins; null when it would, or when that cannot be told. A shell
 * that is asked to become it would take it for a script of its own all the same: an empty one would then be a success.
 */
export function formatFault(path: string): string | null {
  const begin = beginningOf(path);
  if (begin === null || begin.toString('latin1', 0, 2) === '#!') return null;
  const fault = faultOf(begin);
  return fault === null || hasOtherFormats() ? null : `${path} ${fault}`;
}

function faultOf(begin: Buffer): string | null {
  if (begin.length === 0) return 'is empty';
  if (begin.toString('latin1', 0, 4) !== '\u007fELF')
    return 'has no #! line and is no binary: begin it with #!/bin/sh, or what else is to run it';
  return isForOurMachine(begin) ? null : 'is a binary for another machine';
}

// e_machine of elf(5). Kernels of 64 bits run programs of 32 bits, too.
const MACHINES: Readonly<Record<string, readonly number[]>> = { x64: [62, 3], arm64: [183, 40] };
const LONGEST_BEGINNING = 20;

function isForOurMachine(begin: Buffer): boolean {
  const known = MACHINES[process.arch];
  if (known === undefined || begin.length < LONGEST_BEGINNING) return true;
  return known.includes(begin.readUInt16LE(18));
}

/** Null when it cannot be read: it may be executed all the same. */
function beginningOf(path: string): Buffer | null {
  try {
    const fd = openSync(path, 'r');
    try {
      const begin = Buffer.alloc(LONGEST_BEGINNING);
      return begin.subarray(0, readSync(fd, begin, 0, LONGEST_BEGINNING, 0));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return null;
  }
}

/** Formats that somebody has registered, such as those of other machines under qemu, binfmt_misc. */
function hasOtherFormats(): boolean {
  try {
    return readdirSync('/proc/sys/fs/binfmt_misc').some((name) => name !== 'register' && name !== 'status');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}
