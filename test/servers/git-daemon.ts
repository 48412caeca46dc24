import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const GIT_PROGRAMS = ['git'];

export interface GitDaemon extends Daemon {
  readonly port: number;
  /** runs git in one of its repositories, or beside them */
  git(repository: string, ...argv: readonly string[]): string;
  close(): Promise<void>;
}

/**
 * Starts git daemon on a free port of 127.0.0.1 with `project.git` (branches main and next, a tag, HEAD on main) and
 * `empty.git`.
 */
export async function startGitDaemon(argv: readonly string[] = []): Promise<GitDaemon> {
  const temporary = temporaryDirectory('git');
  const git = (repository: string, ...words: readonly string[]) =>
    execFileSync('git', ['-C', path.join(temporary.path, repository), ...words], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', HOME: temporary.path, GIT_CONFIG_NOSYSTEM: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  git('.', 'init', '-q', '--bare', '-b', 'main', 'project.git');
  git('.', 'init', '-q', '--bare', '-b', 'main', 'empty.git');
  const tree = git('project.git', 'hash-object', '-t', 'tree', '-w', '/dev/null');
  const who = ['-c', 'user.name=puptime', '-c', 'user.email=probe@example.org'];
  const commit = git('project.git', ...who, 'commit-tree', '-m', 'first', tree);
  for (const branch of ['main', 'next']) git('project.git', 'branch', branch, commit);
  git('project.git', ...who, 'tag', '-a', '-m', 'one', 'v1', commit);
  const port = await freePort();
  const daemon = await startDaemon({
    argv: [
      ...(['git', 'daemon', '--listen=127.0.0.1', `--port=${String(port)}`] as const),
      ...['--export-all', '--reuseaddr', `--base-path=${temporary.path}`, ...argv],
    ],
    // The user may not be the owner of the repositories, when root starts it.
    env: {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      HOME: temporary.path,
    },
    ready: port,
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, git, stop, close: stop };
}
