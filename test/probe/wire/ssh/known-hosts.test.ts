import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  knownHostName,
  knownKinds,
  lookUp,
  parseKnownHosts,
} from '../../../../lib/probe/wire/ssh/known-hosts.ts';
import { processorTime } from '../../../contract/processor-time.ts';

const KEY = Buffer.from('a key');
const blob = KEY.toString('base64');
const salt = Buffer.from('some salt');
const hashed = `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update('host').digest('base64')}`;

/** known_hosts · name · what it says of the key */
const LOOKED_UP = [
  [`host ssh-ed25519 ${blob}`, 'host', 'match'],
  [`host ssh-ed25519 ${blob} a comment of some words`, 'host', 'match'],
  [`  HOST\tssh-ed25519\t${blob}`, 'host', 'match'],
  [`host ssh-ed25519 ${blob.replace(/=+$/, '')}`, 'host', 'match'],
  [`a,host,b ssh-ed25519 ${blob}`, 'host', 'match'],
  [`*.example.org ssh-ed25519 ${blob}`, 'a.example.org', 'match'],
  [`*.example.org ssh-ed25519 ${blob}`, 'example.org', 'absent'],
  [`h?st ssh-ed25519 ${blob}`, 'host', 'match'],
  [`*,!host ssh-ed25519 ${blob}`, 'host', 'absent'],
  [`[host]:2222 ssh-ed25519 ${blob}`, '[host]:2222', 'match'],
  [`host ssh-ed25519 ${blob}`, '[host]:2222', 'absent'],
  [`${hashed} ssh-ed25519 ${blob}`, 'host', 'match'],
  [`${hashed} ssh-ed25519 ${blob}`, 'other', 'absent'],
  [`host ssh-ed25519 AAAA`, 'host', 'changed'],
  [`host ssh-rsa ${blob}`, 'host', 'changed'],
  [`host ssh-ed25519 AAAA\nhost ssh-ed25519 ${blob}`, 'host', 'match'],
  [`@revoked host ssh-ed25519 ${blob}\nhost ssh-ed25519 ${blob}`, 'host', 'revoked'],
  [`@revoked host ssh-ed25519 AAAA`, 'host', 'absent'],
  [`@cert-authority host ssh-ed25519 ${blob}`, 'host', 'absent'],
  [`# host ssh-ed25519 ${blob}`, 'host', 'absent'],
  [`#host ssh-ed25519 ${blob}\r\nhost ssh-ed25519 ${blob}\r\n`, 'host', 'match'],
  ['', 'host', 'absent'],
  ['placeholder', 'host', 'absent'],
] as const;

describe('known_hosts', () => {
  test.each(LOOKED_UP)('%j has for %s: %s', (text, name, expected) => {
    expect(lookUp(parseKnownHosts(text), name, 'ssh-ed25519', KEY)).toBe(expected);
  });

  test('the name has its port when that is not 22', () => {
    expect([knownHostName('host', 22), knownHostName('::1', 2222)]).toEqual(['host', '[::1]:2222']);
  });

  test('the kinds that are known of a host', () => {
    const known = parseKnownHosts(
      'h ssh-rsa AAAA\nh ecdsa-sha2-nistp256 AAAA\nh ssh-dss AAAA\nx ssh-ed25519 AAAA',
    );
    expect(knownKinds(known, 'h')).toEqual(['rsa', 'ecdsa']);
  });

  test('a pattern of many stars takes no time', () => {
    const spent_ms = processorTime(() => {
      const known = parseKnownHosts(`${'*a'.repeat(2000)} ssh-ed25519 ${blob}`);
      lookUp(known, 'a'.repeat(255), 'ssh-ed25519', KEY);
    });
    expect(spent_ms).toBeLessThan(200);
  });
});
