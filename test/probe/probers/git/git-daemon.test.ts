import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { git } from '../../../../lib/probe/probers/git.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { GIT_PROGRAMS, type GitDaemon, startGitDaemon } from '../../../servers/git-daemon.ts';

const probe = (port: number, path: string, entry: Entry = {}) =>
  probeTarget(git, `git://127.0.0.1:${String(port)}${path}`, entry);
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

describeWith(GIT_PROGRAMS, 'a real git daemon', () => {
  let server: GitDaemon;
  beforeAll(async () => {
    server = await startGitDaemon();
  });
  afterAll(async () => server.stop());

  proberContract({
    prober: git,
    target: (port) => `git://127.0.0.1:${String(port)}/project.git`,
    healthy: () => Promise.resolve({ port: server.port, close: () => undefined }),
  });

  test('healthy: refs, branches, tags, HEAD', async () => {
    const result = await probe(server.port, '/project.git');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      found: true,
      refs: 3,
      branches: 2,
      tags: 1,
      branch_names: ['main', 'next'],
      head: 'main',
      head_sha: server.git('project.git', 'rev-parse', 'main'),
    });
    expect(result.facts['agent']).toMatch(/^git\//);
  });

  test('an empty repository is up, with no refs', async () => {
    const result = await probe(server.port, '/empty.git');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ found: true, refs: 0, branches: 0, head_sha: null });
  });

  test('a repository that is not there is status; it may be expected', async () => {
    const result = await probe(server.port, '/gone.git');
    expect(verdict(result)).toEqual(['down', 'status', 'expect', 'found']);
    expect(result.output).toContain('access denied or repository not exported');
    expect((await probe(server.port, '/gone.git', { expect: { found: false } })).status).toBe('up');
  });

  test('a detached HEAD points to no branch', async () => {
    const commit = server.git('project.git', 'rev-parse', 'main');
    server.git('.', 'init', '-q', '--bare', 'large.git');
    server.git('large.git', 'fetch', '-q', '../project.git', 'main:main');
    for (let turn = 0; turn < 3; turn += 1)
      server.git('large.git', 'update-ref', `refs/heads/topic-${String(turn)}`, commit);
    server.git('large.git', 'update-ref', '--no-deref', 'HEAD', commit);
    const result = await probe(server.port, '/large.git');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ branches: 4, head: null, head_sha: commit });
  });

  test('another reason to refuse: the service is off', async () => {
    const off = await startGitDaemon(['--informative-errors', '--disable=upload-pack']);
    const result = await probe(off.port, '/project.git');
    await off.stop();
    expect(verdict(result)).toEqual(['down', 'status', 'protocol', null]);
    expect(result.reason?.text).toContain('service not enabled');
  });

  test('frozen: timeout; stopped: refused', async () => {
    const own = await startGitDaemon();
    own.signal('SIGSTOP');
    expect(verdict(await probe(own.port, '/project.git', { timeout_ms: 300 }))).toEqual([
      'down',
      'timeout',
      'protocol',
      null,
    ]);
    await own.stop();
    expect(verdict(await probe(own.port, '/project.git'))).toEqual(['down', 'refused', 'connect', null]);
  });
});

describe('forms of a server of git, from gitprotocol-pack(5)', () => {
  const peers: Peer[] = [];
  afterEach(async () => {
    for (const peer of peers.splice(0)) await peer.close();
  });
  const answering = async (...packets: readonly string[]) => {
    const peer = await listen((socket) =>
      socket.once('data', () => {
        for (const text of packets)
          socket.write(
            text === '' ? '0000' : `${(Buffer.byteLength(text) + 4).toString(16).padStart(4, '0')}${text}`,
          );
      }),
    );
    peers.push(peer);
    return probe(peer.port, '/x', { timeout_ms: 2000 });
  };
  const sha = 'a'.repeat(40);

  test('version 1, shallow lines, no line ends, SHA-256', async () => {
    const result = await answering(
      'version 1\n',
      `${'b'.repeat(64)} HEAD\0multi_ack symref=HEAD:refs/heads/wild agent=x/1`,
      `${'b'.repeat(64)} refs/heads/wild`,
      `${'c'.repeat(64)} refs/tags/v1\n`,
      `${'b'.repeat(64)} refs/tags/v1^{}\n`,
      `shallow ${'b'.repeat(64)}`,
      '',
    );
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ refs: 2, branches: 1, tags: 1, head: 'wild', agent: 'x/1' });
  });

  test.each([
    ['an error of another kind', ['ERR disk failure\n'], 'status'],
    ['what is no ref', ['hello world\n', ''], 'protocol'],
    ['an object id that is none', [`${'z'.repeat(40)} refs/heads/main\0x`, ''], 'protocol'],
  ] as const)('%s', async (_what, packets, code) => {
    expect((await answering(...packets)).reason?.code).toBe(code);
  });

  test('an error after the first ref is told, too', async () => {
    const result = await answering(`${sha} HEAD\0x`, 'ERR upload-pack: out of memory\n');
    expect(verdict(result)).toEqual(['down', 'status', 'protocol', null]);
  });

  test.each(['git://h', 'git://h/', 'git://h/a%00b'])('%s is a mistake', (target) => {
    expect(() => jobFor(git, target)).toThrow(/target|repository|NUL/);
  });
});
