import { closeSync, readdirSync, readFileSync } from 'node:fs';

const O_CLOEXEC = 0o2000000;

let closed = false;

/**
 * Closes the descriptors that whoever started us left open and that would go on to every program that we start. Node
 * marks those it opens itself, and those up to a few above 2, close-on-exec: they stay. Looks once, for later none can
 * come. To be called when all files named on the command line (`/dev/fd/63`) have been read, before a program starts.
 */
export function closeInheritedDescriptors(): void {
  if (closed) return;
  closed = true;
  for (const name of readdirSync('/proc/self/fdinfo')) {
    const fd = Number(name);
    if (fd >= 3 && isInherited(fd)) closeSync(fd);
  }
}

function isInherited(fd: number): boolean {
  try {
    const [, flags = ''] =
      /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1')) ?? [];
    return flags !== '' && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch (error) {
    // The one that listed the directory is closed by now.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
