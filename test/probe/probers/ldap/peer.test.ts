import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { ldap } from '../../../../lib/probe/probers/ldap.ts';
import { BER, ber, berInteger, berText } from '../../../../lib/probe/wire/ber.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { jobFor, probeTarget } from '../../../contract/probe-target.ts';

const peers: Peer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});

/** A peer that says this to each message in turn. */
async function answering(...answers: readonly Buffer[]): Promise<{ readonly port: number; heard(): Buffer }> {
  let heard = Buffer.alloc(0);
  const peer = await listen((socket) => {
    let turn = 0;
    socket.on('data', (data: Buffer) => {
      heard = Buffer.concat([heard, data]);
      const answer = answers[turn++];
      if (answer) socket.write(answer);
    });
  });
  peers.push(peer);
  return { port: peer.port, heard: () => heard };
}

const message = (id: number, operation: Buffer) => ber(BER.sequence, berInteger(id), operation);
const result = (tag: number, code: number, words = '', ...more: readonly Buffer[]) =>
  ber(tag, berInteger(code, BER.enumerated), berText(''), berText(words), ...more);
const attribute = (name: string, ...values: readonly string[]) =>
  ber(BER.sequence, berText(name), ber(BER.set, ...values.map((value) => berText(value))));
const entry = (dn: string, ...attributes: readonly Buffer[]) =>
  ber(0x64, berText(dn), ber(BER.sequence, ...attributes));
const probe = (port: number, rest = '', options = {}) =>
  probeTarget(ldap, `ldap://127.0.0.1:${String(port)}${rest}`, { options, timeout_ms: 3000 });
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

describe('ldap: a peer of ours, written from RFC 4511', () => {
  test('a notice of disconnection gives the server’s reason', async () => {
    const notice = result(0x78, 52, 'shutting down', berText('1.3.6.1.4.1.1466.20036', 0x8a));
    const { port } = await answering(message(0, notice));
    const { reason, ...rest } = await probe(port);
    expect(verdict({ reason, ...rest })).toEqual(['down', 'status', 'protocol', null]);
    expect(reason?.text).toContain('hangs up: unavailable (52): shutting down');
  });

  test('a domain controller that has not replicated yet is replication', async () => {
    const own = entry(
      '',
      attribute('isSynchronized', 'FALSE'),
      attribute('rootDomainNamingContext', 'DC=example,DC=org'),
    );
    const { port } = await answering(Buffer.concat([message(3, own), message(3, result(0x65, 0))]));
    const seen = await probe(port);
    expect(verdict(seen)).toEqual(['down', 'replication', 'expect', 'synchronized']);
    expect(seen.facts).toMatchObject({ vendor: 'Active Directory', synchronized: false });
  });

  test('an answer in long forms of length, with controls, and intermediate responses before it, is up', async () => {
    const long = (content: Buffer) =>
      Buffer.concat([Buffer.from([0x30, 0x84, 0, 0, 0, content.length]), content]);
    const controls = ber(0xa0, ber(BER.sequence, berText('1.2.3')));
    const done = long(Buffer.concat([berInteger(3), result(0x65, 0), controls]));
    const own = entry('', attribute('vendorName', 'Example'), attribute('vendorVersion', '7'));
    const { port } = await answering(
      Buffer.concat([message(3, ber(0x79, berText('1.2', 0x80))), message(3, own), done]),
    );
    const seen = await probe(port);
    expect(seen.status, JSON.stringify(seen.reasons)).toBe('up');
    expect(seen.facts['vendor']).toBe('Example 7');
  });

  test.each([
    ['an answer to another request', message(9, result(0x65, 0))],
    ['a bind response to a search', message(3, result(0x61, 0))],
    ['an indefinite length', Buffer.from('3080020103', 'hex')],
    ['a result without its parts', message(3, ber(0x65, berInteger(0, BER.enumerated)))],
    ['another operation', message(3, ber(0x99, berText('')))],
    ['TLS', Buffer.from('15030100020228', 'hex')],
  ])('%s is protocol, at once', async (_, bytes) => {
    const { port } = await answering(bytes);
    expect(verdict(await probe(port))).toEqual(['down', 'protocol', 'protocol', null]);
  });

  test('more entries than were asked for are not read', async () => {
    const flood = Array.from({ length: 50 }, () => message(4, entry('cn=a')));
    const { port } = await answering(message(3, result(0x65, 0)), Buffer.concat(flood));
    const seen = await probe(port, '/dc=example', { scope: 'sub', limit: 10 });
    expect(verdict(seen)).toEqual(['down', 'too_large', 'protocol', null]);
  });

  test('an answer of 200 MB is not waited for', async () => {
    const { port } = await answering(Buffer.from('30840bebc200', 'hex'));
    expect(verdict(await probe(port))).toEqual(['down', 'too_large', 'protocol', null]);
  });

  test('bytes in the clear behind the answer to StartTLS are refused', async () => {
    const injected = Buffer.concat([message(1, result(0x78, 0)), message(3, result(0x65, 0))]);
    const { port, heard } = await answering(injected);
    const login = `cn=probe:secret`;
    const seen = await probeTarget(ldap, `ldap://${login}@127.0.0.1:${String(port)}`, { timeout_ms: 3000 });
    expect(verdict(seen)).toEqual(['down', 'protocol', 'tls', null]);
    expect(heard().toString('latin1')).not.toContain('secret');
  });

  test('no transcript shows the password', async () => {
    const { port, heard } = await answering(message(2, result(0x61, 49)));
    const shown: string[] = [];
    const target = `ldap://cn=probe:secret@127.0.0.1:${String(port)}`;
    const seen = await probeTarget(
      ldap,
      target,
      { options: { allow_plaintext: true } },
      {
        trace(traced) {
          if ('bytes' in traced) shown.push(Buffer.from(traced.bytes).toString());
        },
      },
    );
    expect(verdict(seen)).toEqual(['down', 'auth', 'auth', null]);
    expect(heard().toString('latin1')).toContain('secret');
    expect(shown.join('')).not.toContain('secret');
  });
});

