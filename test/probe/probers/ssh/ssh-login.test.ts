import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { ssh } from '../../../../lib/probe/probers/ssh.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { describeWith, temporaryDirectory } from '../../../servers/daemon.ts';
import {
  SSH_PROGRAMS,
  type SshKeyKind,
  type Sshd,
  canMakeUsers,
  makeSshKey,
  sshHostKey,
  startSshd,
} from '../../../servers/sshd.ts';

/** Root’s own shell may take its time to start: where they can be made, users are made. */
const me = canMakeUsers ? 'pup' : userInfo().username;
const mine = canMakeUsers ? [{ name: 'pup', password: 'secret' }] : [];
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];
const explain = (result: Result) => JSON.stringify(result.reasons);
const files = temporaryDirectory('ssh-login');
afterAll(() => files.remove());

const closers: (() => unknown)[] = [];
const owned = <T extends { close(): unknown }>(server: T): T => {
  closers.push(() => server.close());
  return server;
};
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Few names to choose from: less to read for who gets it byte by byte. */
const SHORT_OFFER = {
  KexAlgorithms: 'curve25519-sha256',
  Ciphers: 'aes128-gcm@openssh.com',
  MACs: 'hmac-sha2-256',
};

const KINDS: readonly SshKeyKind[] = ['ed25519', 'rsa', 'ecdsa', 'ecdsa384', 'ecdsa521'];
const fingerprint = () => sshHostKey('ed25519').fingerprint;

/** Keys that may log in as whoever runs the tests. */
function authorize(): { readonly file: string; key(kind: SshKeyKind): string } {
  const keys = new Map(KINDS.map((kind) => [kind, makeSshKey(path.join(files.path, `user-${kind}`), kind)]));
  const file = path.join(files.path, 'authorized_keys');
  writeFileSync(file, [...keys.values()].map(({ line }) => `${line}\n`).join(''));
  chmodSync(files.path, 0o755);
  return { file, key: (kind) => readFileSync(keys.get(kind)?.file ?? '', 'utf8') };
}

