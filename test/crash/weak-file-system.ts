import { dirname, basename } from 'node:path';
import type { Operation } from './recording.ts';

/** What lies at a path: bytes of a file; null for a directory. */
export interface Item {
  readonly mode: number;
  readonly data: Buffer | null;
}

/** A tree of files, by absolute path, parents first. */
export type Tree = ReadonlyMap<string, Item>;

/** What a power cut now may leave: any subset of `names` took place, and each of `files` has any of its contents. */
export interface Unsynced {
  /** changes of names, in words, oldest first */
  readonly names: readonly string[];
  /** by path now; the first content is what is durable, the last what the running system sees */
  readonly files: readonly { readonly path: string; readonly contents: readonly Buffer[] }[];
}

/** What the power cut kept: indexes into `Unsynced.names`, and one content (its index) for each of `Unsynced.files`. */
export interface Kept {
  readonly names: ReadonlySet<number>;
  readonly contents: readonly number[];
}

/**
 * A file system that promises as little as POSIX does: fsync of a file makes its data durable but not its name, fsync of
 * a directory its names; everything else may be kept or lost at a power cut, name by name and write by write, whatever
 * came first. Only one rename is a whole: it is kept or lost.
 */
export interface WeakFileSystem {
  readonly apply: (operation: Operation) => void;
  readonly unsynced: () => Unsynced;
  readonly afterPowerCut: (kept: Kept) => Tree;
}

interface File {
  readonly kind: 'file';
  readonly mode: number;
  durable: Buffer;
  changes: Change[];
}
type Change = { readonly at: number | null; readonly data: Buffer } | { readonly length: number };

interface Directory {
  readonly kind: 'directory';
  readonly mode: number;
  readonly durable: Map<string, Inode>;
  readonly now: Map<string, Inode>;
}
type Inode = File | Directory;

interface NameChange {
  readonly what: string;
  readonly steps: readonly {
    readonly directory: Directory;
    readonly name: string;
    readonly inode: Inode | null;
  }[];
}

/** `start` is durable. It holds at least the directory `root`, below which all paths of operations lie. */
export function createWeakFileSystem(root: string, start: Tree): WeakFileSystem {
  const top: Directory = directoryOf(start.get(root)?.mode ?? 0o755);
  let pending: NameChange[] = [];

  const find = (path: string): Inode | undefined => {
    if (path === root) return top;
    const parent = find(dirname(path));
    return parent?.kind === 'directory' ? parent.now.get(basename(path)) : undefined;
  };
  const directoryAt = (path: string): Directory => {
    const found = find(path);
    if (found?.kind !== 'directory') throw new Error(`${path} is no directory in the recording`);
    return found;
  };
  const step = (path: string, inode: Inode | null) => ({
    directory: directoryAt(dirname(path)),
    name: basename(path),
    inode,
  });
  const rename = (what: string, ...steps: NameChange['steps']) => {
    for (const { directory, name, inode } of steps) put(directory.now, name, inode);
    pending.push({ what, steps });
  };
  const change = (path: string, what: Change) => {
    const file = find(path);
    if (file?.kind === 'file') file.changes.push(what);
    else if (!path.endsWith('(deleted)')) throw new Error(`${path} is no file in the recording`);
  };
  const sync = (path: string) => {
    const inode = path.endsWith('(deleted)') ? undefined : find(path);
    if (inode?.kind === 'file') {
      inode.durable = contentOf(inode.durable, inode.changes);
      inode.changes = [];
    }
    const touches = ({ steps }: NameChange) => steps.some(({ directory }) => directory === inode);
    for (const { steps } of pending.filter(touches)) carryOut(steps, ({ durable }) => durable);
    pending = pending.filter((kept) => !touches(kept));
  };
  for (const [path, { mode, data }] of start) {
    if (path === root) continue;
    const inode: Inode =
      data === null ? directoryOf(mode) : { kind: 'file', mode, durable: data, changes: [] };
    const parent = directoryAt(dirname(path));
    parent.durable.set(basename(path), inode);
    parent.now.set(basename(path), inode);
  }
  const unsyncedFiles = () => [...filesBelow(root, top, pending)].filter(([file]) => file.changes.length > 0);

  return {
    apply: (operation) => {
      const { path } = operation;
      switch (operation.kind) {
        case 'open':
          if (find(path) === undefined) {
            const file = {
              kind: 'file',
              mode: operation.mode,
              durable: Buffer.alloc(0),
              changes: [],
            } as const;
            rename(`create ${path}`, step(path, { ...file, changes: [] }));
          } else if (operation.truncate) change(path, { length: 0 });
          return;
        case 'write':
          return change(path, { at: operation.at, data: operation.data });
        case 'truncate':
          return change(path, { length: operation.length });
        case 'sync':
          return sync(path);
        case 'mkdir':
          return rename(`mkdir ${path}`, step(path, directoryOf(operation.mode)));
        case 'remove':
          return rename(`remove ${path}`, step(path, null));
        case 'link':
          return rename(`link ${operation.to}`, step(operation.to, find(path) ?? missing(path)));
        case 'rename': {
          const inode = find(path) ?? missing(path);
          return rename(`rename to ${operation.to}`, step(path, null), step(operation.to, inode));
        }
      }
    },
    unsynced: () => ({
      names: pending.map(({ what }) => what),
      files: unsyncedFiles().map(([file, path]) => ({ path, contents: contentsOf(file) })),
    }),
    afterPowerCut: ({ names, contents }) => {
      const files = new Map(
        unsyncedFiles().map(([file], index) => [file, contentsOf(file)[contents[index] ?? 0]]),
      );
      const copies = new Map<Directory, Map<string, Inode>>();
      const copyOf = (directory: Directory): Map<string, Inode> => {
        const copy = copies.get(directory) ?? new Map(directory.durable);
        copies.set(directory, copy);
        return copy;
      };
      for (const [index, { steps }] of pending.entries()) if (names.has(index)) carryOut(steps, copyOf);
      const tree = new Map<string, Item>();
      const walk = (path: string, inode: Inode) => {
        const data = inode.kind === 'file' ? (files.get(inode) ?? inode.durable) : null;
        tree.set(path, { mode: inode.mode, data });
        if (inode.kind === 'directory')
          for (const [name, child] of copyOf(inode)) walk(`${path}/${name}`, child);
      };
      walk(root, top);
      return tree;
    },
  };
}

