import { readRecord } from '../lib/decide/record.ts';
import { loadMemory, type Memory } from '../lib/state/memory.ts';
import { type QueueContent, readQueue } from '../lib/state/queue.ts';
import { findState, openState, type State } from '../lib/state/state-directory.ts';
import { markOf } from '../lib/state/state-mark.ts';
import type { ServiceRecord } from '../lib/words/record.ts';
import type { Config } from '../lib/words/service.ts';
import type { Options } from './options.ts';
import { report, stateDirectory } from './setting.ts';
import type { World } from './world.ts';

const NOTHING: Memory = { records: new Map(), lost: [] };

/** What is remembered, to look at: no lock, nothing is made. */
export function remembered(
  options: Options,
  config: Pick<Config, 'state'> | null,
  world: World,
): Memory & { readonly state: State | null } {
  const state = findOwnState(options, config, world);
  if (state === null) return { ...NOTHING, state };
  return { ...loadMemory(state, readQueue(state), isRecord), state };
}

/** The state directory, if there is one. Throws UserError 74, 77 or 78. */
export function findOwnState(
  options: Options,
  config: Pick<Config, 'state'> | null,
  world: World,
): State | null {
  return findState(stateDirectory(options, config, world), stateWorld(world));
}

/** The state directory, made where there is none. Throws UserError 74, 77 or 78. */
export function openOwnState(options: Options, config: Pick<Config, 'state'> | null, world: World): State {
  return openState(stateDirectory(options, config, world), stateWorld(world));
}

export interface Remembered {
  readonly memory: Memory;
  readonly queue: QueueContent;
  /** see markOf */
  readonly mark: string;
}

/** Memory and queue, for the holder of the probe lock, or for one who will look at the mark once it holds it. */
export function loadOwnMemory(state: State): Remembered {
  const mark = markOf(state);
  const queue = readQueue(state);
  return { memory: loadMemory(state, queue, isRecord), queue, mark };
}

/** What lib/state needs of the world. */
export function stateWorld(world: World) {
  return {
    env: world.env,
    uid: world.uid,
    randomBytes: (count: number) => world.randomBytes(count),
    report: (line: string) => report(world, line),
  };
}

function isRecord(value: unknown): value is ServiceRecord {
  return readRecord(value) !== null;
}
