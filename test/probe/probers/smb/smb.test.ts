import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { smb } from '../../../../lib/probe/probers/smb.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { SMBD_PROGRAMS, type Smbd, isRoot, startSmbd } from '../../../servers/smbd.ts';

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const probe = (port: number, timeout_ms = 5000) =>
  probeTarget(smb, `smb://127.0.0.1:${String(port)}`, { timeout_ms });

if (!isRoot) describe.skip('a real smbd (it must be started by root)', () => test('none', () => undefined));
else
  describeWith(SMBD_PROGRAMS, 'a real smbd', () => {
    let server: Smbd;
    beforeAll(async () => {
      server = await startSmbd();
    });
    afterAll(async () => server.stop());

    proberContract({
      prober: smb,
      target: (port) => `smb://127.0.0.1:${String(port)}`,
      healthy: () => Promise.resolve({ port: server.port, close: () => undefined }),
    });

    test('healthy: dialect, ways to log in, clock', async () => {
      const result = await probe(server.port);
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
      expect(result.facts).toMatchObject({ dialect: '3.1.1', signing_required: false, encryption: true });
      expect(result.facts['auth_methods']).toContain('ntlm');
      expect(result.facts['cipher']).toMatch(/^aes-/);
      expect(result.facts['guid']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(Math.abs(Number(result.facts['clock_offset_s']))).toBeLessThan(10);
    });

    test.each([
      [['server max protocol = SMB2_02'], { dialect: '2.0.2', encryption: false }],
      [
        ['server max protocol = SMB3_00', 'server signing = mandatory'],
        { dialect: '3.0', signing_required: true },
      ],
      [['server smb encrypt = off'], { dialect: '3.1.1', encryption: false }],
    ])('%j', async (lines, facts) => {
      const own = await startSmbd(lines);
      const result = await probe(own.port);
      await own.stop();
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
      expect(result.facts).toMatchObject(facts);
    });

    test('only SMB 1: down at once', async () => {
      const own = await startSmbd(['server min protocol = NT1', 'server max protocol = NT1']);
      const { status, reason } = await probe(own.port);
      await own.stop();
      expect(status).toBe('down');
      expect(['closed', 'reset', 'status'], reason?.text).toContain(reason?.code);
    });

    test('this host barred: status', async () => {
      const own = await startSmbd(['hosts deny = 127.0.0.1', 'hosts allow = 192.0.2.1']);
      const result = await probe(own.port);
      await own.stop();
      expect(verdict(result)).toEqual(['down', 'status', 'protocol', null]);
      expect(result.reason?.text).toContain('hosts allow');
    });

    test('frozen: timeout; stopped: refused', async () => {
      const own = await startSmbd();
      own.signal('SIGSTOP');
      expect(verdict(await probe(own.port, 300))).toEqual(['down', 'timeout', 'protocol', null]);
      await own.stop();
      expect(verdict(await probe(own.port))).toEqual(['down', 'refused', 'connect', null]);
    });
  });

const peers: Peer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});
async function serving(answer: Buffer): Promise<number> {
  const peer = await listen((socket) => {
    socket.once('data', () => void socket.write(answer));
  });
  peers.push(peer);
  return peer.port;
}

interface Said {
  readonly status?: number;
  readonly command?: number;
  readonly flags?: number;
  readonly structure?: number;
  readonly dialect?: number;
  readonly contexts?: number;
  readonly offset?: number;
  readonly token?: number;
  /** milliseconds since 1970 */
  readonly time?: number;
  readonly started?: number;
  readonly magic?: number;
}
const filetime = (ms: number) => (BigInt(ms) + 11_644_473_600_000n) * 10_000n;

function answerOf(said: Said): Buffer {
  const message = Buffer.alloc(64 + 64);
  message.writeUInt32BE(said.magic ?? 0xfe534d42);
  message.writeUInt16LE(64, 4);
  message.writeUInt32LE(said.status ?? 0, 8);
  message.writeUInt16LE(said.command ?? 0, 12);
  message.writeUInt32LE(said.flags ?? 1, 16);
  message.writeUInt16LE(said.structure ?? 65, 64);
  message.writeUInt16LE(3, 66);
  message.writeUInt16LE(said.dialect ?? 0x0210, 68);
  message.writeUInt16LE(said.contexts ?? 0, 70);
  if (said.time !== undefined) message.writeBigUInt64LE(filetime(said.time), 104);
  if (said.started !== undefined) message.writeBigUInt64LE(filetime(said.started), 112);
  message.writeUInt16LE(128, 120);
  message.writeUInt16LE(said.token ?? 0, 122);
  message.writeUInt32LE(said.offset ?? 0, 124);
  return Buffer.concat([Buffer.from([0, 0, 0, message.length]), message]);
}

describe('smb: a server of ours, written from [MS-SMB2]', () => {
  test('when it was started; a clock that is not told is no fact', async () => {
    const now = Date.now();
    const told = await probe(await serving(answerOf({ time: now, started: now - 3_600_000 })));
    expect(told.status, JSON.stringify(told.reasons)).toBe('up');
    expect(told.facts).toMatchObject({
      dialect: '2.1',
      signing_required: true,
      uptime_s: 3600,
      auth_methods: [],
    });
    const untold = await probe(await serving(answerOf({})));
    expect(untold.status).toBe('up');
    expect(untold.facts).not.toHaveProperty('clock_offset_s');
  });

  test('a clock that is ten minutes off: degraded', async () => {
    const result = await probe(await serving(answerOf({ time: Date.now() - 600_000 })));
    expect([result.status, result.reason?.code, result.reason?.fact]).toEqual([
      'degraded',
      'mismatch',
      'clock_offset_s',
    ]);
  });

  test.each<[string, Said, string]>([
    ['no resources', { status: 0xc000009a }, 'overloaded'],
    ['no more sessions', { status: 0xc00000d0 }, 'overloaded'],
    ['no common dialect', { status: 0xc00000bb }, 'status'],
    ['another status', { status: 0xc0000022 }, 'status'],
    ['SMB 1', { magic: 0xff534d42 }, 'status'],
    ['a beginning of its own', { magic: 0x41424344 }, 'protocol'],
    ['another command', { command: 1 }, 'protocol'],
    ['a request', { flags: 0 }, 'protocol'],
    ['another structure', { structure: 36 }, 'protocol'],
    ['a dialect that was not offered', { dialect: 0x02ff }, 'protocol'],
    ['a token beyond its end', { token: 9 }, 'protocol'],
    ['contexts beyond its end', { dialect: 0x0311, offset: 4096, contexts: 1 }, 'protocol'],
    ['more contexts than there are', { dialect: 0x0311, offset: 128, contexts: 9 }, 'protocol'],
  ])('%s: %s, at once', async (_, said, code) => {
    expect(verdict(await probe(await serving(answerOf(said))))).toEqual(['down', code, 'protocol', null]);
  });

  test('no room for another session (RFC 1002): overloaded', async () => {
    const port = await serving(Buffer.from([0x83, 0, 0, 1, 0x83]));
    expect(verdict(await probe(port))).toEqual(['down', 'overloaded', 'protocol', null]);
  });

  test('a login is refused by the config', () => {
    expect(() => jobFor(smb, 'smb://me:secret@127.0.0.1')).toThrow('nobody logs in');
  });
});