function directoryOf(mode: number): Directory {
  return { kind: 'directory', mode, durable: new Map(), now: new Map() };
}

function put(names: Map<string, Inode>, name: string, inode: Inode | null): void {
  if (inode === null) names.delete(name);
  else names.set(name, inode);
}

function carryOut(steps: NameChange['steps'], namesOf: (directory: Directory) => Map<string, Inode>): void {
  for (const { directory, name, inode } of steps) put(namesOf(directory), name, inode);
}

function missing(path: string): never {
  throw new Error(`${path} is not there in the recording`);
}

/** Every file that a power cut may leave, with a path that tells it. */
function filesBelow(root: string, top: Directory, pending: readonly NameChange[]): ReadonlyMap<File, string> {
  const files = new Map<File, string>();
  const seen = new Set<Directory>();
  const walk = (path: string, inode: Inode) => {
    if (inode.kind === 'file') files.set(inode, path);
    else if (!seen.has(inode)) {
      seen.add(inode);
      for (const names of [inode.durable, inode.now])
        for (const [name, child] of names) walk(`${path}/${name}`, child);
    }
  };
  walk(root, top);
  for (const { what, steps } of pending)
    for (const { inode } of steps) {
      if (inode?.kind === 'directory') walk(what, inode);
      else if (inode !== null && !files.has(inode)) files.set(inode, what);
    }
  return files;
}

function contentOf(durable: Buffer, changes: readonly Change[]): Buffer {
  let content = durable;
  for (const change of changes) {
    if ('length' in change) {
      content = Buffer.concat([content.subarray(0, change.length)], change.length);
      continue;
    }
    const at = change.at ?? content.length;
    const grown = Buffer.concat([content], Math.max(content.length, at + change.data.length));
    change.data.copy(grown, at);
    content = grown;
  }
  return content;
}

/** Nothing of what was written, zeros in its place, only the last write, each write but the later ones, half of the last, all. */
function contentsOf({ durable, changes }: File): readonly Buffer[] {
  const [last, before] = [changes.at(-1), changes.slice(0, -1)];
  const blank = changes.map((change) =>
    'length' in change ? change : { at: change.at, data: Buffer.alloc(change.data.length) },
  );
  const half =
    last === undefined || 'length' in last
      ? []
      : [[...before, { at: last.at, data: last.data.subarray(0, Math.floor(last.data.length / 2)) }]];
  const kept: readonly (readonly Change[])[] = [
    [],
    blank,
    last === undefined ? [] : [last],
    ...before.map((_, index) => changes.slice(0, index + 1)),
    ...half,
    changes,
  ];
  const contents = kept.map((some) => contentOf(durable, some));
  return contents.filter(
    (content, index) => contents.slice(index + 1).every((later) => !later.equals(content)) || index === 0,
  );
}
