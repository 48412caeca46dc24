import { closeSync, openSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { openGate } from '../process/gated-program.ts';
import { closeInheritedDescriptors } from '../process/inherited-descriptors.ts';
import { findTool } from '../process/tool.ts';
import { safeLine } from '../words/safe-text.ts';
import type { HooksConfig } from '../words/service.ts';
import type { HookUser } from './hook-user.ts';
import { createStepDown, type StepDown } from './step-down.ts';

/** What stands between hooks and what puptime may do. */
export interface HookSandbox {
  /** false: they run as ordinary programs of their user */
  readonly stands: boolean;
  /** Why no hook may run: one line, with what to do; null: they may. Tries it once. */
  readonly refusal: () => Promise<string | null>;
  /** The command that steps down and runs `command` in it. Only where nothing is refused. */
  readonly enclose: (command: readonly string[], place: SandboxPlace) => readonly string[];
}

export interface SandboxPlace {
  /** the hook itself, as it was found */
  readonly path: string;
  readonly cwd: string;
  /** its own, with its copy of the event: the one that it may write in */
  readonly directory: string | null;
}

export interface SandboxOptions {
  readonly kind: HooksConfig['sandbox'];
  readonly user: HookUser;
  readonly uid: number;
  /** PATH to find bwrap(1) and setpriv(1) in */
  readonly path: string | undefined;
}

/**
 * The sandbox of `hooks.sandbox`, by bubblewrap: the file system as it is, but read-only; /tmp, /dev, /proc and
 * processes of its own; the network as it is. Root sets it up as root and steps down inside, which asks for no user
 * namespace and leaves owners of files as they are. Nothing is tried before it is needed.
 */
export function openSandbox(options: SandboxOptions): HookSandbox {
  const { kind, user, uid, path } = options;
  const stepDown = createStepDown(user, uid, path);
  if (kind === 'bwrap') return openBwrap(options, stepDown);
  const refusal = () => Promise.resolve(stepDown.refusal());
  return { stands: false, refusal, enclose: stepDown.before };
}

function openBwrap(options: SandboxOptions, stepDown: StepDown): HookSandbox {
  const { path } = options;
  const bwrap = findTool('bwrap', path);
  let tried: Promise<string | null> | null = null;
  const enclose: HookSandbox['enclose'] = (command, place) => {
    if (bwrap === null) throw new Error('a hook that is refused is not started');
    return [bwrap, ...walls(place, options), '--', ...BACK_TO_NORMAL, ...stepDown.before(command)];
  };
  const attempt = async (): Promise<string | null> => {
    const reason = stepDown.refusal();
    if (reason !== null) return reason;
    if (bwrap === null)
      return `${SETTING} is set, and the program bwrap is not there: install bubblewrap, ${OR}`;
    const place = { path: '/bin/sh', cwd: '/', directory: null };
    const fault = await tryOut(enclose(['/bin/sh', '-c', ':'], place), path);
    return fault === null
      ? null
      : `${SETTING} is set, and bwrap does not work here: ${fault}: ${ALLOW}, ${OR}`;
  };
  return { stands: true, refusal: () => (tried ??= attempt()), enclose };
}

const SETTING = 'hooks.sandbox: bwrap';
const OR = 'or write hooks.sandbox: none';
const ALLOW =
  'allow user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns; RestrictNamespaces= of the unit)';

/**
 * SIGTERM must reach the hook and not the bwrap around it, which would die of it before the hook has cleaned up: bwrap
 * is started with it ignored, and here it is set back. And bwrap sets PWD.
 */
const BACK_TO_NORMAL = [
  ...['/usr/bin/env', '--default-signal=TERM'],
  ...['/bin/sh', '-c', 'unset PWD OLDPWD SHLVL _; exec "$@"', 'puptime'],
];

/** Of these a hook has its own. */
const HIDDEN = ['/tmp', '/dev', '/proc'];

function walls({ path, cwd, directory }: SandboxPlace, { user, uid }: SandboxOptions): readonly string[] {
  const needed = [cwd, dirname(path), dirname(realpathSync(path)), path].filter(isHidden);
  const shown = needed.filter((place, i) => needed.indexOf(place) === i);
  return [
    ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
    ...['--ro-bind', '/', '/', '--proc', '/proc'],
    ...['--dev', '/dev', '--perms', '1777', '--tmpfs', '/dev/shm', '--ro-bind-try', '/dev/log', '/dev/log'],
    ...['--perms', '1777', '--tmpfs', '/tmp'],
    ...shown.flatMap((place) => [...parents(place), '--ro-bind', place, place]),
    ...(directory === null ? [] : [...parents(directory), '--bind', directory, directory]),
    ...['--chdir', cwd],
    // Root with its capabilities would take the walls down; root that steps down needs them until then.
    ...(uid === 0 && user.kind === 'self' ? ['--cap-drop', 'ALL'] : []),
  ];
}

function isHidden(place: string): boolean {
  return HIDDEN.some((hidden) => place.startsWith(`${hidden}/`));
}

/** bwrap would make them for its own user alone. */
function parents(place: string): readonly string[] {
  const parent = dirname(place);
  return isHidden(parent) ? [...parents(parent), '--perms', '0755', '--dir', parent] : [];
}

const TRIAL_MS = 10_000;

/** What is wrong with this command; null when it ends well. */
async function tryOut(
  [file = '', ...args]: readonly string[],
  path: string | undefined,
): Promise<string | null> {
  closeInheritedDescriptors();
  const stdin = openSync('/dev/null', 'r');
  const env: { readonly [name: string]: string } = path === undefined ? {} : { PATH: path };
  const opening = openGate({ file, args, env, cwd: '/', stdin, maxOutput: 1000, isWrapper: true });
  const gate = await opening.finally(() => closeSync(stdin));
  if (gate.kind === 'not_started') return gate.text;
  const { exitCode, signal, endedBy, output } = await gate.run({ limit_ms: TRIAL_MS, grace_ms: 100 });
  if (exitCode === 0 && endedBy === null) return null;
  if (endedBy !== null) return `it took longer than ${TRIAL_MS / 1000} s`;
  const said = safeLine(output.toString('utf8').trim(), 300);
  return said === '' ? (signal ?? `exit code ${exitCode}`) : said;
}

/** bwrap tells of a hook that a signal ended as shells do, by 128 + its number. Null: none did. */
export function signalOf(exitCode: number | null): string | null {
  if (exitCode === null || exitCode <= 128) return null;
  const found = Object.entries(constants.signals).find(([, number]) => number === exitCode - 128);
  return found?.[0] ?? null;
}