describeWith(SSH_PROGRAMS, 'ssh with a key, to OpenSSH', () => {
  let sshd: Sshd;
  let authorized: ReturnType<typeof authorize>;
  const start = (settings: Parameters<typeof startSshd>[1] = {}) =>
    startSshd([sshHostKey('ed25519')], { AuthorizedKeysFile: authorized.file, ...settings }, mine);
  const probe = (port: number, options: Entry['options'] = {}, entry: Omit<Entry, 'options'> = {}) =>
    probeTarget(ssh, `ssh://${me}@127.0.0.1:${String(port)}`, {
      options: { key: authorized.key('ed25519'), ...options },
      timeout_ms: 5000,
      ...entry,
    });
  beforeAll(async () => {
    authorized = authorize();
    sshd = await start(SHORT_OFFER);
  });
  afterAll(() => sshd.close());

  proberContract({
    prober: ssh,
    target: (port) => `ssh://${me}@127.0.0.1:${String(port)}`,
    healthy: async () => ({ port: sshd.port, close: () => undefined }),
    get entry() {
      return { options: { key: authorized.key('ed25519'), exec: 'echo hello' }, timeout_ms: 5000 };
    },
    codes: { dripping: ['protocol'], flooding: ['too_large'] },
  });

  test.each(KINDS)('logs in by %s as ssh-keygen writes it', async (kind) => {
    const result = await probe(sshd.port, { key: authorized.key(kind), fingerprint: fingerprint() });
    expect(result.status, explain(result)).toBe('up');
    expect(result.facts).toMatchObject({ auth_method: 'publickey' });
  });

  test.each([
    ['rsa', 'PKCS8', 'BEGIN PRIVATE KEY'],
    ['rsa', 'PEM', 'BEGIN RSA PRIVATE KEY'],
    ['ecdsa', 'PKCS8', 'BEGIN PRIVATE KEY'],
    ['ecdsa521', 'PEM', 'BEGIN EC PRIVATE KEY'],
  ] as const)('logs in by %s as %s', async (kind, format, begin) => {
    const copy = path.join(files.path, `copy-${kind}-${format}`);
    writeFileSync(copy, authorized.key(kind), { mode: 0o600 });
    execFileSync('ssh-keygen', ['-q', '-p', '-N', '', '-m', format, '-f', copy]);
    const key = readFileSync(copy, 'utf8');
    expect(key).toContain(begin);
    const result = await probe(sshd.port, { key });
    expect(result.status, explain(result)).toBe('up');
  });

  test('a key with a passphrase is a mistake that is told', async () => {
    const copy = path.join(files.path, 'copy-encrypted');
    for (const format of ['RFC4716', 'PKCS8', 'PEM']) {
      writeFileSync(copy, authorized.key('rsa'), { mode: 0o600 });
      execFileSync('ssh-keygen', ['-q', '-p', '-N', 'secret', '-m', format, '-f', copy]);
      await expect(probe(sshd.port, { key: readFileSync(copy, 'utf8') })).rejects.toThrow(
        'with a passphrase',
      );
    }
  });

  test('a command: its exit code and both its streams', async () => {
    const result = await probe(sshd.port, { exec: 'echo hello; echo oops >&2; exit 3' });
    expect(verdict(result)).toEqual(['down', 'exit', 'expect']);
    expect(result.facts).toMatchObject({ exit_code: 3, output: 'hello', stderr: 'oops' });
    expect(result.output).toContain('oops');
    const allowed = await probe(
      sshd.port,
      { exec: "echo 'a  b'; exit 1" },
      { expect: { exit_code: { max: 1 }, output: 'a  b' } },
    );
    expect(allowed.status, explain(allowed)).toBe('up');
  });

  test('a command that reads its stdin finds it at its end', async () => {
    const result = await probe(sshd.port, { exec: 'cat; echo done' }, { expect: { output: 'done' } });
    expect(result.status, explain(result)).toBe('up');
  });

  test('a command that a signal ends', async () => {
    const result = await probe(sshd.port, { exec: 'kill -KILL $$' });
    expect(verdict(result)).toEqual(['down', 'signal', 'expect']);
    expect(result.facts['signal']).toBe('KILL');
  });

  test('a command that does not end is a timeout, with what it had printed', async () => {
    const result = await probe(
      sshd.port,
      { exec: 'echo begun; exec sleep 20' },
      { timeout_ms: 2500, keep: ['output'] },
    );
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol']);
    expect(result.facts['output']).toBe('begun');
  });

  test('a command that floods is too large; half a mebibyte is not', async () => {
    const flood = await probe(sshd.port, { exec: 'yes' });
    expect(verdict(flood)).toEqual(['down', 'too_large', 'protocol']);
    const much = await probe(sshd.port, { exec: 'head -c 524288 /dev/zero | tr "\\0" x' });
    expect(much.status, explain(much)).toBe('up');
  });

  test('a key that is not authorized is auth', async () => {
    const stranger = makeSshKey(path.join(files.path, 'stranger'), 'rsa');
    const result = await probe(sshd.port, { key: readFileSync(stranger.file, 'utf8'), exec: 'true' });
    expect(verdict(result)).toEqual(['down', 'auth', 'auth']);
    expect(result.reason?.text).toContain('refused publickey');
    expect(result.facts['host_key_sha256']).toBe(fingerprint());
  });

  test('a server that lets nobody in by keys says what it offers', async () => {
    const other = owned(await start({ PubkeyAuthentication: 'no' }));
    const result = await probe(other.port);
    expect(verdict(result)).toEqual(['down', 'auth', 'auth']);
    expect(result.reason?.text).toContain('by what is configured here: it offers password');
  });

  test('a host key that is not the pinned one: nobody is logged in', async () => {
    const before = sshd.output().length;
    const pinned = sshHostKey('rsa').fingerprint;
    const result = await probe(sshd.port, { fingerprint: pinned, exec: 'true' });
    expect(verdict(result)).toEqual(['down', 'assertion', 'protocol']);
    expect(result.reason).toMatchObject({ expected: pinned, got: fingerprint() });
    expect(sshd.output().slice(before)).not.toContain('Accepted');
  });

  test.each([
    ['absent', '[127.0.0.2]'],
    ['changed', '[127.0.0.1]'],
  ])('a host key that is %s in known_hosts: nobody is logged in', async (got, host) => {
    const kind = got === 'changed' ? 'rsa' : 'ed25519';
    const known_hosts = `${host}:${String(sshd.port)} ${sshHostKey(kind).line}`;
    const before = sshd.output().length;
    const result = await probe(
      sshd.port,
      { known_hosts, exec: 'true' },
      { expect: { host_key_known: [got, 'match'] } },
    );
    expect(verdict(result)).toEqual(['down', 'assertion', 'auth']);
    expect(result.reason).toMatchObject({ got });
    expect(sshd.output().slice(before)).not.toContain('Accepted');
  });

  test.each(['aes256-gcm@openssh.com', 'aes128-ctr', 'aes256-ctr'])('a command over %s', async (Ciphers) => {
    const other = owned(await start({ Ciphers }));
    const result = await probe(other.port, { exec: 'head -c 100000 /dev/zero' }, { timeout_ms: 5000 });
    expect(result.status, explain(result)).toBe('up');
  });

  test('a server with no room for a session is not up', async () => {
    const other = owned(await start({ MaxSessions: '0' }));
    const result = await probe(other.port, { exec: 'true' });
    expect(verdict(result)).toEqual(['down', 'status', 'protocol']);
    expect(result.reason?.text).toContain('opens no session');
  });

  test('a frozen server is a timeout', async () => {
    const other = owned(await start());
    other.signal('SIGSTOP');
    const result = await probe(other.port, {}, { timeout_ms: 300 });
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol']);
  });
});

