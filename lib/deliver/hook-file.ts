import { closeSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { errnoOf } from '../state/durable-file.ts';
import { distrust } from '../state/trust-path.ts';
import { inspectScript, type StartFault } from './shebang.ts';

/** Enough to see a `#!` line and how lines end. */
const BYTES_READ = 4096;
const SETUID = 0o4000;
const SETGID = 0o2000;

/**
 * What is wrong with an executable file that may be started as a hook: how it begins, and its mode. `path` is the PATH
 * that hooks get, `uid` whom they run as. Empty for one that we may not read.
 */
export function inspectHookFile(
  file: string,
  { path, uid }: { readonly path: string | undefined; readonly uid: number },
): readonly StartFault[] {
  const stats = statSync(file);
  const start = readStart(file);
  if (start === null) return [];
  if (start.length === 0)
    return [{ severity: 'broken', text: 'is empty, so that it cannot run: fill it, or remove it' }];
  const special = (stats.mode & (SETUID | SETGID)) !== 0;
  if (start.subarray(0, 4).equals(ELF)) {
    return [...machineFaults(start), ...(special ? doubt(setidText(stats)) : [])];
  }
  const { path: interpreter, faults } = inspectScript(start, path);
  const distrusted =
    interpreter?.startsWith('/') === true && faults.length === 0 ? distrust(interpreter, uid) : null;
  return [
    ...faults,
    ...(distrusted === null ? [] : doubt(`is run by something that others may change: ${distrusted}`)),
    ...(special
      ? doubt('is set-user-ID or set-group-ID, which Linux ignores for scripts: chmod ug-s it')
      : []),
  ];
}

const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);

/** e_machine of elf(5) that run here; absent: no idea. */
const MACHINES: { readonly [arch: string]: readonly number[] } = { x64: [62, 3], arm64: [183, 40] };

function machineFaults(start: Buffer): readonly StartFault[] {
  const known = MACHINES[process.arch];
  if (known === undefined || start.length < 20) return [];
  const machine = start[5] === 2 ? start.readUInt16BE(18) : start.readUInt16LE(18);
  if (known.includes(machine)) return [];
  return [
    {
      severity: 'broken',
      text: `is a program for another machine (ELF ${machine}), this is ${process.arch}`,
    },
  ];
}

function setidText({ mode, uid, gid }: Stats): string {
  const whose = (mode & SETUID) === 0 ? `group ${gid}` : `user ${uid}`;
  return `has the rights of ${whose} whoever starts it (mode 0${(mode & 0o7777).toString(8)}), unless root steps down to hooks.user: chmod ug-s it`;
}

function readStart(file: string): Buffer | null {
  try {
    const fd = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(BYTES_READ);
      return bytes.subarray(0, readSync(fd, bytes, 0, BYTES_READ, 0));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return null;
  }
}

function doubt(text: string): readonly StartFault[] {
  return [{ severity: 'doubtful', text }];
}
