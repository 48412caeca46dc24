import { describe, expect, test } from 'vitest';
import { InvalidOptions, type Target } from '../../../../lib/probe/prober.ts';
import { dns } from '../../../../lib/probe/probers/dns.ts';
import { type DnsOptions, parseServers } from '../../../../lib/probe/probers/dns/dns-options.ts';
import { questionOf } from '../../../../lib/probe/probers/dns/question.ts';

function target(path: string, query: Target['query'] = {}): Target {
  return { scheme: 'dns', username: null, password: null, host: 'ns1', port: null, path, query, raw: path };
}

describe('the question in a target', () => {
  test.each([
    ['/example.org', {}, 'example.org', 1, 1],
    ['/Example.Org.', {}, 'Example.Org', 1, 1],
    ['/example.org', { type: 'mx' }, 'example.org', 15, 1],
    ['/example.org', { type: 'HTTPS' }, 'example.org', 65, 1],
    ['/example.org', { type: 'TYPE65280' }, 'example.org', 65280, 1],
    ['/example.org', { type: 'ANY' }, 'example.org', 255, 1],
    ['/version.bind', { type: 'TXT', class: 'CH' }, 'version.bind', 16, 3],
    ['/_sip._tcp.example.org', { type: 'SRV' }, '_sip._tcp.example.org', 33, 1],
    ['/0/25.2.0.192.in-addr.arpa', { type: 'PTR' }, '0/25.2.0.192.in-addr.arpa', 12, 1],
    ['/192.0.2.1', { type: 'PTR' }, '1.2.0.192.in-addr.arpa', 12, 1],
    [
      '/2001:db8::1',
      { type: 'PTR' },
      '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
      12,
      1,
    ],
    ['/bücher.example', {}, 'xn--bcher-kva.example', 1, 1],
    ['/', { type: 'NS' }, '.', 2, 1],
    ['', { type: 'NS' }, '.', 2, 1],
  ])('%s %j', (path, query, name, type, klass) => {
    expect(questionOf(target(path, query))).toEqual({ name, type, class: klass });
  });

  test.each([
    ['/', {}, 'it names nothing to ask for'],
    ['', {}, 'it names nothing to ask for'],
    ['/example.org', { typ: 'MX' }, 'did you mean type'],
    ['/example.org', { type: 'MXX' }, 'did you mean MX'],
    ['/example.org', { type: 'AXFR' }, 'no type of record that can be asked for'],
    ['/example.org', { type: 'TYPE0' }, 'no type of record that can be asked for'],
    ['/example.org', { class: 'XX' }, 'expected one of IN, CH, HS, ANY'],
    ['/a..b', {}, 'no name that DNS can hold'],
    [`/${'a'.repeat(64)}.org`, {}, 'no name that DNS can hold'],
    [`/${'a.'.repeat(130)}org`, {}, 'no name that DNS can hold'],
    ['/a b', {}, 'no name that DNS can hold'],
  ])('%s %j is a mistake of the user', (path, query, text) => {
    expect(() => questionOf(target(path, query))).toThrow(InvalidOptions);
    expect(() => questionOf(target(path, query))).toThrow(text);
  });

  test('needs a server', () => {
    const without = { ...target('/example.org'), host: '' };
    const prepared = { target: without, options: {}, timeout_ms: 1000, wanted: new Set<string>() };
    expect(() => dns.prepare(prepared)).toThrow('it names no server');
  });
});

describe('an option that would have no effect', () => {
  const prepare =
    (scheme: string, options: DnsOptions, query: Target['query'] = {}) =>
    () =>
      dns.prepare({
        target: { ...target('/example.org', query), scheme },
        options,
        timeout_ms: 1000,
        wanted: new Set(),
      });

  test.each([
    ['dns+tcp', { tries: 2 }, {}, 'dns://'],
    ['dns', { path: '/dns-query' }, {}, 'dns+https://'],
    ['dns+tls', { method: 'GET' }, {}, 'dns+https://'],
    ['dns', { max_skew: 1, servers: ['ns2'] }, {}, 'type=SOA'],
    ['dns', { max_skew: 1 }, { type: 'SOA' }, '`servers`'],
  ] as const)('%s %j %j is a mistake of the user', (scheme, options, query, needs) => {
    expect(prepare(scheme, options, query)).toThrow(InvalidOptions);
    expect(prepare(scheme, options, query)).toThrow(needs);
  });

  test('is fine where it has one', () => {
    expect(prepare('dns', { tries: 2 })).not.toThrow();
    expect(prepare('dns+https', { method: 'GET', path: '/' })).not.toThrow();
    expect(prepare('dns', { max_skew: 1, servers: ['ns2'] }, { type: 'SOA' })).not.toThrow();
  });
});

describe('further servers', () => {
  test.each([
    ['192.0.2.1', { host: '192.0.2.1', port: 53 }],
    ['ns2.example.org:5353', { host: 'ns2.example.org', port: 5353 }],
    ['2001:db8::1', { host: '2001:db8::1', port: 53 }],
    ['[2001:db8::1]:54', { host: '2001:db8::1', port: 54 }],
  ])('%s', (text, server) => {
    expect(parseServers([text], 53)).toEqual([server]);
  });

  test.each(['', 'a b:c', 'ns2:0', 'ns2:70000', 'dns://ns2', '[zz]:53'])('"%s" is none', (text) => {
    expect(() => parseServers(['ns1', text], 53)).toThrow('it is no server');
  });
});
