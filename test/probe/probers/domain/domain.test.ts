import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../lib/words/json.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { domain } from '../../../../lib/probe/probers/domain.ts';
import type { Prober } from '../../../../lib/probe/prober.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { temporaryDirectory } from '../../../servers/daemon.ts';
import { type HttpPeer, type Routes, type Said, startHttpPeer } from '../../../servers/http-peer.ts';

// An RDAP server of ours, written from RFC 9082 and 9083: there is none in Debian.
const NOW = Date.parse('2026-11-25T00:00:00Z');
const DAY_MS = 86_400_000;

const EXAMPLE = {
  objectClassName: 'domain',
  ldhName: 'EXAMPLE.ORG',
  status: ['Active', 'client transfer prohibited'],
  events: [
    { eventAction: 'registration', eventDate: '1995-08-31T04:00:00Z' },
    { eventAction: 'expiration', eventDate: '2027-08-30T04:00:00Z' },
  ],
  entities: [
    { roles: ['abuse'], vcardArray: ['vcard', [['fn', {}, 'text', 'Somebody']]] },
    {
      roles: ['registrar'],
      handle: '292',
      vcardArray: [
        'vcard',
        [
          ['version', {}, 'text', '4.0'],
          ['fn', {}, 'text', 'Registrar, Inc.'],
        ],
      ],
    },
  ],
  nameservers: [{ ldhName: 'NS2.EXAMPLE.ORG' }, { ldhName: 'ns1.example.org' }],
  secureDNS: { delegationSigned: true },
};

