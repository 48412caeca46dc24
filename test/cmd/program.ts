import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryDirectory } from '../servers/daemon.ts';

/** The built program; PUPTIME_PROGRAM names another one, such as an installed one. */
export const PROGRAM = path.resolve(
  process.env['PUPTIME_PROGRAM'] ?? path.join(import.meta.dirname, '../../dist/puptime.js'),
);
if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: run make first`);

export const IS_ROOT = process.getuid?.() === 0;

/** JSON of any shape: what a test says of it are its assertions. */
export type Parsed = ReturnType<typeof JSON.parse>;

export interface Ended {
  /** null when a signal ended it */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Start {
  readonly input?: string;
  readonly env?: { readonly [name: string]: string };
  readonly cwd?: string;
  /** words that start the program, as in `setpriv --reuid=1 --` */
  readonly before?: readonly string[];
}

/** The program while it runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** what it has printed so far */
  stdout(): string;
}

/** A user's corner: config, hooks, state and cache of its own, and no other environment. */
export interface Place {
  readonly dir: string;
  readonly state: string;
  readonly hooks: string;
  /** the environment that puptime is started with */
  readonly env: { readonly [name: string]: string };
  /** Writes puptime.yaml (JSON is YAML), with hooks that root may run; gives its path. */
  config(content: object, file?: string): string;
  /** Writes an executable into the hooks directory: by default one that notes each event in full. */
  hook(name: string, script?: string): string;
  /** Puts the noting hook there for each kind of event. */
  record(...kinds: readonly string[]): void;
  /** What the noting hooks were given, as lines of JSON in the order of their runs. */
  events(): readonly Parsed[];
  /** The same in short, `down web`, and forgotten: only what came since the last look. */
  news(): readonly string[];
  start(args: readonly string[], start?: Start): Running;
  run(args: readonly string[], start?: Start): Promise<Ended>;
  /** A shell command in which `puptime` is the program. */
  shell(command: string, start?: Start): Promise<Ended>;
  /** Remembered records, by service. */
  memory(): { readonly [service: string]: Parsed };
  /** Makes it seem that all services were probed, and all hooks tried, so much earlier. */
  age(ms: number): void;
  /** The text of every file below the place, for those who look for what must not be there. */
  texts(below?: string): readonly { readonly file: string; readonly text: string }[];
  remove(): void;
}

export const ALL_KINDS = ['first', 'down', 'up', 'slow', 'degraded', 'restore', 'change', 'unknown'] as const;

export function createPlace(name: string): Place {
  const temporary = temporaryDirectory(`cmd-${name}`);
  const dir = temporary.path;
  const at = (...parts: readonly string[]) => path.join(dir, ...parts);
  for (const made of ['bin', 'hooks', 'cache', 'config', 'run', 'home']) mkdirSync(at(made), { mode: 0o755 });
  writeFileSync(at('bin/puptime'), `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`, {
    mode: 0o755,
  });
  const env = {
    PATH: `${at('bin')}:${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: at('home'),
    XDG_CACHE_HOME: at('cache'),
    XDG_CONFIG_HOME: at('config'),
    XDG_RUNTIME_DIR: at('run'),
    PUPTIME_STATE: at('state'),
    LANG: 'C.UTF-8',
  };
  const spawned = (file: string, args: readonly string[], start: Start): Running => {
    const child = spawn(file, args, {
      cwd: start.cwd ?? dir,
      env: { ...env, ...start.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const text = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', (chunk: string) => (text[stream] += chunk));
    // It may not want to read, or be gone already.
    child.stdin.on('error', () => child.stdin.destroy()).end(start.input ?? '');
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on('error', reject).on('close', (code) => resolve({ code, ...text }));
    });
    return { child, ended, stdout: () => text.stdout };
  };
  const start: Place['start'] = (args, given = {}) => {
    const [file = '', ...words] = [...(given.before ?? []), process.execPath, PROGRAM, ...args];
    return spawned(file, words, given);
  };
  const hook: Place['hook'] = (name, script = `cat "$1" >> '${at('events.ndjson')}'`) => {
    mkdirSync(path.dirname(at('hooks', name)), { recursive: true, mode: 0o755 });
    writeFileSync(at('hooks', name), script.startsWith('#!') ? script : `#!/bin/sh\n${script}\n`, {
      mode: 0o755,
    });
    return at('hooks', name);
  };
  const events = () => readLines(at('events.ndjson'));
  let told = 0;
  return {
    dir,
    state: at('state'),
    hooks: at('hooks'),
    env,
    config(content, file = 'puptime.yaml') {
      const { hooks, ...rest } = content as { readonly hooks?: object };
      const whole = { hooks: { dir: './hooks', ...(IS_ROOT ? { user: 'root' } : {}), ...hooks }, ...rest };
      writeFileSync(at(file), JSON.stringify(whole), { mode: 0o644 });
      return at(file);
    },
    hook,
    record: (...kinds) => kinds.forEach((kind) => hook(`on_${kind}`)),
    events,
    news() {
      const all = events();
      const fresh = all.slice(told).map(({ event, service }) => `${event} ${service}`);
      told = all.length;
      return fresh;
    },
    start,
    run: (args, given) => start(args, given).ended,
    shell: (command, given = {}) => spawned('/bin/bash', ['-c', command], given).ended,
    memory: () =>
      Object.fromEntries(readLines(at('state/memory.ndjson')).map((record) => [record.service, record])),
    age(ms) {
      const earlier = (time: string) => new Date(Date.parse(time) - ms).toISOString();
      rewrite(at('state/memory.ndjson'), (record) => ({ ...record, started: earlier(record.started) }));
      rewrite(at('state/deliveries.ndjson'), (line) =>
        line.next === undefined ? line : { ...line, next: line.next - ms },
      );
    },
    texts: (below = '.') =>
      readdirSync(at(below), { recursive: true, encoding: 'utf8' })
        .map((name) => at(below, name))
        .filter((file) => statSync(file).isFile())
        .map((file) => ({ file, text: readFileSync(file, 'utf8') })),
    remove: temporary.remove,
  };
}

/** Lines of NDJSON; none when there is no such file yet. */
export function readLines(file: string): Parsed[] {
  return existsSync(file) ? jsonLines(readFileSync(file, 'utf8')) : [];
}

export function jsonLines(text: string): Parsed[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

function rewrite(file: string, change: (line: Parsed) => object): void {
  const lines = readLines(file).map((line) => `${JSON.stringify(change(line))}\n`);
  if (existsSync(file)) writeFileSync(file, lines.join(''));
}