describeWith([...SSH_PROGRAMS, 'unshare'], 'ssh with a password, to OpenSSH', () => {
  const users = [
    { name: 'anna', password: 'se:cret ü' },
    { name: 'old', password: 'secret', expired: true },
  ];
  const at = (port: number, user: string, password: string) =>
    `ssh://${user}:${encodeURIComponent(password)}@127.0.0.1:${String(port)}`;
  const options = () => ({ fingerprint: fingerprint() });

  describe.runIf(canMakeUsers)('whose users are its own', () => {
    let sshd: Sshd;
    beforeAll(async () => (sshd = await startSshd([sshHostKey('ed25519')], { MaxAuthTries: '1' }, users)));
    afterAll(() => sshd.close());

    test('right: up', async () => {
      const result = await probeTarget(ssh, at(sshd.port, 'anna', 'se:cret ü'), {
        options: { ...options(), exec: 'id -un' },
        expect: { output: 'anna', auth_method: 'password' },
      });
      expect(result.status, explain(result)).toBe('up');
    });

    test('wrong: auth, even where that was one too many', async () => {
      const result = await probeTarget(ssh, at(sshd.port, 'anna', 'wrong'), { options: options() });
      expect(verdict(result)).toEqual(['down', 'auth', 'auth']);
      expect(JSON.stringify(result)).not.toContain('wrong"');
    });

    test('of nobody: auth', async () => {
      const result = await probeTarget(ssh, at(sshd.port, 'nobody-here', 'x'), { options: options() });
      expect(verdict(result)).toEqual(['down', 'auth', 'auth']);
    });

    test('of another host: it is not told', async () => {
      const before = sshd.output().length;
      const result = await probeTarget(ssh, at(sshd.port, 'anna', 'se:cret ü'), {
        options: { fingerprint: sshHostKey('rsa').fingerprint },
      });
      expect(verdict(result)).toEqual(['down', 'assertion', 'protocol']);
      expect(sshd.output().slice(before)).not.toMatch(/Failed password|Accepted password/);
    });

    test('that has expired: the command is not run', async () => {
      const result = await probeTarget(ssh, at(sshd.port, 'old', 'secret'), {
        options: { ...options(), exec: 'true' },
      });
      expect(verdict(result)).toEqual(['down', 'exit', 'expect']);
      expect(result.output).toMatch(/password has expired/i);
    });
  });

  test.runIf(canMakeUsers)('asked for by PAM with a prompt: right, wrong and expired', async () => {
    const pam = { UsePAM: 'yes', PasswordAuthentication: 'no', KbdInteractiveAuthentication: 'yes' };
    const sshd = owned(await startSshd([sshHostKey('ed25519')], pam, users));
    const probe = (user: string, password: string) =>
      probeTarget(ssh, at(sshd.port, user, password), {
        options: { ...options(), exec: 'true' },
        timeout_ms: 6000,
      });
    const right = await probe('anna', 'se:cret ü');
    expect(right.status, explain(right)).toBe('up');
    expect(right.facts['auth_method']).toBe('keyboard-interactive');
    expect(verdict(await probe('anna', 'wrong'))).toEqual(['down', 'auth', 'auth']);
    const expired = await probe('old', 'secret');
    expect(verdict(expired)).toEqual(['down', 'auth', 'auth']);
    expect(expired.reason?.text).toContain('for more than a password');
  });

  test.runIf(canMakeUsers)('and a key, where both are wanted', async () => {
    const key = makeSshKey(path.join(files.path, 'annas'), 'ed25519');
    const file = path.join(files.path, 'annas_keys');
    writeFileSync(file, `${key.line}\n`);
    chmodSync(files.path, 0o755);
    const both = { AuthorizedKeysFile: file, AuthenticationMethods: 'publickey,password' };
    const sshd = owned(await startSshd([sshHostKey('ed25519')], both, users));
    const text = readFileSync(key.file, 'utf8');
    const result = await probeTarget(ssh, at(sshd.port, 'anna', 'se:cret ü'), {
      options: { ...options(), key: text },
    });
    expect(result.status, explain(result)).toBe('up');
    expect(result.facts['auth_method']).toBe('publickey,password');
    const half = await probeTarget(ssh, `ssh://anna@127.0.0.1:${String(sshd.port)}`, {
      options: { key: text },
    });
    expect(verdict(half)).toEqual(['down', 'auth', 'auth']);
    expect(half.reason?.text).toContain('after publickey');
  });
});

