import { expect, test } from 'vitest';
import { describeUnless } from './describe-unless.ts';
import { choices, powerCuts } from './power-cuts.ts';
import { parseTrace, type Operation } from './recording.ts';
import { canTrace, UNTRACEABLE } from './strace.ts';
import { createWeakFileSystem, type Tree } from './weak-file-system.ts';
import { weakSweep } from './weak-sweep.ts';

const START: Tree = new Map([
  ['/d', { mode: 0o755, data: null }],
  ['/d/old', { mode: 0o600, data: Buffer.from('old!') }],
]);

/** `write new abcd`, `sync new`, `sync .`, `rename new old` … */
function operation(text: string): Operation {
  const [kind = '', name = '', more = ''] = text.split(' ');
  const path = name === '.' ? '/d' : `/d/${name}`;
  switch (kind) {
    case 'create':
      return { kind: 'open', path, create: true, truncate: false, mode: 0o600 };
    case 'empty':
      return { kind: 'open', path, create: false, truncate: true, mode: 0o600 };
    case 'write':
      return { kind: 'write', path, data: Buffer.from(more), at: 0 };
    case 'mkdir':
      return { kind, path, mode: 0o700 };
    case 'rename':
    case 'link':
      return { kind, path, to: `/d/${more}` };
    case 'sync':
    case 'remove':
      return { kind, path };
    default:
      throw new Error(`no operation: ${text}`);
  }
}

/** Every state that a power cut may leave after the last operation: `new=abcd old=old!`, sorted. */
function statesAfter(story: readonly string[]): readonly string[] {
  const system = createWeakFileSystem('/d', START);
  for (const text of story) system.apply(operation(text));
  const kept = choices(system.unsynced(), 1000, () => 0);
  return [...new Set(kept.map((those) => tell(system.afterPowerCut(those))))].sort();
}

function tell(tree: Tree): string {
  const names = [...tree].filter(([path]) => path !== '/d');
  return names
    .map(([path, { data }]) => `${path.slice(3)}${data === null ? '/' : `=${text(data)}`}`)
    .sort()
    .join(' ');
}

function text(data: Buffer): string {
  return data.toString().replaceAll('\0', '0');
}

const DATA = ['', '0000', 'ab', 'abcd'];

/** What happens, and every state that a power cut may leave after it. */
const LEGAL: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  [
    'a new file may be gone, empty, blank, torn or whole',
    ['create new', 'write new abcd'],
    ['old=old!', ...DATA.map((data) => `new=${data} old=old!`)],
  ],
  [
    'a synced file may have no name',
    ['create new', 'write new abcd', 'sync new'],
    ['old=old!', 'new=abcd old=old!'],
  ],
  [
    'what is synced, data and names, stays',
    ['create new', 'write new abcd', 'sync new', 'sync .'],
    ['new=abcd old=old!'],
  ],
  [
    'a rename may outlive the data, or what came before it',
    ['create new', 'write new abcd', 'rename new old'],
    ['old=old!', ...DATA.map((data) => `new=${data} old=old!`), ...DATA.map((data) => `old=${data}`)],
  ],
  [
    'written beside it, synced, renamed: the old or the new',
    ['create new', 'write new abcd', 'sync new', 'sync .', 'rename new old'],
    ['new=abcd old=old!', 'old=abcd'],
  ],
  [
    'and its directory synced: the new',
    ['create new', 'write new abcd', 'sync new', 'rename new old', 'sync .'],
    ['old=abcd'],
  ],
  [
    'of two names either may be there alone',
    ['create a', 'create b'],
    ['old=old!', 'a= old=old!', 'b= old=old!', 'a= b= old=old!'],
  ],
  [
    'what is overwritten in place may be lost before the new is there',
    ['empty old', 'write old abcd'],
    ['old=old!', ...DATA.map((data) => `old=${data}`)],
  ],
  ['a removal may be undone', ['remove old'], ['', 'old=old!']],
  [
    'a directory without its name is gone with all that is in it',
    ['mkdir sub', 'create sub/a', 'sync sub'],
    ['old=old!', 'old=old! sub/ sub/a='],
  ],
];

test.each(LEGAL)('a file system that promises no more than POSIX: %s', (_what, story, states) => {
  expect(statesAfter(story)).toEqual([...states].sort());
});

test('the states after a power cut at any instant of a recording, each once, with what hooks had been told before', () => {
  const told = { kind: 'write', path: '/log', data: Buffer.from('down'), at: null } as const;
  const operations = [operation('create new'), told, operation('sync .')];
  const recording = { root: '/d', start: START, log: '/log', heard: Buffer.from('first ') };
  const cuts = powerCuts({ ...recording, operations }, 10, () => 0);
  expect(cuts.map(({ tree, heard, operations: done }) => [done, heard.toString(), tell(tree)])).toEqual([
    [0, 'first ', 'old=old!'],
    [1, 'first ', 'new= old=old!'],
    [2, 'first down', 'old=old!'],
    [2, 'first down', 'new= old=old!'],
  ]);
});

test('a trace is read with its unfinished calls, and a call that no recording knows is refused', () => {
  const hex = (value: string) =>
    value.replaceAll(/./gs, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  const trace = [
    `1 openat(AT_FDCWD<${hex('/')}>, "${hex('/d/a')}", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0600 <unfinished ...>`,
    `2 pwrite64(3<${hex('/e')}>, "${hex('no')}", 2, 0) = 2`,
    `1 <... openat resumed>) = 3<${hex('/d/a')}>`,
    `1 pwrite64(3<${hex('/d/a')}>, "${hex('a, b')}", 4, 0) = 3`,
    `1 rename("${hex('/d/a')}", "${hex('/d/b')}") = -1 ENOSPC (No space left on device) (INJECTED)`,
    `1 fsync(3<${hex('/d/a')}>)  = 0`,
  ];
  const isOurs = (file: string) => file.startsWith('/d');
  expect(parseTrace(trace.join('\n'), isOurs)).toEqual([
    { kind: 'open', path: '/d/a', create: true, truncate: true, mode: 0o600 },
    { kind: 'write', path: '/d/a', data: Buffer.from('a, '), at: 0 },
    { kind: 'sync', path: '/d/a' },
  ]);
  expect(() => parseTrace(`1 fallocate(3<${hex('/d/a')}>, 0, 0, 9) = 0`, isOurs)).toThrow('fallocate');
});

describeUnless(canTrace() ? null : UNTRACEABLE, 'weak persistence', () => {
  test('from some of the states that a power cut may leave, the program goes on as if nothing had happened', async () => {
    const { points, failures } = await weakSweep({ sample: { count: 12, seed: 1 } });
    expect(failures).toEqual([]);
    expect(points).toBe(12);
  }, 240_000);
});
