import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  openSync,
  closeSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { PROGRAM } from '../cmd/program.ts';
import type { Lab } from './lab.ts';

/** A hook that misbehaves, in a world of many: the on_down of the service that has its name. */
export interface NastyHook {
  readonly name: string;
  /** sh after `#!/bin/sh`, or what makes the file */
  readonly make: string | ((path: string, lab: Lab) => void);
  /** what becomes of its event in the first run */
  readonly outcome: 'done' | 'failed' | 'refused' | 'dead';
  /** what stderr says of it; of one that is done nothing */
  readonly says?: RegExp;
  /** after it has run once: refused, for what it has done to itself; exit code 77 */
  readonly then?: RegExp;
}

/** In sh: notes that it ran at all, and that its event is whole, where the test looks. */
const NOTE = 'case $(cat "$1") in *"$PUPTIME_EVENT_ID"*) echo "$PUPTIME_SERVICE" >> ../ran ;; esac';

/** `limit_ms` is the hooks’ time limit there. */
export function nastyHooks(limit_ms: number): readonly NastyHook[] {
  const overTime = new RegExp(`ended after its time limit of ${String(limit_ms)} ms`);
  const failed = (name: string, make: NastyHook['make'], says: RegExp, then?: RegExp): NastyHook => ({
    name,
    make,
    outcome: 'failed',
    says,
    ...(then === undefined ? {} : { then }),
  });
  const done = (name: string, make: string): NastyHook => ({ name, make, outcome: 'done' });
  const refused = (name: string, make: NastyHook['make'], says: RegExp): NastyHook => ({
    name,
    make,
    outcome: 'refused',
    says,
  });
  return [
    failed('kills-its-group', 'kill -9 0', /ended by SIGKILL/),
    failed('hangs', 'exec sleep 600', overTime),
    failed('hangs-with-children', 'sleep 600 & sleep 600; exit 0', overTime),
    failed('ignores-sigterm', "trap '' TERM HUP INT; while :; do sleep 0.1; done", overTime),
    failed('stops-itself', 'kill -STOP $$', overTime),
    failed('floods-for-ever', 'exec yes "it is a pity"', overTime),
    done('forks-away', 'setsid sleep 600 > /dev/null 2>&1 < /dev/null &'),
    done('leaves-a-child-with-its-output', 'sleep 600 &'),
    done('forks-away-with-its-output', 'setsid sleep 600 &'),
    done('closes-everything', 'exec 0<&- 1>&- 2>&-; exit 0'),
    failed('deletes-its-file', 'rm -f "$1"; exit 3', /exit code 3/),
    failed('truncates-its-file', ': > "$1"; exit 3', /exit code 3/),
    failed('deletes-its-directory', 'rm -rf "${1%/*}"; exit 3', /exit code 3/),
    failed('leaves-much', LEAVE_MUCH, /exit code 3/),
    failed('makes-itself-writable', 'chmod 777 "$0"; exit 3', /exit code 3/, /is writable by everybody/),
    failed('makes-itself-a-text', 'chmod 644 "$0"; exit 3', /exit code 3/, /is not executable/),
    failed('deletes-itself', 'rm "$0"; exit 3', /exit code 3/, /does not exist: put it back/),
    failed('replaces-itself', `sed 's/exit 3$/exit 0/' "$0" > "$0.new"; ${REPLACE}; exit 3`, /exit code 3/),
    { name: 'gives-up', make: 'echo no such number; exit 100', outcome: 'dead', says: /exit code 100/ },
    failed('exits-255', 'exit 255', /exit code 255/),
    failed('prints-escapes', PRINT_ESCAPES, /exit code 3/),
    failed('prints-secrets', 'echo "url: $TOKEN"; echo "$TOKEN" | base64; exit 3', /url: \*\*\*/),
    refused('is-a-fifo', (path) => spawnSync('mkfifo', [path]), /is-a-fifo is not a file/),
    refused('is-a-directory', (path) => mkdirSync(path), /is-a-directory is not a file/),
    refused('is-a-broken-link', (path) => symlinkSync('nowhere', path), /broken-link does not exist/),
    refused('is-in-a-loop', (path) => symlinkSync(path, path), /is-in-a-loop/),
    failed('has-no-interpreter-line', plain('exit 0\n'), /no #! line/),
    failed('is-empty', plain(''), /is empty/),
    failed('has-no-interpreter', plain('#!/nonexistent/python\n'), /exit code 12[67]/),
    failed('is-for-another-machine', foreignBinary, /for another machine/),
    done('runs-puptime', RUN_PUPTIME),
  ];
}

/** Mends it: from now on it notes its event and exits with 0. */
export function mendHook(path: string): void {
  spawnSync('rm', ['-rf', path]);
  writeHook(path, NOTE);
}

export function makeNasty(hook: NastyHook, path: string, lab: Lab): void {
  if (typeof hook.make === 'string') writeHook(path, hook.make);
  else hook.make(path, lab);
}

function writeHook(path: string, body: string): void {
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

const LEAVE_MUCH =
  'cd "${1%/*}" && mkdir -p a/b/c && ln -s "$HOME" home && ln -s ../.. up && mkfifo pipe && chmod 0 a/b; exit 3';

const REPLACE = 'chmod 755 "$0.new"; mv "$0.new" "$0"';

const PRINT_ESCAPES = String.raw`printf '\033]0;title\007\033[31mred\033[0m\r\b \377\376 \342\200\256\n'; exit 3`;

const RUN_PUPTIME = `for word in run deliver; do
  '${process.execPath}' '${PROGRAM}' $word -c "$HOME/../puptime.yaml" --state "$HOME/../state" 2>> ../nested
  echo "$word $?" >> ../nested
done`;

function plain(text: string): (path: string) => void {
  return (path) => writeFileSync(path, text, { mode: 0o755 });
}

/** /bin/true, said to be for a machine that nobody has any more (EM_VPP500). */
function foreignBinary(path: string): void {
  copyFileSync('/bin/true', path);
  const fd = openSync(path, 'r+');
  writeSync(fd, Uint8Array.of(17, 0), 0, 2, 18);
  closeSync(fd);
  chmodSync(path, 0o755);
}
