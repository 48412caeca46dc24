/** One deliberate mistake in the program. */
export interface Variant {
  readonly name: string;
  /** each `find` is exact text that is in the file once */
  readonly edits: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
  /** what is to catch it, the surest first: a sweep, and a scenario of it */
  readonly caughtBy: readonly { readonly sweep: 'weak' | 'kill'; readonly scenario: string }[];
}

const OUTAGE = { sweep: 'weak', scenario: 'an outage' } as const;
const OVER_SOON = { sweep: 'weak', scenario: 'an outage, over when the power is back' } as const;

/** Ways to write that look right, and are not. Each must be caught; a sweep that lets all of them pass proves nothing. */
export const VARIANTS: readonly Variant[] = [
  {
    name: 'the memory is written before the event',
    edits: [
      {
        file: 'lib/deliver/outbox.ts',
        find: 'const { entry, error } = await group.add(',
        replace:
          'saveMemory(state, records.values(), memory.lost);\nconst { entry, error } = await group.add(',
      },
    ],
    caughtBy: [OUTAGE, { sweep: 'kill', scenario: 'down' }],
  },
  {
    name: 'no fsync of the event file',
    edits: [
      {
        file: 'lib/state/durable-file.ts',
        find: '(failed.has(file.name) ? undefined : fsyncSync(fd))',
        replace: 'undefined',
      },
    ],
    caughtBy: [OUTAGE],
  },
  {
    name: 'no fsync of a directory',
    edits: [
      {
        file: 'lib/state/durable-file.ts',
        find: '  finish(fd, () => {\n    fsyncSync(fd);\n  });',
        replace: '  finish(fd, () => undefined);',
      },
    ],
    caughtBy: [OVER_SOON],
  },
  {
    name: 'the memory is written in place',
    edits: [
      {
        file: 'lib/state/durable-file.ts',
        find: 'const temporary = options.unique === undefined ? `${path}.tmp` :',
        replace: 'const temporary = options.unique === undefined ? path :',
      },
    ],
    caughtBy: [{ sweep: 'weak', scenario: 'a run without a transition' }],
  },
  {
    name: 'an attempt is not counted when it starts',
    edits: [
      {
        file: 'lib/deliver/attempt.ts',
        find: "kept?.journal.note({ k: 'started', id: event.id, hook: path, n, t: context.now(), ...mark });",
        replace: '',
      },
    ],
    caughtBy: [OUTAGE, { sweep: 'kill', scenario: 'down' }],
  },
  {
    name: 'ids are random',
    edits: [
      {
        file: 'lib/state/identity.ts',
        find: "hash(salt, last.id ?? '', record.service, String(seq), ...what);",
        replace: 'hash(String(Math.random()), ...what);',
      },
    ],
    caughtBy: [{ sweep: 'weak', scenario: 'a disk that is full, a power cut, and the next run' }],
  },
  {
    name: 'hooks start before the commit',
    edits: [
      {
        file: 'lib/deliver/commit-group.ts',
        find: 'waiting.push({ entry, resolve, reject });',
        replace: 'onCommitted({ ...entry, durable: true });\nwaiting.push({ entry, resolve, reject });',
      },
      {
        file: 'lib/deliver/commit-group.ts',
        find: 'setTimeout(flushGroup, Math.max(0, last + APART_MS - performance.now()))',
        replace: 'setTimeout(flushGroup, 150)',
      },
    ],
    caughtBy: [OVER_SOON],
  },
  {
    name: 'an event leaves the queue with the snapshot, done or not',
    edits: [
      {
        file: 'lib/deliver/outbox.ts',
        find: 'delivery.tidy(isCovered);',
        replace: 'removeEntries(state, entries);',
      },
    ],
    caughtBy: [
      { sweep: 'weak', scenario: 'several at once' },
      { sweep: 'kill', scenario: 'several at once' },
    ],
  },
  {
    name: 'a hook counts as done when it starts',
    edits: [
      {
        file: 'lib/deliver/attempt.ts',
        find: "kept?.journal.note({ k: 'started', id: event.id, hook: path, n, t: context.now(), ...mark });",
        replace:
          "kept?.journal.note({ k: 'done', id: event.id, hook: path, n, t: context.now(), output: '', ...mark });",
      },
    ],
    caughtBy: [OUTAGE, { sweep: 'kill', scenario: 'down' }],
  },
  {
    name: 'the lock is a file',
    edits: [
      {
        file: 'lib/state/lock.ts',
        find: "import { closeSync, fstatSync, openSync, statSync } from 'node:fs';",
        replace:
          "import { closeSync, existsSync, fstatSync, openSync, statSync, unlinkSync, writeFileSync } from 'node:fs';",
      },
      {
        file: 'lib/state/lock.ts',
        find: 'const taken = flock(fd, request.path);',
        replace:
          'const taken = !existsSync(`${directory}/lock`);\nif (taken) writeFileSync(`${directory}/lock`, String(process.pid));',
      },
      {
        file: 'lib/state/lock.ts',
        find: 'return { release: () => closeSync(fd) };',
        replace: 'return { release: () => { closeSync(fd); unlinkSync(`${directory}/lock`); } };',
      },
    ],
    caughtBy: [{ sweep: 'kill', scenario: 'down' }, OUTAGE],
  },
];