describe('ldap: mistakes in the config', () => {
  test.each([
    ['ldap://cn=probe@h/', {}, 'a login needs both'],
    ['ldap://h/people', {}, 'expected a base such as'],
    ['ldap://h/?sub', {}, 'behind a "?"'],
    ['ldap://h/', { filter: '(uid=a)' }, 'there is no base'],
    ['ldap://h/dc=a', { filter: '(uid=a' }, 'no bracket ")"'],
    ['ldap://h/dc=a', { filter: '(uid=a))' }, 'behind its end'],
    ['ldap://h/dc=a', { filter: '(uid)' }, 'expected a comparison'],
    ['ldap://h/dc=a', { filter: '(&(uid=a)x)' }, 'expected a bracket ")"'],
    ['ldap://h/dc=a', { filter: '(u d=a)' }, 'the name of an attribute'],
    ['ldap://h/dc=a', { filter: '(uid=\\zz)' }, 'two hex digits'],
    ['ldap://h/dc=a', { filter: `${'(!'.repeat(30)}(a=b)${')'.repeat(30)}` }, 'in each other'],
    ['ldap://cn=p:secret@h/', { starttls: 'never' }, 'in the clear'],
    ['ldaps://h/', { starttls: 'require' }, 'from the first byte'],
  ])('%s %j', (target, options, text) => {
    expect(() => jobFor(ldap, target, { options })).toThrow(text);
  });

  test('references are no mistakes', () => {
    const options = { filter: 'placeholder', attributes: ['placeholder'] };
    expect(() => jobFor(ldap, 'ldaps://placeholder:placeholder@h/placeholder', { options })).not.toThrow();
  });
});
