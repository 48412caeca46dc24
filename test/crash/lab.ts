import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { IS_ROOT, PROGRAM } from '../cmd/program.ts';
import { temporaryDirectory } from '../servers/daemon.ts';
import { type HookMark, readHookLog, recordingHook } from './hook-log.ts';
import { ageState } from './state-age.ts';
import { endStrays, findLeftovers, overlayOf } from './leftovers.ts';
import { type Ended, type ProgramStart, startProgram } from './program-run.ts';
import { type Condition, openStage } from './stage.ts';

export interface LabOptions {
  /** path of puptime.js; default: PUPTIME_PROGRAM, else dist/puptime.js */
  readonly program?: string;
  /** names of the services; default `a`, `b`, `c` */
  readonly services?: readonly string[];
}

export interface LabConfig {
  /** those in the config; default: all of the lab */
  readonly services?: readonly string[];
  /** further keys of every service: `{down_after: 2}` */
  readonly common?: object;
  /** further keys of the hooks section: `{timeout: 1s}` */
  readonly hooks?: object;
}

/** A state of the lab that can be gone back to as often as one likes; of the lab that made it alone. */
export interface Saved {
  readonly dir: string;
}

/**
 * A world for the built program: services that cost nothing to probe and change at once, hooks that record, and
 * directories of its own for config, state, runtime and temporary files. Nothing else of the environment gets in.
 */
export interface Lab {
  readonly dir: string;
  readonly state: string;
  /** XDG_RUNTIME_DIR; the program’s own files are in `puptime` below it */
  readonly runtime: string;
  readonly hooks: string;
  /** the environment that the program is started with */
  readonly env: { readonly [name: string]: string };
  readonly services: readonly string[];
  /** From now on the service is like that; all are up at first. */
  readonly set: (service: string, condition: Condition) => void;
  readonly condition: (service: string) => Condition;
  /** Writes puptime.yaml. Done at the beginning with all services. */
  readonly config: (config?: LabConfig) => void;
  /**
   * Writes the recording hook for this kind of event (`down`): `body` is sh, and its exit code the hook’s. With a `lane`
   * it is one of several, `on_down.d/LANE`. At the beginning there is one for each of RECORDED, which exits with 0.
   */
  readonly hook: (event: string, body?: string, lane?: string) => void;
  readonly removeHook: (event: string, lane?: string) => void;
  /** Starts the program once and waits for its end. */
  readonly run: (args?: readonly string[], start?: ProgramStart) => Promise<Ended>;
  /**
   * Clean runs, with all pauses over, until a run ends with 0 and nothing is left over, at most `most` (6). `args` of
   * each; default `run`.
   */
  readonly calm: (options?: {
    readonly most?: number;
    readonly args?: readonly string[];
  }) => Promise<readonly Ended[]>;
  /** What the hooks recorded, in order. */
  readonly marks: () => readonly HookMark[];
  /** What should not be there after clean runs: one line each; see leftovers.ts. */
  readonly leftovers: () => readonly string[];
  /** Makes it seem that all was probed, tried and left behind so much earlier. */
  readonly age: (ms: number) => void;
  readonly save: () => Saved;
  /** Puts everything back as it was then, `without` leaves one part as it is, and ends what still runs here. */
  readonly restore: (saved: Saved, without?: 'state') => void;
  /** Ends what still runs here and removes the lab. */
  readonly remove: () => void;
}

/** The kinds of event that are recorded from the beginning. */
export const RECORDED = [
  'first',
  'down',
  'up',
  'slow',
  'degraded',
  'restore',
  'change',
  'unknown',
  'dead',
] as const;

const HOURS_3 = 3 * 3_600_000;

export function createLab({ program = PROGRAM, services = ['a', 'b', 'c'] }: LabOptions = {}): Lab {
  const temporary = temporaryDirectory('lab');
  const dir = temporary.path;
  const at = (name: string) => path.join(dir, name);
  for (const name of PARTS) mkdirSync(at(name), { mode: 0o755 });
  const stage = openStage(at('stage'));
  const env = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: at('home'),
    LANG: 'C.UTF-8',
    TMPDIR: at('tmp'),
    XDG_RUNTIME_DIR: at('run'),
    XDG_CACHE_HOME: at('cache'),
    XDG_CONFIG_HOME: at('home'),
    PUPTIME_STATE: at('state'),
  };
  const log = at('log/hooks');
  const overlay = overlayOf(at('state'));
  const hookPath = (event: string, lane?: string) =>
    at(lane === undefined ? `hooks/on_${event}` : `hooks/on_${event}.d/${lane}`);
  const lab: Lab = {
    dir,
    state: at('state'),
    runtime: at('run'),
    hooks: at('hooks'),
    env,
    services,
    set: stage.set,
    condition: stage.condition,
    config: ({ services: present = services, common = {}, hooks = {} } = {}) => {
      const content = {
        hooks: { dir: './hooks', ...(IS_ROOT ? { user: 'root' } : {}), ...hooks },
        services: present.map((name) => ({ name, ...stage.target(name), ...common })),
      };
      writeFileSync(at('puptime.yaml'), JSON.stringify(content), { mode: 0o644 });
    },
    hook: (event, body = '', lane) => {
      const file = hookPath(event, lane);
      mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
      writeFileSync(file, recordingHook(log, lane ?? 'all', body), { mode: 0o755 });
    },
    removeHook: (event, lane) => rmSync(hookPath(event, lane), { force: true }),
    run: (args = ['run'], start = {}) => startProgram({ program, cwd: dir, env }, args, start),
    calm: async ({ most = 6, args } = {}) => {
      const ended: Ended[] = [];
      while (ended.length < most) {
        lab.age(HOURS_3);
        const last = await lab.run(args);
        ended.push(last);
        if (last.code === 0 && lab.leftovers().length === 0) break;
      }
      return ended;
    },
    marks: () => readHookLog(log),
    leftovers: () => findLeftovers(lab),
    age: (ms) => ageState([at('state'), at('run'), overlay], ms),
    save: () => {
      const saved = { dir: at(`saved/${String(++saves)}`) };
      for (const name of CHANGING) if (existsSync(at(name))) copy(at(name), path.join(saved.dir, name));
      if (existsSync(overlay)) copy(overlay, path.join(saved.dir, 'overlay'));
      return saved;
    },
    restore: (saved, without) => {
      endStrays(dir);
      for (const name of CHANGING) {
        if (name === without) continue;
        rmSync(at(name), { recursive: true, force: true });
        if (existsSync(path.join(saved.dir, name))) copy(path.join(saved.dir, name), at(name));
      }
      rmSync(overlay, { recursive: true, force: true });
      if (existsSync(path.join(saved.dir, 'overlay'))) copy(path.join(saved.dir, 'overlay'), overlay);
    },
    remove: () => {
      stage.close();
      endStrays(dir);
      rmSync(overlay, { recursive: true, force: true });
      temporary.remove();
    },
  };
  let saves = 0;
  for (const service of services) lab.set(service, 'up');
  for (const event of RECORDED) lab.hook(event);
  lab.config();
  return lab;
}

const PARTS = ['stage', 'stage/now', 'hooks', 'log', 'run', 'tmp', 'cache', 'home', 'saved'];
const CHANGING = ['stage/now', 'hooks', 'log', 'run', 'tmp', 'state', 'puptime.yaml'];

function copy(from: string, to: string): void {
  cpSync(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
}
