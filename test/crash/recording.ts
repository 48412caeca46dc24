/** Something that was done to a file or directory, in the order in which the kernel finished it. Paths are absolute. */
export type Operation =
  | {
      readonly kind: 'open';
      readonly path: string;
      readonly create: boolean;
      readonly truncate: boolean;
      readonly mode: number;
    }
  /** `at` null: behind what is there */
  | { readonly kind: 'write'; readonly path: string; readonly data: Buffer; readonly at: number | null }
  | { readonly kind: 'truncate'; readonly path: string; readonly length: number }
  | { readonly kind: 'sync'; readonly path: string }
  | { readonly kind: 'mkdir'; readonly path: string; readonly mode: number }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'rename' | 'link'; readonly path: string; readonly to: string };

/** What strace is told so that `parseTrace` can read what it writes. Any other call that changes a file is a mistake here. */
export const TRACE_OPTIONS = [
  ...['-f', '--seccomp-bpf', '-qq', '-y', '-xx', '-s', '10000000', '-e', 'signal=none', '-e'],
  'trace=open,openat,creat,write,pwrite64,writev,pwritev,pwritev2,sendfile,copy_file_range,fallocate,fsync,fdatasync,' +
    'sync,syncfs,sync_file_range,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,mkdir,' +
    'mkdirat,ftruncate,truncate,chmod,fchmod,fchmodat,io_uring_enter',
];

/**
 * Reads what strace wrote with TRACE_OPTIONS: the successful operations on what `isOurs`, in order. Throws on a call
 * on such a path that it does not know: what is not in the recording cannot be tried.
 */
export function parseTrace(text: string, isOurs: (path: string) => boolean): readonly Operation[] {
  const operations: Operation[] = [];
  const unfinished = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, pid = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (rest.endsWith('<unfinished ...>')) {
      unfinished.set(pid, rest.slice(0, -'<unfinished ...>'.length));
      continue;
    }
    const [, resumed] = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest) ?? [];
    const call = resumed === undefined ? rest : `${unfinished.get(pid) ?? ''}${resumed}`;
    const operation = parseCall(call, isOurs);
    if (operation !== null) operations.push(operation);
  }
  return operations;
}

interface Call {
  readonly name: string;
  /** raw arguments; strings still in their quotes */
  readonly args: readonly string[];
  readonly result: number;
}

function parseCall(line: string, isOurs: (path: string) => boolean): Operation | null {
  const [, name, args, result] = /^(\w+)\((.*)\)\s+= (-?\d+)/.exec(line) ?? [];
  if (name === undefined || args === undefined || Number(result) < 0) return null;
  const call = { name, args: args.split(', ').map((argument) => argument.trim()), result: Number(result) };
  return pathsOf(call).some(isOurs) ? operationOf(call, line) : null;
}

function operationOf(call: Call, line: string): Operation | null {
  const { name, args, result } = call;
  const [path = '', to = ''] = pathsOf(call);
  switch (name) {
    case 'openat': {
      const flags = args[2] ?? '';
      const [create, truncate] = [flags.includes('O_CREAT'), flags.includes('O_TRUNC')];
      const mode = Number.parseInt(args[3] ?? '0', 8);
      return create || truncate ? { kind: 'open', path, create, truncate, mode } : null;
    }
    case 'write':
      return { kind: 'write', path, data: bytesOf(args[1]).subarray(0, result), at: null };
    case 'pwrite64':
      return { kind: 'write', path, data: bytesOf(args[1]).subarray(0, result), at: Number(args[3]) };
    case 'ftruncate':
      return { kind: 'truncate', path, length: Number(args[1]) };
    case 'fsync':
    case 'fdatasync':
      return { kind: 'sync', path };
    case 'mkdir':
      return { kind: 'mkdir', path, mode: Number.parseInt(args[1] ?? '0', 8) };
    case 'unlink':
    case 'rmdir':
      return { kind: 'remove', path };
    case 'rename':
    case 'link':
      return { kind: name, path, to };
    default:
      throw new Error(`a recording of ${name}(2) cannot be read: ${line.slice(0, 300)}`);
  }
}

/** Every argument that is a path, or the path of a descriptor; `openat`’s directory matters not, as paths are absolute. */
function pathsOf({ name, args }: Call): readonly string[] {
  const paths = args.flatMap((argument) => {
    const [, descriptor] = /^\d+<((?:\\x[0-9a-f]{2})+)>(?:\(deleted\))?$/.exec(argument) ?? [];
    return descriptor === undefined ? [] : [decode(descriptor).toString()];
  });
  if (['write', 'pwrite64', 'ftruncate', 'fsync', 'fdatasync'].includes(name)) return paths.slice(0, 1);
  const texts = args.flatMap((argument) => (argument.startsWith('"') ? [bytesOf(argument).toString()] : []));
  return [...texts, ...paths];
}

function bytesOf(quoted = ''): Buffer {
  if (!/^"(?:\\x[0-9a-f]{2})*"$/.test(quoted)) throw new Error(`strace has cut ${quoted.slice(0, 100)}`);
  return decode(quoted.slice(1, -1));
}

function decode(escaped: string): Buffer {
  return Buffer.from(escaped.replaceAll('\\x', ''), 'hex');
}
