import { spawnSync } from 'node:child_process';
import { type Ended, type Place, PROGRAM, type Running } from '../cmd/program.ts';

const NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups', '--'];

/** For tests that root runs: the program as an ordinary user would start it. */
export const asNobody = {
  /** makes the place that user’s own */
  give(place: Place): void {
    spawnSync('chown', ['-R', '65534:65534', place.dir]);
  },
  start(place: Place, args: readonly string[], env: { readonly [name: string]: string } = {}): Running {
    return place.start(args, { env, before: ['setpriv', ...NOBODY] });
  },
  run(place: Place, args: readonly string[], env: { readonly [name: string]: string } = {}): Promise<Ended> {
    return asNobody.start(place, args, env).ended;
  },
};

/** Why bwrap does not work on this machine for that user; null when it does. */
export function sandboxFor(nobody: boolean): string | null {
  const puptime = [process.execPath, PROGRAM, '--version'];
  const bwrap = ['bwrap', '--unshare-pid', '--ro-bind', '/', '/', '--proc', '/proc', '--', ...puptime];
  const [program = '', ...args] = nobody ? ['setpriv', ...NOBODY, ...bwrap] : bwrap;
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? null : stderr.trim();
}

/** For the title of tests that are skipped. */
export function why(obstacle: string | null): string {
  return obstacle === null ? '' : ` (bwrap does not work here: ${obstacle})`;
}

/** What hooks have printed, out of the output of `hook test`. */
export function listed(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('  | '))
    .map((line) => line.slice(4));
}
