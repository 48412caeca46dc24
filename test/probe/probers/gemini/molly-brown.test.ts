import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { gemini } from '../../../../lib/probe/probers/gemini.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { MOLLY_BROWN_PROGRAMS, type MollyBrown, startMollyBrown } from '../../../servers/molly-brown.ts';
import { serveTls } from './tls-peer.ts';

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const trusting = (entry: Entry = {}): Entry => ({
  service: { tls: { ca: testCertificates().ca }, ip: '4' },
  ...entry,
});
const probe = (port: number, path = '/', entry: Entry = {}) =>
  probeTarget(gemini, `gemini://localhost:${String(port)}${path}`, trusting(entry));

describeWith([...MOLLY_BROWN_PROGRAMS, 'openssl'], 'a real molly-brown', () => {
  let server: MollyBrown;
  beforeAll(async () => {
    server = await startMollyBrown(testCertificates().valid);
  });
  afterAll(async () => server.stop());

  tlsContract({
    prober: gemini,
    name: 'gemini',
    target: (port) => `gemini://localhost:${String(port)}/`,
    // The first one loads what TLS needs.
    entry: { timeout_ms: 5000 },
    start: (certificate) => startMollyBrown(certificate),
  });

  test('healthy: status, type, document, title', async () => {
    const result = await probe(server.port, '/', { keep: ['body'] });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      status: 20,
      meta: 'text/gemini',
      title: 'Hello there',
      size: 27,
      body: '# Hello there\n\nA document.\n',
    });
  });

  test('what is not there, a redirect, a place for members', async () => {
    expect(verdict(await probe(server.port, '/gone.gmi'))).toEqual(['down', 'status', 'expect', 'status']);
    const moved = await probe(server.port, '/moved');
    expect(verdict(moved)).toEqual(['down', 'status', 'expect', 'status']);
    expect(moved.facts['status']).toBe(30);
    expect((await probe(server.port, '/moved', { expect: { status: 30 } })).status).toBe('up');
    const club = await probe(server.port, '/club/');
    expect(verdict(club)).toEqual(['down', 'auth', 'expect', 'status']);
  });

  test('frozen: timeout; stopped: refused', async () => {
    const own = await startMollyBrown(testCertificates().valid);
    own.signal('SIGSTOP');
    expect(verdict(await probe(own.port, '/', { timeout_ms: 300 }))).toEqual([
      'down',
      'timeout',
      'tls',
      null,
    ]);
    await own.stop();
    expect(verdict(await probe(own.port))).toEqual(['down', 'refused', 'connect', null]);
  });
});

proberContract({
  prober: gemini,
  target: (port) => `gemini://127.0.0.1:${String(port)}/`,
  tlsTarget: (port) => `gemini://127.0.0.1:${String(port)}/`,
  entry: { service: { tls: { ca: testCertificates().ca } } },
  healthy: () => serveTls('20 text/gemini\r\n# Hello\r\n'),
  half: 700,
  codes: {
    dripping: ['tls_handshake', 'timeout'],
    flooding: ['tls_handshake'],
    garbage: ['tls_handshake'],
    smtp: ['tls_handshake'],
    ssh: ['tls_handshake'],
    http: ['tls_handshake'],
  },
});

describe('gemini against a little peer, from the specification of the protocol', () => {
  const answered = async (answer: string, entry: Entry = {}) => {
    const peer = await serveTls(answer);
    try {
      return await probeTarget(gemini, `gemini://127.0.0.1:${String(peer.port)}/a?b%20c`, {
        ...trusting(entry),
        timeout_ms: 2000,
      });
    } finally {
      peer.close();
    }
  };

  test('the request is the whole URL', async () => {
    const peer = await serveTls('20 text/plain\r\nhi');
    await probeTarget(gemini, `gemini://127.0.0.1:${String(peer.port)}/a?b%20c`, trusting());
    expect(peer.heard()).toBe(`gemini://127.0.0.1:${String(peer.port)}/a?b%20c\r\n`);
    peer.close();
  });

  test.each([
    ['an empty document', '20 text/gemini\r\n'],
    ['no type', '20 \r\n# T\n'],
    ['a type with parameters', '20 text/gemini; lang=en; charset=utf-8\r\nx'],
    ['another success', '25 image/png\r\n\u0000\u0001'],
    ['a line end without a carriage return', '20 text/plain\nhello'],
  ])('legal: %s', async (_what, answer) => {
    const result = await answered(answer);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test.each([
    ['44 60\r\n', 'overloaded'],
    ['41 full\r\n', 'overloaded'],
    ['51 gone\r\n', 'status'],
    ['10 name?\r\n', 'status'],
    ['61 no\r\n', 'auth'],
    ['HTTP/1.1 400 Bad Request\r\n\r\n', 'protocol'],
    ['99 odd\r\n', 'protocol'],
    ['200 odd\r\n', 'protocol'],
    ['220 mail ESMTP\r\n', 'protocol'],
    [`20 ${'x'.repeat(2000)}\r\n`, 'too_large'],
    ['2', 'closed'],
    ['20 text/gemini', 'closed'],
  ])('%j is %s', async (answer, code) => {
    expect((await answered(answer)).reason?.code).toBe(code);
  });

  test.each(['gemini://u@h/', `gemini://h/${'x'.repeat(1100)}`])('%s is a mistake', (target) => {
    expect(() => jobFor(gemini, target)).toThrow(/expected|longer/);
  });
});