const closers: (() => unknown)[] = [];
beforeEach(() => {
  const mine = temporaryDirectory('domain-cache');
  closers.push(() => mine.remove());
  process.env['XDG_CACHE_HOME'] = mine.path;
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

async function serve(routes: Routes): Promise<HttpPeer> {
  const peer = await startHttpPeer(routes);
  closers.push(() => peer.close());
  return peer;
}
const telling = (more: object = {}) => serve({ '/domain/example.org': { body: { ...EXAMPLE, ...more } } });
const probe = (port: number, now = NOW, entry: Entry = {}, name = 'example.org') =>
  probeTarget(
    domain,
    `domain://${name}`,
    { options: { server: `http://127.0.0.1:${String(port)}` }, ...entry },
    { now: () => now },
  );

/** The server, which is an option, as a target: so the contract can say where it is. */
const byServer: Prober<object, typeof domain.facts> = {
  ...domain,
  prepare: ({ target, ...input }) => {
    if (target === null) throw new Error('the contract gives a target');
    const server = `${target.scheme}://${target.host}:${String(target.port)}`;
    const named = { ...target, host: 'example.org', port: null };
    return domain.prepare({ ...input, target: named, options: { server } });
  },
};
const lasting = { ...EXAMPLE, events: [{ eventAction: 'expiration', eventDate: '2126-01-01T00:00:00Z' }] };

proberContract({
  prober: byServer,
  target: (port) => `http://127.0.0.1:${String(port)}`,
  tlsTarget: (port) => `https://127.0.0.1:${String(port)}`,
  healthy: () => startHttpPeer({ '/domain/example.org': { body: lasting } }),
  codes: { http: ['status'] },
});

tlsContract({
  prober: byServer,
  name: 'domain, of an RDAP server over https',
  target: (port) => `https://localhost:${String(port)}`,
  entry: { prefer: { cert_days: '>= 14' } },
  start: (certificate) => startHttpPeer({ '/domain/example.org': { body: lasting } }, { certificate }),
});

describe('a faithful RDAP server', () => {
  test('a registration: up, with its facts', async () => {
    const result = await probe((await telling()).port);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(Math.floor(result.facts['expires_days'] as number)).toBe(278);
    expect(result.facts).toMatchObject({
      expires: '2027-08-30T04:00:00Z',
      registrar: 'Registrar, Inc.',
      status: ['active', 'client transfer prohibited'],
      delegated: true,
      nameservers: ['ns1.example.org', 'ns2.example.org'],
      signed: true,
      asked_s: 0,
    });
  });

  test.each([
    ['2026-12-20T00:00:00Z', ['degraded', 'expiring', 'expect', 'expires_days']],
    ['2026-11-24T00:00:00Z', ['down', 'expiring', 'expect', 'expires_days']],
    ['2027-01-01T12:00:00+02:00', ['up', undefined, undefined, undefined]],
  ])('one that ends %s', async (eventDate, seen) => {
    const peer = await telling({ events: [{ eventAction: 'expiration', eventDate }] });
    expect(verdict(await probe(peer.port))).toEqual(seen);
  });

  test('one whose end the registry does not tell is degraded, unless a config says that it knows', async () => {
    const peer = await telling({ events: [], entities: [], secureDNS: {} });
    const result = await probe(peer.port);
    expect(verdict(result)).toEqual(['degraded', 'expiring', 'expect', 'expires_days']);
    expect(result.facts['registrar'] ?? null).toBeNull();
    expect((await probe(peer.port, NOW, withPrefer({ expires_days: { exists: false } }, peer))).status).toBe(
      'up',
    );
  });

  test.each([['client hold'], ['Server Hold'], ['redemption period'], ['pending delete'], ['inactive']])(
    'one with the status %s is down',
    async (status) => {
      const result = await probe((await telling({ status: [status] })).port);
      expect(verdict(result)).toEqual(['down', 'status', 'expect', 'delegated']);
      expect(result.facts).toMatchObject({ status: [status.toLowerCase()] });
    },
  );

  test('a packed answer is read', async () => {
    const headers = { 'Content-Encoding': 'gzip', 'Content-Type': 'application/rdap+json' };
    const peer = await serve({
      '/domain/example.org': { headers, body: gzipSync(JSON.stringify(EXAMPLE)) },
    });
    expect((await probe(peer.port)).reasons).toEqual([]);
  });

  test('it sends us on to the registry, whose path is kept', async () => {
    const registry = await serve({ '/rdap/domain/example.org': { body: EXAMPLE } });
    const location = `http://127.0.0.1:${String(registry.port)}/rdap/domain/example.org`;
    const first = await serve({ '/domain/example.org': { status: 302, headers: { Location: location } } });
    expect((await probe(first.port)).reasons).toEqual([]);
    const base = { options: { server: `http://127.0.0.1:${String(registry.port)}/rdap/` } };
    expect((await probe(0, NOW, base)).reasons).toEqual([]);
  });

  test.each([
    ['in circles', '/domain/example.org'],
    ['nowhere', 'mailto:registry@example.org'],
    ['to no URL', 'http://['],
  ])('it sends us %s: redirect', async (_, Location) => {
    const peer = await serve({ '/domain/example.org': { status: 301, headers: { Location } } });
    expect(verdict(await probe(peer.port))).toEqual(['down', 'redirect', 'protocol', null]);
  });

  test('it sends us out of TLS: redirect', async () => {
    const Location = 'http://127.0.0.1:9/';
    const peer = await startHttpPeer(
      { '/domain/example.org': { status: 302, headers: { Location } } },
      { certificate: testCertificates().valid },
    );
    closers.push(() => peer.close());
    const service = { tls: { ca: testCertificates().ca }, ip: '4' } as const;
    const options = { server: `https://localhost:${String(peer.port)}` };
    const result = await probe(0, NOW, { options, service });
    expect(verdict(result)).toEqual(['down', 'redirect', 'protocol', null]);
  });

  test.each<[string, Said, string]>([
    ['no JSON', { body: 'hello' }, 'protocol'],
    ['a list', { body: [] }, 'protocol'],
    ['another object', { body: { objectClassName: 'ip network' } }, 'protocol'],
    ['another name', { body: { ...EXAMPLE, ldhName: 'example.com' } }, 'protocol'],
    ['404', { status: 404 }, 'status'],
    ['429', { status: 429 }, 'overloaded'],
    ['400', { status: 400 }, 'status'],
    ['503', { status: 503 }, 'status'],
  ])('an answer that is %s is down', async (_, said, code) => {
    const peer = await serve({ '/domain/example.org': said });
    expect(verdict(await probe(peer.port))).toEqual(['down', code, 'protocol', null]);
  });

  test.each([
    ['events of nonsense', { events: [7, null, { eventAction: 'expiration', eventDate: 'soon' }] }],
    ['entities of nonsense', { entities: [7, { roles: ['registrar'], vcardArray: [1, 2] }] }],
    ['status of nonsense', { status: { a: 1 } }],
  ])('%s leave the rest', async (_, more) => {
    const result = await probe((await telling(more)).port);
    expect(result.status).not.toBe('down');
    expect(result.facts).toMatchObject({ nameservers: ['ns1.example.org', 'ns2.example.org'] });
  });
});

describe('it is asked politely', () => {
  test('once a day; the days go on', async () => {
    const peer = await telling();
    await probe(peer.port);
    const later = await probe(peer.port, NOW + 23 * 3_600_000);
    expect(later.reasons).toEqual([]);
    expect(Math.floor(later.facts['expires_days'] as number)).toBe(277);
    expect(later.facts['asked_s']).toBe(23 * 3600);
    expect(peer.asked).toHaveLength(1);
    expect((await probe(peer.port, NOW + DAY_MS)).facts['asked_s']).toBe(0);
    expect(peer.asked).toHaveLength(2);
  });

  test('another name is another question', async () => {
    const peer = await telling();
    await probe(peer.port);
    await probe(peer.port, NOW, {}, 'example.net').then((result) => expect(result.status).toBe('down'));
    expect(peer.asked).toHaveLength(2);
  });

  test.each<[number, { readonly [name: string]: string }, number]>([
    [404, {}, 60],
    [503, {}, 10],
    [429, {}, 60],
    [429, { 'Retry-After': '7200' }, 120],
    [429, { 'Retry-After': '99999999' }, 24 * 60],
  ])('after %i with %j not for a while', async (status, headers, minutes) => {
    const peer = await serve({ '/domain/example.org': { status, headers } });
    const first = await probe(peer.port);
    const again = await probe(peer.port, NOW + minutes * 60_000 - 1);
    expect(verdict(again)).toEqual(verdict(first));
    expect(again.reason?.text).toBe(first.reason?.text);
    expect(peer.asked).toHaveLength(1);
    await probe(peer.port, NOW + minutes * 60_000);
    expect(peer.asked).toHaveLength(2);
  });

  test('what it said holds while it cannot be asked: three days up, then degraded, after 30 days down', async () => {
    const peer = await telling();
    await probe(peer.port);
    peer.close();
    const soon = await probe(peer.port, NOW + 2 * DAY_MS);
    expect(soon.reasons).toEqual([]);
    expect(soon.facts['asked_s']).toBe(2 * 86_400);
    expect(verdict(await probe(peer.port, NOW + 4 * DAY_MS))).toEqual([
      'degraded',
      'status',
      'expect',
      'asked_s',
    ]);
    expect(verdict(await probe(peer.port, NOW + 30 * DAY_MS))).toEqual(['down', 'refused', 'connect', null]);
  });

  test('what it said holds after 429 and 503, but a 404 says that it is gone', async () => {
    let said: Said = { body: EXAMPLE };
    const peer = await serve({ '/domain/example.org': () => said });
    await probe(peer.port);
    for (const [index, status] of [429, 503].entries()) {
      said = { status };
      expect((await probe(peer.port, NOW + DAY_MS + index * 3_600_000)).reasons).toEqual([]);
    }
    said = { status: 404 };
    expect(verdict(await probe(peer.port, NOW + 2 * DAY_MS))).toEqual(['down', 'status', 'protocol', null]);
    expect(peer.asked).toHaveLength(4);
  });

  test('its file is private; one that others may write, that is spoilt, or of a later clock counts for nothing', async () => {
    const peer = await telling();
    const again = async (now = NOW) => {
      await probe(peer.port, now);
      return peer.asked.length;
    };
    await again();
    const directory = path.join(process.env['XDG_CACHE_HOME'] ?? '', 'puptime');
    const [name = ''] = readdirSync(directory);
    const file = path.join(directory, name);
    expect([statSync(directory).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
    chmodSync(file, 0o622);
    expect(await again()).toBe(2);
    writeFileSync(file, 'nonsense');
    expect(await again()).toBe(3);
    expect(await again()).toBe(3);
    expect(await again(NOW - 2 * DAY_MS)).toBe(4);
    expect(readdirSync(directory)).toHaveLength(1);
  });

  test('where nothing can be kept, it is asked each time', async () => {
    process.env['XDG_CACHE_HOME'] = '/proc/nowhere';
    const peer = await telling();
    for (let turn = 0; turn < 2; turn += 1) expect((await probe(peer.port)).reasons).toEqual([]);
    expect(peer.asked).toHaveLength(2);
  });
});

describe('what a config may say', () => {
  test.each<[string, JsonObject, string]>([
    ['domain://example', {}, 'names no domain'],
    ['domain://192.0.2.7', {}, 'names no domain'],
    ['domain://[::1]', {}, 'names no domain'],
    ['domain://example.org:443', {}, 'a port'],
    ['domain://me@example.org', {}, 'a login'],
    ['domain://example.org', { server: 'https://[' }, 'the base URL'],
    ['domain://example.org', { server: 'https://rdap.org/?a' }, 'the base URL'],
  ])('%s with %j is refused', (target, options, words) => {
    expect(() => jobFor(domain, target, { options })).toThrow(words);
  });

  test('references are taken', () => {
    expect(() =>
      jobFor(domain, 'domain://placeholder', { options: { server: 'placeholder' } }),
    ).not.toThrow();
  });
});

function withPrefer(prefer: JsonObject, { port }: HttpPeer): Entry {
  return { prefer, options: { server: `http://127.0.0.1:${String(port)}` } };
}
