import { createHash } from 'node:crypto';
import type { Operation } from './recording.ts';
import { createWeakFileSystem, type Kept, type Tree, type Unsynced } from './weak-file-system.ts';

/** What one run did, operation by operation, from a tree that was wholly on disk. */
export interface Recording {
  /** the directory above all that is recorded */
  readonly root: string;
  readonly start: Tree;
  readonly operations: readonly Operation[];
  /** the file into which hooks write what they were told: it is elsewhere, and outlives the power cut */
  readonly log: string;
  /** what they had written before */
  readonly heard: Buffer;
}

/** One legal state after a power cut, and what hooks had been told before it. */
export interface PowerCut {
  readonly what: string;
  /** how many operations came before it */
  readonly operations: number;
  readonly tree: Tree;
  readonly heard: Buffer;
}

/**
 * The legal states after a power cut at every instant of a recording, each once. Where an instant has more than
 * `mostEach`, the extremes and a sample of the others.
 */
export function powerCuts(
  { root, start, operations, log, heard: heardBefore }: Recording,
  mostEach: number,
  random: () => number,
): readonly PowerCut[] {
  const system = createWeakFileSystem(root, start);
  const found = new Map<string, PowerCut>();
  let heard = heardBefore;
  const cut = (when: string, done: number) => {
    const unsynced = system.unsynced();
    for (const kept of choices(unsynced, mostEach, random)) {
      const tree = system.afterPowerCut(kept);
      const key = hash(tree, heard);
      if (!found.has(key))
        found.set(key, {
          what: `${when}, then ${describe(kept, unsynced, root)}`,
          operations: done,
          tree,
          heard,
        });
    }
  };
  cut('before anything', 0);
  for (const [index, operation] of operations.entries()) {
    if (operation.path === log) {
      if (operation.kind === 'write') heard = Buffer.concat([heard, operation.data]);
    } else system.apply(operation);
    cut(
      `after operation ${index + 1} (${operation.kind} ${operation.path.replace(`${root}/`, '')})`,
      index + 1,
    );
  }
  return [...found.values()];
}

/** What a power cut may keep: all there is where it is not more than `most`, else the extremes and a sample of `most`. */
export function choices(unsynced: Unsynced, most: number, random: () => number): readonly Kept[] {
  const { names, files } = unsynced;
  const counts = files.map(({ contents }) => contents.length);
  const all = counts.reduce((product, count) => product * count, 2 ** names.length);
  if (all <= most) return every(names.length, counts);
  const sample = Array.from({ length: most }, () => ({
    names: new Set(names.flatMap((_, index) => (random() < 0.5 ? [index] : []))),
    contents: counts.map((count) => Math.floor(random() * count)),
  }));
  return [...extremes(names.length, counts), ...sample];
}

/** Nothing, everything, all names with any one kind of content, only the last name, all but the last. */
function extremes(names: number, counts: readonly number[]): readonly Kept[] {
  const those = (test: (index: number) => boolean) =>
    new Set(Array.from({ length: names }, (_, index) => index).filter(test));
  const last = (index: number) => index === names - 1;
  const full = counts.map((count) => count - 1);
  const none = counts.map(() => 0);
  return [
    { names: those(() => false), contents: none },
    { names: those(() => true), contents: full },
    ...[0, 1, 2, 3].map((content) => ({
      names: those(() => true),
      contents: counts.map((count) => Math.min(content, count - 1)),
    })),
    { names: those(() => false), contents: full },
    { names: those(last), contents: full },
    { names: those(last), contents: none },
    { names: those((index) => !last(index)), contents: full },
  ];
}

function every(names: number, counts: readonly number[]): readonly Kept[] {
  let contents: readonly (readonly number[])[] = [[]];
  for (const count of counts)
    contents = contents.flatMap((head) => Array.from({ length: count }, (_, index) => [...head, index]));
  return Array.from({ length: 2 ** names }, (_, bits) => bits).flatMap((bits) => {
    const kept = new Set(Array.from({ length: names }, (_, index) => index).filter((i) => bits & (1 << i)));
    return contents.map((content) => ({ names: kept, contents: content }));
  });
}

function describe(kept: Kept, { names, files }: Unsynced, root: string): string {
  const lost = names.filter((_, index) => !kept.names.has(index));
  const damaged = files.filter(({ contents }, index) => kept.contents[index] !== contents.length - 1);
  const what = [
    ...lost.map((name) => `not kept: ${name}`),
    ...damaged.map(({ path }) => `not whole: ${path}`),
  ];
  return what.length === 0 ? 'all kept' : what.join('; ').replaceAll(`${root}/`, '');
}

function hash(tree: Tree, heard: Buffer): string {
  const sum = createHash('sha256').update(heard);
  for (const path of [...tree.keys()].sort()) {
    const data = tree.get(path)?.data ?? null;
    sum.update(JSON.stringify([path, data?.length ?? null])).update(data ?? '');
  }
  return sum.digest('hex');
}
