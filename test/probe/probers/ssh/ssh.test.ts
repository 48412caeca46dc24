import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { ssh } from '../../../../lib/probe/probers/ssh.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { describeWith, temporaryDirectory, until } from '../../../servers/daemon.ts';
import { SSH_PROGRAMS, type Sshd, makeSshKey, sshHostKey, startSshd } from '../../../servers/sshd.ts';

const target = (port: number) => `ssh://127.0.0.1:${String(port)}`;
const probe = (port: number, entry: Entry = {}) => probeTarget(ssh, target(port), entry);
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];

const closers: (() => unknown)[] = [];
const owned = <T extends { close(): unknown }>(server: T): T => {
  closers.push(() => server.close());
  return server;
};
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describeWith(SSH_PROGRAMS, 'ssh, to OpenSSH', () => {
  proberContract({
    prober: ssh,
    target,
    healthy: () => startSshd([sshHostKey('ed25519')]),
    entry: { expect: { auth_methods: 'publickey' } },
    codes: { dripping: ['protocol'], flooding: ['too_large'] },
  });

  describe('one with three host keys', () => {
    let sshd: Sshd;
    beforeAll(async () => {
      sshd = await startSshd([sshHostKey('rsa'), sshHostKey('ecdsa'), sshHostKey('ed25519')]);
    });
    afterAll(() => sshd.close());

    test('is up, with what it is', async () => {
      const result = await probe(sshd.port);
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
      expect(result.facts).toMatchObject({ protocol: '2.0', host_key_type: 'ssh-ed25519' });
      expect(result.facts['software']).toMatch(/^OpenSSH_\d/);
      expect(result.facts['host_key_sha256']).toBe(sshHostKey('ed25519').fingerprint);
      expect(result.facts['kex']).toContain('curve25519-sha256');
      expect(result.facts['auth_methods']).toBeUndefined();
    });

    test('is not logged in to, and is told goodbye', async () => {
      await probe(sshd.port);
      await until('the goodbye', () =>
        /Received disconnect from .*:11: probed \[preauth\]/.test(sshd.output()),
      );
      expect(sshd.output()).not.toContain('Invalid user');
    });

    test.each(['ed25519', 'ecdsa', 'rsa'] as const)(
      'shows its %s key when that is asked for',
      async (kind) => {
        const result = await probe(sshd.port, {
          options: { host_key: kind },
          expect: { host_key_sha256: sshHostKey(kind).fingerprint },
        });
        expect(result.status, JSON.stringify(result.reasons)).toBe('up');
      },
    );

    test('with another key than the pinned one is down, and says which', async () => {
      const pinned = sshHostKey('rsa').fingerprint;
      const result = await probe(sshd.port, { expect: { host_key_sha256: pinned } });
      expect(verdict(result)).toEqual(['down', 'assertion', 'expect']);
      const seen = sshHostKey('ed25519').fingerprint;
      expect(result.reason).toMatchObject({ fact: 'host_key_sha256', got: seen, expected: pinned });
    });

    test.each(['ed25519', 'ecdsa', 'rsa'] as const)('in known_hosts with its %s key is up', async (kind) => {
      const line = (host: string) => `[${host}]:${String(sshd.port)} ${sshHostKey(kind).line}`;
      const known = await probe(sshd.port, { options: { known_hosts: line('127.0.0.1') } });
      expect(known.status, JSON.stringify(known.reasons)).toBe('up');
      expect(known.facts['host_key_sha256']).toBe(sshHostKey(kind).fingerprint);
      const unknown = await probe(sshd.port, { options: { known_hosts: line('127.0.0.2') } });
      expect([unknown.status, unknown.reason?.fact, unknown.reason?.got]).toEqual([
        'down',
        'host_key_known',
        'absent',
      ]);
    });

    test('a known_hosts file as ssh-keyscan prints it, hashed by ssh-keygen', async () => {
      const scanned = execFileSync('ssh-keyscan', ['-p', String(sshd.port), '127.0.0.1'], { stdio: 'pipe' });
      const directory = temporaryDirectory('known-hosts');
      const file = path.join(directory.path, 'known_hosts');
      writeFileSync(file, scanned);
      execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' });
      const hashed = execFileSync('cat', [file], { encoding: 'utf8' });
      directory.remove();
      expect(hashed).toMatch(/^\|1\|/m);
      const result = await probe(sshd.port, { options: { known_hosts: hashed } });
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    });

    test('whose key in known_hosts is another one is down: it changed', async () => {
      const directory = temporaryDirectory('other-key');
      const other = makeSshKey(path.join(directory.path, 'key'), 'ed25519');
      directory.remove();
      const known_hosts = `[127.0.0.1]:${String(sshd.port)} ${other.line}`;
      const result = await probe(sshd.port, { options: { known_hosts } });
      expect([result.status, result.reason?.fact, result.reason?.got]).toEqual([
        'down',
        'host_key_known',
        'changed',
      ]);
    });

    test('that somebody in between changes a byte of cannot prove its key', async () => {
      const proxy = owned(await changing(sshd.port, 70));
      const result = await probe(proxy.port);
      expect(verdict(result)).toEqual(['down', 'protocol', 'protocol']);
      expect(result.reason?.text).toContain('cannot prove its host key');
      expect(result.facts['host_key_sha256']).toBeUndefined();
    });
  });

  test.each(['ecdsa384', 'ecdsa521'] as const)('a host key of %s is verified', async (kind) => {
    const sshd = owned(await startSshd([sshHostKey(kind)]));
    const result = await probe(sshd.port);
    expect(result.facts['host_key_sha256'], JSON.stringify(result.reasons)).toBe(
      sshHostKey(kind).fingerprint,
    );
  });

  test.each([
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group14-sha1',
    'diffie-hellman-group16-sha512',
  ])('the key exchange %s, three times', async (name) => {
    const sshd = owned(await startSshd([sshHostKey('ed25519')], { KexAlgorithms: name }));
    for (let turn = 0; turn < 3; turn += 1) {
      const result = await probe(sshd.port, {
        expect: { host_key_type: 'ssh-ed25519', auth_methods: 'publickey' },
      });
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    }
  });

  test.each(['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'])('the signature algorithm %s', async (name) => {
    const sshd = owned(await startSshd([sshHostKey('rsa')], { HostKeyAlgorithms: name }));
    const result = await probe(sshd.port, { expect: { host_key_type: 'ssh-rsa' } });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test.each([
    ['aes128-gcm@openssh.com', 'hmac-sha2-256-etm@openssh.com'],
    ['aes256-gcm@openssh.com', 'umac-64@openssh.com'],
    ['aes128-ctr', 'hmac-sha2-256'],
    ['aes256-ctr', 'hmac-sha2-512'],
  ])('ways to log in, over %s with %s', async (Ciphers, MACs) => {
    const banner = temporaryDirectory('banner');
    const file = path.join(banner.path, 'text');
    writeFileSync(file, 'Only for members.\n');
    const settings = {
      Ciphers,
      MACs,
      Banner: file,
      PasswordAuthentication: 'no',
      KbdInteractiveAuthentication: 'no',
    };
    const sshd = owned(await startSshd([sshHostKey('ed25519')], settings));
    const result = await probe(sshd.port, { expect: { auth_methods: { equals: ['publickey'] } } });
    banner.remove();
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test('a password offered where none should be is down', async () => {
    const sshd = owned(await startSshd([sshHostKey('ed25519')]));
    const result = await probe(sshd.port, { expect: { auth_methods: { excludes: 'password' } } });
    expect(verdict(result)).toEqual(['down', 'assertion', 'expect']);
  });

  test.each([
    [
      'key exchanges',
      { KexAlgorithms: 'sntrup761x25519-sha512@openssh.com' },
      { host_key_type: 'ssh-ed25519' },
    ],
    ['ciphers', { Ciphers: 'chacha20-poly1305@openssh.com' }, { auth_methods: 'publickey' }],
  ])('%s that puptime does not speak are no fault of the server', async (_, settings, expectation) => {
    const sshd = owned(await startSshd([sshHostKey('ed25519')], settings));
    const plain = await probe(sshd.port);
    expect(plain.status, JSON.stringify(plain.reasons)).toBe('up');
    const result = await probe(sshd.port, { expect: expectation });
    expect([result.status, result.reason?.code]).toEqual(['unknown', 'tool_missing']);
  });

  test('a server without the kind of key that is asked for is down', async () => {
    const sshd = owned(await startSshd([sshHostKey('ed25519')]));
    const result = await probe(sshd.port, { options: { host_key: 'rsa' } });
    expect(verdict(result)).toEqual(['down', 'assertion', 'protocol']);
  });

  test('a server whose MaxStartups is reached is overloaded, at once', async () => {
    const sshd = owned(await startSshd([sshHostKey('ed25519')], { MaxStartups: '1:100:1' }));
    const waiting = connect(sshd.port, '127.0.0.1');
    await once(waiting, 'data');
    const result = await probe(sshd.port);
    waiting.destroy();
    expect(verdict(result)).toEqual(['down', 'overloaded', 'protocol']);
    expect(result.duration_ms).toBeLessThan(1000);
  });

  test('a frozen server is a timeout', async () => {
    const sshd = owned(await startSshd([sshHostKey('ed25519')]));
    sshd.signal('SIGSTOP');
    const result = await probe(sshd.port, { timeout_ms: 400 });
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol']);
  });
});

/** A proxy that changes one byte of what the server says. */
async function changing(port: number, at: number): Promise<Peer> {
  return listen((client) => {
    const upstream = connect({ port, host: '127.0.0.1' });
    let seen = 0;
    upstream.on('error', () => client.destroy());
    upstream.on('data', (chunk: Buffer) => {
      const offset = at - seen;
      if (offset >= 0 && offset < chunk.length) chunk[offset] = (chunk[offset] ?? 0) ^ 1;
      seen += chunk.length;
      client.write(chunk);
    });
    client.on('data', (chunk) => upstream.write(chunk));
    client.on('close', () => upstream.destroy());
  });
}

/** What a server says when it is connected to, and what is made of that. */
const SAID: readonly (readonly [name: string, says: string, code: string, text: string, ends?: boolean])[] = [
  ['a mail server', '220 mail.example.org ESMTP\r\n', 'protocol', 'it said 220 mail.example.org'],
  ['an IMAP server', '* OK ready\r\n', 'protocol', 'does not speak SSH'],
  ['binary data without an end', '\0\u0001\u0002\u0003', 'protocol', 'binary data'],
  ['lines and then silence', 'Welcome.\r\n', 'protocol', 'it began with Welcome.'],
  ['lines and then an end', 'Welcome.\r\n', 'closed', 'it began with Welcome.', true],
  ['lines without an end', 'Welcome.\r\n'.repeat(500), 'too_large', '100 lines'],
  ['one line without an end', 'x'.repeat(5000), 'too_large', 'more than'],
  ['version 1', 'SSH-1.5-OldServer\r\n', 'protocol', 'speaks only SSH 1.5'],
  ['a broken identification', 'SSH-\r\n', 'protocol', 'not of SSH’s form'],
  ['MaxStartups', 'Exceeded MaxStartups\r\n', 'overloaded', 'MaxStartups', true],
  ['a penalty', 'Not allowed at this time\r\n', 'status', 'PerSourcePenalties', true],
  [
    'a packet that is too long',
    'SSH-2.0-x\r\n\u007f\u007f\u007f\u007f',
    'protocol',
    'an SSH packet of 2139062143 bytes',
  ],
  ['a packet that is all padding', 'SSH-2.0-x\r\n\0\0\0\u0004\u0009abc', 'protocol', 'all padding'],
  ['half a packet', 'SSH-2.0-x\r\n\0\0\0\u0010\u0004abc', 'closed', 'in the middle of an answer', true],
  ['another message', `SSH-2.0-x\r\n${packet('\u0006hello')}`, 'protocol', 'message 6 where 20 was expected'],
  ['half a KEXINIT', `SSH-2.0-x\r\n${packet('\u0014hello')}`, 'protocol', 'a KEXINIT that ends too early'],
  [
    'too many connections',
    `SSH-2.0-x\r\n${packet('\u0001\0\0\0\u000c\0\0\0\u0004full\0\0\0\0')}`,
    'overloaded',
    'full',
  ],
  [
    'a goodbye',
    `SSH-2.0-x\r\n${packet('\u0001\0\0\0\u0007\0\0\0\u0004bye\n\0\0\0\0')}`,
    'status',
    'ended the connection: bye',
  ],
  ['noise', `SSH-2.0-x\r\n${packet('\u0002\0\0\0\0').repeat(2000)}`, 'protocol', 'messages to be ignored'],
];

function packet(payload: string): string {
  const padding = 4 + ((8 - ((5 + payload.length + 4) % 8)) % 8);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(1 + payload.length + padding);
  return `${length.toString('latin1')}${String.fromCharCode(padding)}${payload}${'\0'.repeat(padding)}`;
}

describe('ssh, to one that says', () => {
  test.each(SAID.map(([name, says, code, text, ends = false]) => ({ name, says, code, text, ends })))(
    '$name',
    async ({ name, says, code, text, ends }) => {
      const peer = owned(
        await listen((socket: Socket) => {
          socket.resume();
          socket.write(Buffer.from(says, 'latin1'));
          if (ends) socket.end();
        }),
      );
      const began = performance.now();
      const result = await probe(peer.port, { timeout_ms: 700 });
      expect([result.status, result.reason?.code]).toEqual(['down', code]);
      expect(result.reason?.text).toContain(text);
      if (name !== 'lines and then silence') expect(performance.now() - began).toBeLessThan(650);
    },
  );
});

describeWith(SSH_PROGRAMS, 'ssh, legal though unusual', () => {
  test.each([
    [
      'lines before the identification',
      (said: Buffer) => Buffer.concat([Buffer.from('Welcome\r\nto us\n'), said]),
    ],
    [
      'a line end without CR',
      (said: Buffer) => Buffer.from(said.toString('latin1').replace('\r\n', '\n'), 'latin1'),
    ],
  ])('%s is up', async (_, change) => {
    const sshd = owned(await startSshd([sshHostKey('ed25519')]));
    let first = true;
    const proxy = owned(
      await listen((client) => {
        const upstream = connect({ port: sshd.port, host: '127.0.0.1' });
        upstream.on('error', () => client.destroy());
        upstream.on('data', (chunk: Buffer) => {
          client.write(first ? change(chunk) : chunk);
          first = false;
        });
        client.on('data', (chunk) => upstream.write(chunk));
        client.on('close', () => upstream.destroy());
      }),
    );
    const result = await probe(proxy.port);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });
});

describe('mistakes in the target', () => {
  test.each([
    ['ssh://user:secret@host', {}, 'only a host that is known may have'],
    ['ssh://:secret@host', { fingerprint: 'any' }, 'names no user'],
    ['ssh://host/path', {}, 'it has a path'],
    ['ssh://user@host', { exec: 'true' }, 'nobody is logged in to run it'],
    ['ssh://user@host', { key: 'ssh-ed25519 AAAA' }, 'no private key'],
    ['ssh://host', { fingerprint: 'MD5:00' }, 'expected SHA256:'],
  ])('%s with %j', (url, options, text) => {
    expect(() => jobFor(ssh, url, { options })).toThrow(text);
  });
});
