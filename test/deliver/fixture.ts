import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createRedactor } from '../../lib/config/redactor.ts';
import { loadMemory } from '../../lib/state/memory.ts';
import { readQueue } from '../../lib/state/queue.ts';
import { openState, type State } from '../../lib/state/state-directory.ts';
import { createDelivery, type Delivery } from '../../lib/deliver/delivery.ts';
import { createOutbox, type Decided, type Outbox } from '../../lib/deliver/outbox.ts';
import type { DeliverWorld } from '../../lib/deliver/world.ts';
import type { Draft } from '../../lib/words/draft.ts';
import type { EventKind } from '../../lib/words/event.ts';
import type { ServiceRecord } from '../../lib/words/record.ts';
import type { HooksConfig, ServiceHooks } from '../../lib/words/service.ts';
import type { Status } from '../../lib/words/status.ts';

/** A place for one test: state, hooks directory and a log that hooks write to; gone afterwards. */
export interface Place {
  readonly dir: string;
  readonly hooks: string;
  readonly log: string;
  readonly reports: string[];
  /** writes an executable hook; `body` is sh, with $LOG */
  readonly hook: (name: string, body: string) => string;
  readonly removeHook: (name: string) => void;
  /** the lines that hooks have logged */
  readonly logged: () => string[];
  readonly remove: () => void;
}

export function makePlace(): Place {
  const dir = mkdtempSync(`${tmpdir()}/puptime-test-`);
  const hooks = `${dir}/hooks`;
  const log = `${dir}/log`;
  mkdirSync(hooks);
  return {
    dir,
    hooks,
    log,
    reports: [],
    hook: (name, body) => {
      const path = `${hooks}/${name}`;
      mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true });
      writeFileSync(path, `#!/bin/sh\nLOG=${log}\n${body}\n`);
      chmodSync(path, 0o755);
      return path;
    },
    removeHook: (name) => rmSync(`${hooks}/${name}`),
    logged: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : []),
    remove: () => {
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Logs `down svc 1`: event, service, attempt. */
export const LOG_IT = 'echo "$PUPTIME_EVENT $PUPTIME_SERVICE $PUPTIME_ATTEMPT" >> "$LOG"';

export function hooksConfig(place: Place, changes: Partial<HooksConfig> = {}): HooksConfig {
  const base = { dir: place.hooks, timeout_ms: 10_000, env: [], user: 'root', concurrency: 8 };
  return { ...base, max_age_ms: 86_400_000, sandbox: 'none', ...changes };
}

export function makeWorld(place: Place, now = () => Date.now()): DeliverWorld {
  let count = 0;
  return {
    env: { PATH: process.env.PATH, HOME: '/tmp', TMPDIR: place.dir },
    uid: process.getuid?.() ?? 0,
    pid: process.pid,
    now,
    random: () => 0.5,
    unique: () => `${process.pid}x${++count}x${performance.now().toString(36).replace('.', '')}`,
    redactor: (secrets) => createRedactor(secrets),
    report: (line) => place.reports.push(line),
  };
}

export function openTestState(place: Place, dir = `${place.dir}/state`): State {
  return openState(dir, {
    env: { TMPDIR: place.dir, XDG_RUNTIME_DIR: place.dir },
    uid: process.getuid?.() ?? 0,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    report: (line) => place.reports.push(line),
  });
}

export interface Opened {
  readonly state: State;
  readonly delivery: Delivery;
  readonly outbox: Outbox;
  readonly abort: () => void;
}

export interface OpenOptions {
  readonly hooks?: Partial<HooksConfig>;
  readonly services?: ReadonlyMap<string, ServiceHooks>;
  readonly mode?: 'run' | 'store' | 'print';
  readonly now?: () => number;
  readonly state?: State;
  /** besides PATH, HOME and TMPDIR */
  readonly env?: { readonly [name: string]: string };
}

/** What `puptime run` does before it probes. */
export function openOutbox(place: Place, options: OpenOptions = {}): Opened {
  const state = options.state ?? openTestState(place);
  const queue = readQueue(state);
  const memory = loadMemory(state, queue);
  const controller = new AbortController();
  const world = makeWorld(place, options.now);
  const env = { ...world.env, ...options.env };
  const delivery = createDelivery({
    state,
    hooks: hooksConfig(place, options.hooks),
    services: options.services ?? new Map(),
    verbose: false,
    signal: controller.signal,
    world: { ...world, env },
  });
  const mode = options.mode ?? 'run';
  const outbox = createOutbox({ state, memory, queue, delivery, mode, now: world.now });
  return { state, delivery, outbox, abort: () => controller.abort() };
}

export function record(service: string, status: Status = 'up'): ServiceRecord {
  return {
    service,
    seq: 0,
    id: null,
    status,
    since: '2026-01-01T00:00:00.000Z',
    time: '2026-01-01T00:00:00.000Z',
    started: '2026-01-01T00:00:00.000Z',
    streak: null,
    reason: null,
    summary: 'fine',
    incident: null,
    told: { down: status === 'down', slow: false, other: false, degraded: false },
    slow: [],
    other: [],
    window: [1, 2, 3],
    unknown: null,
    baseline: {},
    recent: { letters: 'UUUUUUUUUUUUUUUUUUUU', durations: Array.from({ length: 20 }, (_, i) => i + 0.25) },
    files: ['/etc/puptime/puptime.yaml'],
    type: 'tcp',
    target: 'tcp://127.0.0.1:1',
    about: null,
    hooks: null,
    gone: null,
  };
}

export function draft(kind: EventKind, service: string, changes: Partial<Draft> = {}): Draft {
  const status: Status = kind === 'down' ? 'down' : 'up';
  return {
    schema: 'puptime.event.v1',
    event: kind,
    cause: null,
    service,
    status,
    summary: `${kind} in our own words`,
    reason: null,
    reasons: [],
    time: '2026-01-01T00:00:00.000Z',
    type: 'tcp',
    target: 'tcp://127.0.0.1:1',
    address: null,
    family: null,
    addresses: [],
    duration_ms: 1,
    timings: { resolve_ms: null, connect_ms: 1, tls_ms: null, first_byte_ms: null, transfer_ms: null },
    facts: {},
    metrics: {},
    output: null,
    truncated: false,
    attempts: [],
    description: null,
    group: null,
    tags: [],
    vars: {},
    runbook: null,
    hint: null,
    run: { id: 'run-1', host: 'here', config: null },
    test: false,
    previous: null,
    since: '2026-01-01T00:00:00.000Z',
    failures: 0,
    incident: null,
    change: null,
    gap_ms: null,
    results_file: null,
    delivery: null,
    ...changes,
  };
}

/** A transition with one event of each kind. */
export function transition(service: string, ...kinds: EventKind[]): Decided {
  const down = kinds.includes('down');
  return {
    record: record(service, down ? 'down' : 'up'),
    drafts: kinds.map((kind) => draft(kind, service)),
    changed: true,
  };
}
