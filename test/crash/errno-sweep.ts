import { type Bench, conclude, disturb, isBroken, tellEnd } from './bench.ts';
import { type ScenarioOptions, sweepScenarios } from './scenario-sweep.ts';
import {
  type Call,
  canTrace,
  hasHit,
  type Injection,
  injectionOptions,
  type Recording,
  tellCall,
  UNTRACEABLE,
} from './strace.ts';
import type { Ended } from './program-run.ts';
import { skippedSweep, sumOf, type SweepResult } from './sweep.ts';

/**
 * Every errno that can happen, at every call on the way, once, and for ever where the call is on a file of the state.
 * While it lasts, what happened is announced, or the exit code and stderr say why not; afterwards clean runs satisfy the
 * oracle. A scenario tries what those before it of the same program have not: the same call on the same kind of file tells no
 * more.
 */
export async function errnoSweep(options: ScenarioOptions): Promise<SweepResult> {
  if (!canTrace()) return skippedSweep(UNTRACEABLE);
  const tried = new Set<string>();
  return sweepScenarios<Injection>(options, {
    pointsOf: ({ program = 'run' }, { calls }) => {
      const keyOf = (call: Call) => `${program} ${kindOf(call)}`;
      const fresh = distinct(calls).filter((call) => !tried.has(keyOf(call)));
      for (const call of calls) tried.add(keyOf(call));
      return fresh.flatMap(injectionsAt);
    },
    tryPoint: failAt,
  });
}

/** Over and over, it tells no more than its first and its last time. */
function distinct(calls: readonly Call[]): readonly Call[] {
  const kinds = calls.map(kindOf);
  return calls.filter((call, index) => {
    const kind = kindOf(call);
    return kinds.indexOf(kind) === index || kinds.lastIndexOf(kind) === index;
  });
}

/** The call and the file, whatever service or run it is of. */
function kindOf({ name, where }: Call): string {
  const file = where.replace(/[a-z]~\d+/, '~').replaceAll(/[0-9a-fTZx-]{4,}/g, '*');
  return `${name} ${file}`;
}

/** What a disk may say from now on; a limit or a lack of memory passes. */
const LASTING: ReadonlySet<string> = new Set(['ENOSPC', 'EIO', 'EROFS']);

function injectionsAt(call: Call): readonly Injection[] {
  return errnosOf(call).flatMap((errno): readonly Injection[] => {
    const once = { call, what: `error=${errno}` };
    // A fault of reading ends the run: there is no ever after.
    const lasts = call.scoped && (call.isEffect || call.writes) && LASTING.has(errno);
    return lasts ? [once, { ...once, forever: true }] : [once];
  });
}

/** What Linux may answer, and nothing else; none for a call that cannot fail for want of anything. */
function errnosOf({ name, writes, where }: Call): readonly string[] {
  switch (name) {
    case 'openat':
      return writes
        ? ['ENOSPC', 'EIO', 'EROFS', 'EDQUOT', 'EMFILE', 'EACCES', 'ENOMEM']
        : ['EIO', 'EMFILE', 'EACCES', 'ENOMEM'];
    case 'mkdir':
    case 'rename':
    case 'link':
      return ['ENOSPC', 'EIO', 'EROFS', 'EDQUOT', 'EACCES', 'ENOMEM'];
    case 'unlink':
    case 'rmdir':
    case 'chmod':
    case 'ftruncate':
      return ['EIO', 'EROFS', 'EACCES'];
    case 'write':
      // The word for a hook goes through a socket.
      return where === '' ? [] : ['ENOSPC', 'EIO', 'EDQUOT'];
    case 'pwrite64':
      return ['ENOSPC', 'EIO', 'EDQUOT', 'EAGAIN'];
    case 'fsync':
    case 'fdatasync':
      return ['EIO', 'ENOSPC', 'EDQUOT'];
    case 'close':
      // One that was read cannot fail, and Node does not let it.
      return where.endsWith('.tmp') ? ['EIO', 'ENOSPC', 'EDQUOT'] : [];
    case 'read':
      return ['EIO', 'ENOMEM'];
    case 'getdents64':
    case 'statfs':
      return ['EIO'];
    case 'statx':
    case 'newfstatat':
    case 'access':
      return ['EIO', 'EACCES'];
    case 'clone':
    case 'clone3':
    case 'vfork':
      return ['EAGAIN', 'ENOMEM'];
    case 'socketpair':
      return ['EMFILE', 'ENOMEM'];
    default:
      return [];
  }
}

async function failAt(point: Injection, bench: Bench, { paths }: Recording): Promise<SweepResult> {
  const { lab } = bench;
  lab.restore(bench.before);
  const ended = await disturb(bench, { strace: injectionOptions(lab, paths, point) });
  const other = isBroken(ended)
    ? [`ended with ${tellEnd(ended)}`]
    : isSilent(bench, ended)
      ? [`exit code 0, and nobody was told: ${tellEnd(ended)}`]
      : [];
  const { call, what, forever = false } = point;
  if (!hasHit(lab, call)) return sumOf([]);
  const name = `${what.replace('error=', '')} at ${tellCall(call)}${forever ? ' and ever after' : ''}`;
  // A hook that ran although that could not be written down may run once more.
  return conclude(bench, { name, crashes: 1, other });
}

/** Something was not announced, and neither exit code nor stderr say so. */
function isSilent({ scenario, lab }: Bench, ended: Ended): boolean {
  if (scenario.fails === true || (ended.code !== 0 && (ended.stderr !== '' || ended.code === 75)))
    return false;
  const heard = lab.marks();
  return scenario.expected.some(
    ({ service, event, optional }) =>
      optional !== true && !heard.some((mark) => mark.service === service && mark.event === event),
  );
}
