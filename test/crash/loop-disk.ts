import { spawnSync } from 'node:child_process';
import { copyFileSync, constants, mkdirSync, rmSync } from 'node:fs';
import { temporaryDirectory } from '../servers/daemon.ts';

/** A small ext4 of its own, mounted from a file. For root alone. */
export interface LoopDisk {
  /** The power goes. What is not in its journal is lost; `flush`: the journal is written, but no more of the data. */
  readonly cut: (how: 'lose' | 'flush') => void;
  /** The power is back: mounts it again. */
  readonly restart: () => void;
  /** Keeps all that is on it now. */
  readonly keep: () => void;
  /** Back to what was kept. */
  readonly reset: () => void;
  /** Unmounts it, as often as needed, and removes its files. To be called in any case. */
  readonly remove: () => void;
}

/** commit: nothing is written but what is synced; noauto_da_alloc: a rename saves nobody who has not synced. */
const OPTIONS = 'loop,commit=300,noauto_da_alloc';
const SIZE = '16M';

/** From linux/ext4: EXT4_IOC_SHUTDOWN, _IOR('X', 125, __u32), and what it may be told. */
const SHUTDOWN = 0x8004587d;
const FLAGS = { flush: 1, lose: 2 } as const;

/** Makes a disk out of files in `folder` and mounts it at `place`, which must be there. Throws when this host lets us not. */
export function createLoopDisk(folder: string, place: string): LoopDisk {
  mkdirSync(folder, { recursive: true });
  const [image, kept] = [`${folder}/disk`, `${folder}/kept`];
  const isMounted = () => spawnSync('mountpoint', ['-q', place]).status === 0;
  const mount = () => run('mount', '-o', OPTIONS, image, place);
  const isHeld = () => spawnSync('losetup', ['-j', image], { encoding: 'utf8' }).stdout !== '';
  /**
   * A process that was just killed may hold it for a moment; so may one with mounts of its own, and as long as it does,
   * mounting it again gives the same dead disk.
   */
  const unmount = () => {
    waitUntil(() => !isMounted() || spawnSync('umount', [place]).status === 0, `${place} is busy`);
    waitUntil(() => !isHeld(), `somebody else has mounted ${image}, too`);
  };
  const atExit = () => spawnSync('umount', ['-l', place]);
  // Before the directory itself is removed.
  process.prependListener('exit', atExit);
  const disk: LoopDisk = {
    cut: (how) => {
      const script =
        'open my $d, "<", $ARGV[0] or die; ioctl($d, $ARGV[1], pack("L", $ARGV[2])) or die "$!\\n"';
      run('perl', '-e', script, place, String(SHUTDOWN), String(FLAGS[how]));
    },
    restart: () => {
      unmount();
      mount();
    },
    keep: () => {
      unmount();
      copyFileSync(image, kept, constants.COPYFILE_FICLONE);
      mount();
    },
    reset: () => {
      unmount();
      copyFileSync(kept, image, constants.COPYFILE_FICLONE);
      mount();
    },
    remove: () => {
      process.off('exit', atExit);
      while (isMounted()) unmount();
      rmSync(folder, { recursive: true });
    },
  };
  try {
    run('truncate', '-s', SIZE, image);
    run('mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image);
    mount();
    disk.keep();
  } catch (error) {
    disk.remove();
    throw error;
  }
  return disk;
}

function waitUntil(happened: () => boolean, otherwise: string): void {
  for (let tries = 0; !happened(); tries += 1) {
    if (tries === MOST_TRIES) throw new Error(otherwise);
    spawnSync('sleep', ['0.1']);
  }
}

const MOST_TRIES = 100;

/** Why there is no loop disk here; null when there is. */
export function whyNoLoopDisk(): string | null {
  if (process.getuid?.() !== 0) return 'only root may mount a disk and take its power away';
  const { path: folder, remove } = temporaryDirectory('disk');
  try {
    mkdirSync(`${folder}/place`);
    const disk = createLoopDisk(`${folder}/disk`, `${folder}/place`);
    try {
      disk.cut('lose');
    } finally {
      disk.remove();
    }
    return null;
  } catch (error) {
    return `this machine lets nobody mount a loop disk: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    remove();
  }
}

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
}
