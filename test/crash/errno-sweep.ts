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
 * oracle.
 */
export async function errnoSweep(options: ScenarioOptions): Promise<SweepResult> {
  if (!canTrace()) return skippedSweep(UNTRACEABLE);
  return sweepScenarios<Injection>(options, {
    pointsOf: (_scenario, { calls }) => distinct(calls).flatMap(injectionsAt),
    tryPoint: failAt,
  });
}

/** The same call on the same file, over and over, tells no more than its first and its last time. */
function distinct(calls: readonly Call[]): readonly Call[] {
  const kind = ({ name, where }: Call) => `${name} ${where.replace(/[0-9a-f]{8,}/g, '')}`;
  const kinds = calls.map(kind);
  return calls.filter(
    (call, index) => kinds.indexOf(kind(call)) === index || kinds.lastIndexOf(kind(call)) === index,
  );
}

function injectionsAt(call: Call): readonly Injection[] {
  return errnosOf(call).flatMap((errno): readonly Injection[] => {
    const once = { call, what: `error=${errno}` };
    return call.scoped ? [once, { ...once, forever: true }] : [once];
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
      return ['EIO', 'ENOMEM'];
    case 'statx':
    case 'newfstatat':
    case 'access':
      return ['EIO', 'EACCES', 'ENOMEM'];
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
