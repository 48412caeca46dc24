import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { xmpp } from '../../../../lib/probe/probers/xmpp.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { jobFor, probeTarget } from '../../../contract/probe-target.ts';

const peers: Peer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});

/** A little server from RFC 6120 for what prosody does not say: an answer for each thing that it is told, in turn. */
async function probe(said: readonly string[], userinfo = '') {
  const heard: string[] = [];
  const peer = await listen((socket) => {
    let turn = 0;
    socket.on('data', (data) => {
      heard.push(data.toString());
      socket.write(said[turn] ?? '');
      turn += 1;
    });
  });
  peers.push(peer);
  const result = await probeTarget(xmpp, `xmpp://${userinfo}127.0.0.1:${String(peer.port)}`, {
    timeout_ms: 2000,
    options: userinfo === '' ? {} : { allow_plaintext: true, starttls: 'never' },
  });
  return { result, heard };
}
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];
const HEADER = "<?xml version='1.0'?><stream:stream from='x' id='1' version='1.0'>";
const features = (inside: string) => `${HEADER}<stream:features>${inside}</stream:features>`;
const mechanisms = (...names: readonly string[]) =>
  features(`<mechanisms>${names.map((name) => `<mechanism>${name}</mechanism>`).join('')}</mechanisms>`);
const error = (inside: string) => `${HEADER}<stream:error>${inside}</stream:error></stream:stream>`;

describe('xmpp against a little peer', () => {
  test.each([
    ['no features at all', `${HEADER}<stream:features/>`],
    [
      'other quotes, blanks, a > in a value',
      `  ${HEADER.replaceAll("'", '"')}\n <features><x a='1 > 0'/>a > b</features>`,
    ],
    ['entities', features('<x>&lt;&amp;&unknown;</x>')],
    ['no declaration', features('').replace("<?xml version='1.0'?>", '')],
    ['another prefix', "<s:stream version='1.0'><s:features><a:b xmlns:a='c'/></s:features>"],
  ])('legal: %s', async (_what, answer) => {
    const { result } = await probe([answer]);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test.each([
    ['host-unknown', error('<host-unknown/><text>go away</text>'), 'status', 'protocol'],
    ['resource-constraint', error('<resource-constraint/>'), 'overloaded', 'protocol'],
    ['policy-violation', error('<policy-violation/>'), 'auth', 'protocol'],
    ['system-shutdown', error('<system-shutdown/>'), 'status', 'protocol'],
    ['the stream ends', `${HEADER}</stream:stream>`, 'closed', 'protocol'],
    ['a page', '<html><body></body></html>', 'protocol', 'protocol'],
    ['a document type', '<!DOCTYPE x [<!ENTITY a "b">]>', 'protocol', 'protocol'],
    ['before version 1.0', "<stream:stream from='x'>", 'protocol', 'protocol'],
    ['tags that do not match', `${HEADER}<features><a></b></features>`, 'protocol', 'protocol'],
    ['very deep', `${HEADER}${'<a>'.repeat(100)}`, 'protocol', 'protocol'],
    ['very many', `${HEADER}<features>${'<a/>'.repeat(3000)}`, 'protocol', 'protocol'],
    ['a tag that does not end', `${HEADER}<features a='${'x'.repeat(20_000)}`, 'too_large', 'protocol'],
    ['something before features', `${HEADER}<message/>`, 'protocol', 'protocol'],
  ] as const)('broken: %s', async (_what, answer, code, phase) => {
    const { result } = await probe([answer]);
    expect(verdict(result), result.reason?.text).toEqual(['down', code, phase]);
  });

  test.each([
    ['refused', '<failure/>', 'tls_handshake', 'tls'],
    ['injected', "<proceed/><stream:stream version='1.0'>", 'protocol', 'tls'],
  ])('STARTTLS %s', async (_what, answer, code, phase) => {
    const { result } = await probe([features('<starttls/>'), answer]);
    expect(verdict(result), result.reason?.text).toEqual(['down', code, phase]);
  });

  test.each([
    ['PLAIN', [mechanisms('PLAIN'), '<success/>'], 'up', undefined],
    ['no mechanism', [mechanisms('X-OTHER')], 'down', 'auth'],
    ['refused', [mechanisms('PLAIN'), '<failure><not-authorized/></failure>'], 'down', 'auth'],
    [
      'its store is gone',
      [mechanisms('PLAIN'), '<failure><temporary-auth-failure/></failure>'],
      'down',
      'status',
    ],
    ['SCRAM without a proof', [mechanisms('SCRAM-SHA-1'), '<success/>'], 'down', 'auth'],
    ['SCRAM that is none', [mechanisms('SCRAM-SHA-1'), '<challenge>eA==</challenge>'], 'down', 'protocol'],
  ] as const)('a login: %s', async (_what, said, status, code) => {
    const { result } = await probe(said, 'me:secret@');
    expect([result.status, result.reason?.code], result.reason?.text).toEqual([status, code]);
  });

  test.each([
    ['xmpp://me@h', {}],
    ['xmpp://h', { domain: "x' y" }],
    ['xmpp://me:secret@h', { s2s: true }],
    ['xmpps://h', { starttls: 'auto' }],
  ])('%s %j is a mistake', (target, options) => {
    expect(() => jobFor(xmpp, target, { options })).toThrow(/expected|leave/);
  });
});
