import { chmodSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { sftp } from '../../../../lib/probe/probers/sftp.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { describeWith, temporaryDirectory } from '../../../servers/daemon.ts';
import {
  SSH_PROGRAMS,
  type Sshd,
  canMakeUsers,
  makeSshKey,
  sshHostKey,
  startSshd,
} from '../../../servers/sshd.ts';

/** Root’s own shell may take its time to start: where they can be made, users are made. */
const me = canMakeUsers ? 'pup' : userInfo().username;
const mine = canMakeUsers ? [{ name: 'pup', password: 'secret' }] : [];
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const explain = (result: Result) => JSON.stringify(result.reasons);
const now = 1_800_000_000;

const closers: (() => unknown)[] = [];
const owned = <T extends { close(): unknown }>(server: T): T => {
  closers.push(() => server.close());
  return server;
};
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describeWith([...SSH_PROGRAMS, 'unshare'], 'sftp, to OpenSSH', () => {
  const files = temporaryDirectory('sftp');
  const at = (name: string) => path.join(files.path, name);
  let sshd: Sshd;
  let key: string;
  const settings = (subsystem = 'internal-sftp') => ({
    AuthorizedKeysFile: at('authorized_keys'),
    Subsystem: `sftp ${subsystem}`,
  });
  const target = (port: number, name: string) => `sftp://${me}@127.0.0.1:${String(port)}${name}`;
  const probe = (name: string, entry: Entry = {}, port = sshd.port) =>
    probeTarget(
      sftp,
      target(port, name),
      { options: { key, fingerprint: sshHostKey('ed25519').fingerprint }, timeout_ms: 5000, ...entry },
      { now: () => now * 1000 },
    );

  beforeAll(async () => {
    chmodSync(files.path, 0o755);
    const made = makeSshKey(at('key'), 'ed25519');
    key = readFileSync(made.file, 'utf8');
    writeFileSync(at('authorized_keys'), `${made.line}\n`);
    mkdirSync(at('backup/older'), { recursive: true });
    mkdirSync(at('empty'));
    for (const [name, size, age] of [
      ['a.tar', 10, 90_000],
      ['b.tar', 2000, 3600],
      ['ü c.tar', 5, 7200],
    ] as const) {
      writeFileSync(at(`backup/${name}`), 'x'.repeat(size));
      utimesSync(at(`backup/${name}`), now - age, now - age);
    }
    mkdirSync(at('many'));
    for (let index = 0; index < 1500; index += 1)
      writeFileSync(at(`many/${'n'.repeat(60)}${String(index)}`), '');
    // Few names to choose from: less to read for who gets it byte by byte.
    const short = {
      KexAlgorithms: 'curve25519-sha256',
      Ciphers: 'aes128-gcm@openssh.com',
      MACs: 'hmac-sha2-256',
    };
    sshd = await startSshd([sshHostKey('ed25519')], { ...settings(), ...short }, mine);
  });
  afterAll(async () => {
    await sshd.close();
    files.remove();
  });

  proberContract({
    prober: sftp,
    target: (port) => target(port, at('backup/b.tar')),
    healthy: async () => ({ port: sshd.port, close: () => undefined }),
    get entry() {
      return { options: { key }, timeout_ms: 5000 };
    },
    codes: { dripping: ['protocol'], flooding: ['too_large'] },
  });

  test('a file: its size and age', async () => {
    const result = await probe(at('backup/b.tar'), { expect: { age_s: '< 7200', size: '> 1000' } });
    expect(result.status, explain(result)).toBe('up');
    expect(result.facts).toMatchObject({
      exists: true,
      kind: 'file',
      size: 2000,
      age_s: 3600,
      auth_method: 'publickey',
    });
    const old = await probe(at('backup/a.tar'), { expect: { age_s: '< 86400' } });
    expect(verdict(old)).toEqual(['down', 'assertion', 'expect', 'age_s']);
  });

  test('a directory: its names, and the newest of its files', async () => {
    const result = await probe(at('backup'), { keep: ['files'] });
    expect(result.status, explain(result)).toBe('up');
    expect(result.facts).toMatchObject({
      kind: 'directory',
      files: ['a.tar', 'b.tar', 'older', 'ü c.tar'],
      newest: 'b.tar',
      size: 2000,
      age_s: 3600,
    });
  });

  test('an empty directory, one of many names, and the user’s own', async () => {
    const empty = await probe(at('empty'), { expect: { files: { count: 0 } } });
    expect(empty.status, explain(empty)).toBe('up');
    expect(empty.facts['newest']).toBeUndefined();
    const many = await probe(at('many'), { expect: { files: { count: 1500 } } });
    expect(many.status, explain(many)).toBe('up');
    for (const home of ['', '/~', '/~/']) expect((await probe(home)).status).toBe('up');
  });

  test('nothing there is down, unless that is expected', async () => {
    expect(verdict(await probe(at('nothing')))).toEqual(['down', 'status', 'expect', 'exists']);
    const expected = await probe(at('nothing'), { expect: { exists: false } });
    expect(expected.status, explain(expected)).toBe('up');
    expect(verdict(await probe('/~/nothing'))).toEqual(['down', 'status', 'expect', 'exists']);
  });

  test('a login that is refused is auth', async () => {
    const stranger = readFileSync(makeSshKey(at('stranger'), 'ed25519').file, 'utf8');
    expect(verdict(await probe('', { options: { key: stranger } }))).toEqual(['down', 'auth', 'auth', null]);
  });

  test('a server without SFTP, and one whose SFTP ends or prints', async () => {
    const { Subsystem, ...without } = settings();
    const none = owned(await startSshd([sshHostKey('ed25519')], without, mine));
    expect(verdict(await probe('', {}, none.port))).toEqual(['down', 'status', 'protocol', null]);
    const ends = owned(await startSshd([sshHostKey('ed25519')], settings('/bin/false'), mine));
    expect(verdict(await probe('', {}, ends.port))).toEqual(['down', 'closed', 'protocol', null]);
    const prints = owned(
      await startSshd([sshHostKey('ed25519')], settings('/bin/echo Welcome to all of you'), mine),
    );
    const result = await probe('', {}, prints.port);
    expect(verdict(result)).toEqual(['down', 'protocol', 'protocol', null]);
    expect(result.reason?.text).toContain('it said "Welcome');
    expect(Subsystem).toContain('sftp');
  });

  test('the sftp-server of its own process', async () => {
    const other = owned(
      await startSshd([sshHostKey('ed25519')], settings('/usr/lib/openssh/sftp-server'), mine),
    );
    const result = await probe(at('backup'), {}, other.port);
    expect(result.status, explain(result)).toBe('up');
  });

  test.runIf(canMakeUsers)('a path that the user may not see is auth; a password will do', async () => {
    const other = sshd;
    const entry = { options: { fingerprint: sshHostKey('ed25519').fingerprint } };
    const as = (name: string) =>
      probeTarget(sftp, `sftp://pup:secret@127.0.0.1:${String(other.port)}${name}`, entry);
    const seen = await as('/etc/passwd');
    expect(seen.status, explain(seen)).toBe('up');
    const hidden = await as('/root');
    expect(verdict(hidden)).toEqual(['down', 'auth', 'auth', null]);
    expect(hidden.reason?.text).toContain('/root');
  });
});

describe('mistakes in the target', () => {
  test.each([
    ['sftp://host/path', 'nobody is logged in'],
    ['sftp://user@host/path', 'nobody is logged in'],
    ['sftp://user:password@host/path', 'only a host that is known may have'],
  ])('%s', (url, text) => {
    expect(() => jobFor(sftp, url)).toThrow(text);
  });
});
