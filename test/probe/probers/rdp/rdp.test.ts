import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { rdp } from '../../../../lib/probe/probers/rdp.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { XRDP_PROGRAMS, type Xrdp, isRoot, startXrdp } from '../../../servers/xrdp.ts';

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const probe = (port: number, entry: Entry = {}) =>
  probeTarget(rdp, `rdp://127.0.0.1:${String(port)}`, { timeout_ms: 3000, ...entry });
const UNVERIFIED: Entry = { service: { tls: { verify: false } } };

describeWith(isRoot ? [...XRDP_PROGRAMS, 'openssl'] : ['xrdp as root'], 'a real xrdp', () => {
  let server: Xrdp;
  beforeAll(async () => {
    server = await startXrdp('negotiate', testCertificates().valid);
  });
  afterAll(async () => server.stop());

  proberContract({
    prober: rdp,
    target: (port) => `rdp://127.0.0.1:${String(port)}`,
    entry: UNVERIFIED,
    healthy: () => Promise.resolve({ port: server.port, close: () => undefined }),
  });
  tlsContract({
    prober: rdp,
    name: 'rdp',
    target: (port) => `rdp://localhost:${String(port)}`,
    start: (certificate) => startXrdp('tls', certificate),
  });

  test('healthy: TLS is chosen', async () => {
    const result = await probe(server.port, UNVERIFIED);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      security: 'tls',
      restricted_admin: false,
      cert_subject: 'CN=puptime test valid',
    });
  });

  test('one that has only the old security: up, and down where TLS is asked for', async () => {
    const old = await startXrdp('rdp', null);
    const result = await probe(old.port);
    const strict = await probe(old.port, { options: { security: 'tls' } });
    await old.stop();
    expect([result.status, result.facts['security'], result.facts['failure']], result.reason?.text).toEqual([
      'up',
      'rdp',
      undefined,
    ]);
    expect(verdict(strict)).toEqual(['down', 'status', 'protocol', null]);
  });

  test('one that wants TLS and has no certificate', async () => {
    const bare = await startXrdp('tls', null);
    const result = await probe(bare.port, UNVERIFIED);
    await bare.stop();
    expect(result.status).toBe('down');
  });

  test('frozen: timeout; stopped: refused', async () => {
    const own = await startXrdp('negotiate', testCertificates().valid);
    own.signal('SIGSTOP');
    expect(verdict(await probe(own.port, { timeout_ms: 300 }))).toEqual([
      'down',
      'timeout',
      'protocol',
      null,
    ]);
    await own.stop();
    expect(verdict(await probe(own.port))).toEqual(['down', 'refused', 'connect', null]);
  });
});

const peers: Peer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});
/** A server that answers this, in hex. */
async function serving(answer: string): Promise<Peer & { readonly heard: string[] }> {
  const heard: string[] = [];
  const peer = await listen((socket) => {
    socket.on('data', (data: Buffer) => {
      heard.push(data.toString('hex'));
      socket.write(Buffer.from(answer.replaceAll(' ', ''), 'hex'));
    });
  });
  peers.push(peer);
  return { ...peer, heard };
}

describe('rdp: a server of ours, written from [MS-RDPBCGR]', () => {
  test.each([
    ['auto', '0b'],
    ['tls', '01'],
    ['nla', '0a'],
  ])('%s offers 0x%s', async (security, bits) => {
    const server = await serving('0300000b06d00000123400');
    await probe(server.port, { options: { security } });
    expect(server.heard).toEqual([`030000130ee000000000000100080 0${bits}000000`.replace(' ', '')]);
  });

  test.each([
    ['01', 'tls_required'],
    ['02', 'tls_not_allowed'],
    ['03', 'no_certificate'],
    ['05', 'nla_required'],
    ['06', 'client_certificate_required'],
    ['2a', '42'],
  ])('the failure 0x%s is %s, and up where it is expected', async (code, failure) => {
    const server = await serving(`03000013 0ed00000123400 03000800${code}000000`);
    const result = await probe(server.port);
    expect(verdict(result)).toEqual(['down', 'status', 'expect', 'failure']);
    expect(result.facts).toMatchObject({ failure });
    expect((await probe(server.port, { expect: { failure } })).status).toBe('up');
  });

  test('an old server, which negotiates nothing: up', async () => {
    const result = await probe((await serving('0300000b 06d00000123400')).port);
    expect([result.status, result.facts['security']]).toEqual(['up', 'rdp']);
  });

  test.each([
    ['NLA', '02', 'nla'],
    ['NLA with early authorization', '08', 'nla'],
  ])('%s is chosen, and then TLS is none: seen, and tls_handshake', async (_, chosen, security) => {
    const result = await probe((await serving(`03000013 0ed00000123400 02080800${chosen}000000`)).port);
    expect([result.status, result.reason?.code]).toEqual(['down', 'tls_handshake']);
    expect(result.facts).toMatchObject({ security, restricted_admin: true });
  });

  test.each([
    ['a disconnect', '0300000b 06800000123400', 'status'],
    ['our own request', '03000013 0ee00000000000 0100080003000000', 'protocol'],
    ['a security that was not offered', '03000013 0ed00000123400 0200080004000000', 'protocol'],
    ['another length inside', '0300000b 05d00000123400', 'protocol'],
    ['a length of nothing', '03000004', 'protocol'],
    ['a length of 64 KB', '0300ffff', 'protocol'],
    ['half a negotiation', '0300000f 0ad00000123400 02000800', 'protocol'],
  ])('%s: %s, at once', async (_, answer, code) => {
    expect(verdict(await probe((await serving(answer)).port))).toEqual(['down', code, 'protocol', null]);
  });

  test('a login is refused by the config', () => {
    expect(() => jobFor(rdp, 'rdp://me:secret@127.0.0.1')).toThrow('nobody logs in');
  });
});
