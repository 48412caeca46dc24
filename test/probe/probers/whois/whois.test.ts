import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { whois } from '../../../../lib/probe/probers/whois.ts';
import { parseDate } from '../../../../lib/probe/probers/whois/fields.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';

const peers: Peer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const DOMAIN = (expires = inDays(100)) =>
  [
    '   Domain Name: EXAMPLE.ORG',
    `   Registry Expiry Date: ${expires}`,
    '   Registrar: Example Registrar, Inc.',
    '>>> Last update of WHOIS database: 2026-01-01T00:00:00Z <<<',
    '% Terms: not found to be used for spam',
    '',
  ].join('\r\n');

/** A server written from RFC 3912, as Debian has none: it answers a line, and hangs up. */
async function serve(answer: string, banner = '') {
  let heard = '';
  const peer = await listen((socket) => {
    if (banner !== '') socket.write(banner);
    socket.on('data', (data) => {
      heard += data.toString();
      if (heard.endsWith('\n')) socket.end(answer);
    });
  });
  return { ...peer, heard: () => heard };
}

async function probe(answer: string, entry: Entry = {}, banner = '', query = 'example.org') {
  const peer = await serve(answer, banner);
  peers.push(peer);
  const result = await probeTarget(whois, `whois://127.0.0.1:${String(peer.port)}/${query}`, {
    timeout_ms: 1000,
    ...entry,
  });
  return { result, heard: peer.heard() };
}
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

proberContract({
  prober: whois,
  target: (port) => `whois://127.0.0.1:${String(port)}/example.org`,
  healthy: () => serve(DOMAIN()),
  // Any text is an answer; this one says nothing about the query.
  codes: { half: ['status'] },
});

describe('whois against a little peer, from RFC 3912', () => {
  test('a domain: its fields, the days that are left; what is sent', async () => {
    const { result, heard } = await probe(DOMAIN(), { keep: ['text'] });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      found: true,
      fields: { 'domain name': 'EXAMPLE.ORG', registrar: 'Example Registrar, Inc.' },
    });
    expect(Math.round(result.facts['expires_days'] as number)).toBe(100);
    expect(result.facts['text']).toContain('Registrar: Example');
    expect(heard).toBe('example.org\r\n');
  });

  test('it ends soon: degraded', async () => {
    const { result } = await probe(DOMAIN(inDays(5)));
    expect(verdict(result)).toEqual(['degraded', 'expiring', 'expect', 'expires_days']);
  });

  test('an address, with a banner before the query, and a query with blanks', async () => {
    const { result, heard } = await probe(
      '\n% Information related to 192.0.2.0\n\ninetnum:        192.0.2.0 - 192.0.2.255\nnetname:        TEST-NET\n\n',
      {},
      '% This is a database.\n',
      '-B%20192.0.2.1',
    );
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ found: true, expires_days: null });
    expect(heard).toBe('-B 192.0.2.1\r\n');
  });

  test.each([
    'No match for "EXAMPLE.ORG".\r\n>>> Last update: 2026 <<<\r\n',
    'NOT FOUND\n',
    'Domain not found.\n',
    '%ERROR:101: no entries found\n%\n% No entries found in source TEST.\n',
    'Domain: example.org\nStatus: free\n',
    'The queried object does not exist: example.org\n',
    'No Data Found\n',
    'example.org is available for registration\n',
    'Hello.\n',
  ])('not there: %j', async (answer) => {
    expect(verdict((await probe(answer)).result)).toEqual(['down', 'status', 'expect', 'found']);
    expect((await probe(answer, { expect: { found: false } })).result.status).toBe('up');
  });

  test.each([
    '%ERROR:201: access denied for 192.0.2.7\n',
    'WHOIS LIMIT EXCEEDED - SEE WWW.EXAMPLE.ORG\n',
    'Your query quota exceeded.\n',
    'Too many requests; please try again later: 192.0.2.7\n',
  ])('too much was asked: %j', async (answer) => {
    expect(verdict((await probe(answer)).result)).toEqual(['down', 'overloaded', 'protocol', null]);
  });

  test.each([
    ['2027-01-31T04:00:00Z', '2027-01-31T04:00:00.000Z'],
    ['2027-01-31 04:00:00+02:00', '2027-01-31T02:00:00.000Z'],
    ['2027-01-31 04:00:00', '2027-01-31T04:00:00.000Z'],
    ['2027-01-31', '2027-01-31T00:00:00.000Z'],
    ['2027.01.31', '2027-01-31T00:00:00.000Z'],
    ['20270131', '2027-01-31T00:00:00.000Z'],
    ['31-Jan-2027', '2027-01-31T00:00:00.000Z'],
    ['31.1.2027 04:00', '2027-01-31T00:00:00.000Z'],
  ])('the date %s', (text, iso) => {
    expect(new Date(parseDate(text) ?? 0).toISOString()).toBe(iso);
  });

  test.each(['', 'soon', 'Jan 2027', '2027', '99-Foo-2027', '9999999999'])('no date: %j', (text) => {
    expect(parseDate(text)).toBeNull();
  });

  test.each(['whois://h', 'whois://h/', 'whois://h/a%0Ab'])('%s is a mistake', (target) => {
    expect(() => jobFor(whois, target)).toThrow(/expected/);
  });
});