/** Another implementation than OpenSSH, which can do what OpenSSH does not. */
async function startSsh2(
  authenticate: (context: ssh2.AuthContext) => void,
  run: (channel: ssh2.ServerChannel) => void,
) {
  const key = readFileSync(sshHostKey('rsa').file);
  const server = new ssh2.Server({ hostKeys: [key] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (context) => {
      if (context.method === 'none') context.reject(['password', 'keyboard-interactive']);
      else authenticate(context);
    });
    client.on('session', (accept) => {
      accept().on('exec', (acceptExec) => run(acceptExec()));
    });
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  return owned({ port, close: () => void server.close() });
}

describeWith(['ssh-keygen'], 'ssh, to the server of ssh2', () => {
  const probe = (port: number, exec?: string) =>
    probeTarget(ssh, `ssh://user:secret@127.0.0.1:${String(port)}`, {
      options: { fingerprint: 'any', ...(exec === undefined ? {} : { exec }) },
    });
  const takesAll = (context: ssh2.AuthContext) => context.accept();

  test('a password that is taken, and a command that ends with 0', async () => {
    const server = await startSsh2(
      (context) =>
        context.method === 'password' && context.password === 'secret' ? context.accept() : context.reject(),
      (channel) => {
        channel.write('hello\r\n');
        channel.stderr.write('and this');
        channel.exit(0);
        channel.end();
      },
    );
    const result = await probe(server.port, 'greet');
    expect(result.status, explain(result)).toBe('up');
    expect(result.facts).toMatchObject({ auth_method: 'password', exit_code: 0 });
  });

  test('a password that has expired is auth, and is not changed', async () => {
    let changed = false;
    const server = await startSsh2(
      (context) => {
        if (context.method === 'password') context.requestChange('Change it now', () => (changed = true));
      },
      () => undefined,
    );
    const result = await probe(server.port);
    expect(verdict(result)).toEqual(['down', 'auth', 'auth']);
    expect(result.reason?.text).toContain('this one has expired: Change it now');
    expect(changed).toBe(false);
  });

  test('a command that a signal ends, and one whose end is not told', async () => {
    const killed = await startSsh2(takesAll, (channel) => {
      channel.exit('SEGV', true, 'dumped');
      channel.end();
    });
    expect(verdict(await probe(killed.port, 'x'))).toEqual(['down', 'signal', 'expect']);
    const untold = await startSsh2(takesAll, (channel) => channel.end());
    expect(verdict(await probe(untold.port, 'x'))).toEqual(['down', 'exit', 'expect']);
  });
});
