import { createServer } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import { http } from '../../../../lib/probe/probers/http.ts';
import { tcp } from '../../../../lib/probe/probers/tcp.ts';
import { proxyOfTarget } from '../../../../lib/probe/wire/proxy.ts';
import type { Result } from '../../../../lib/words/result.ts';
import {
  MISBEHAVIOURS,
  type Misbehaviour,
  closedPort,
  listen,
} from '../../../contract/misbehaving-server.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { DANTE_PROGRAMS, type Danted, startDanted } from '../../../servers/danted.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { NGINX_PROGRAMS, type Nginx, startNginx } from '../../../servers/nginx.ts';
import { SQUID_PROGRAMS, type Squid, startSquid } from '../../../servers/squid.ts';
import { portOf } from './peers.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const TLS = { ca: testCertificates().ca };
const through = (proxy: string, entry: Entry = {}): Entry => ({
  keep: ['body'],
  ...entry,
  service: { proxy, tls: TLS, ...entry.service },
});
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];

/** A resolver that knows no name: what still works was resolved by the proxy. */
const IGNORANT = {
  resolver: { resolve: () => Promise.reject(new Error('nobody was to ask')), cancel: () => undefined },
};

describeWith([...SQUID_PROGRAMS, ...NGINX_PROGRAMS], 'through Squid', () => {
  let squid: Squid;
  let nginx: Nginx;
  beforeAll(async () => {
    [squid, nginx] = [await startSquid(), await startNginx()];
  }, 20_000);
  afterAll(async () => {
    await nginx.stop();
    await squid.stop();
  });
  const open = () => `http://127.0.0.1:${String(squid.port)}`;
  const locked = (user: string) => `http://${user}127.0.0.1:${String(squid.lockedPort)}`;

  it('a page over http: asked of the proxy by its whole URL', async () => {
    const url = `http://127.0.0.1:${String(nginx.port)}/data.json`;
    const result = await probeTarget(http, url, through(open(), { keep: ['headers', 'json'] }));
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({ status: 200, json: { database: 'up' }, ip: null });
    expect(JSON.stringify(result.facts['headers'])).toContain('squid');
    expect(result.address).toBeNull();
    expect(result.timings.connect_ms).not.toBeNull();
  });

  it('a page over https: by a tunnel, TLS and its certificate being the service’s', async () => {
    const url = `https://localhost:${String(nginx.securePort)}/`;
    const result = await probeTarget(http, url, through(open()));
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({ status: 200, version: '2', alpn: 'h2', title: 'It & works' });
    expect(result.facts['cert_days']).toBeGreaterThan(80);
    const wrong = await probeTarget(http, url, through(open(), { service: { tls: {} } }));
    expect(verdict(wrong)).toEqual(['down', 'tls_untrusted', 'tls']);
  });

  it('redirects, also to another host', async () => {
    const result = await probeTarget(http, `http://127.0.0.1:${String(nginx.port)}/away`, through(open()));
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({ redirects: 1, status: 200 });
    expect(result.facts['url']).toContain('https://localhost');
  });

  it('names are resolved by the proxy', async () => {
    const url = `http://localhost:${String(nginx.port)}/`;
    const result = await probeTarget(http, url, through(open()), IGNORANT);
    expect(result.reasons).toEqual([]);
  });

  it('a login: right, wrong, and missing, which say that it is the proxy’s', async () => {
    const page = `http://127.0.0.1:${String(nginx.port)}/`;
    const tunnel = `https://localhost:${String(nginx.securePort)}/`;
    for (const url of [page, tunnel]) {
      expect((await probeTarget(http, url, through(locked('user:secret@')))).reasons).toEqual([]);
      for (const [user, words] of [
        ['user:wrong@', 'refused the login (407)'],
        ['', 'wants a login'],
      ] as const) {
        const result = await probeTarget(http, url, through(locked(user)));
        expect(verdict(result)).toEqual(['down', 'auth', 'auth']);
        expect(result.reason?.text).toContain(`the proxy 127.0.0.1:${String(squid.lockedPort)} ${words}`);
      }
    }
  });

  it('a service that is down behind the proxy is told apart from the proxy', async () => {
    const gone = String(await closedPort());
    for (const url of [`http://127.0.0.1:${gone}/`, `https://127.0.0.1:${gone}/`]) {
      const result = await probeTarget(http, url, through(open(), { timeout_ms: 5000 }));
      expect(verdict(result), result.reason?.text).toEqual(['down', 'refused', 'connect']);
      expect(result.reason?.text).toContain(
        `the proxy 127.0.0.1:${String(squid.port)} cannot reach 127.0.0.1:${gone}`,
      );
    }
  });

  it('a way that the proxy does not allow', async () => {
    const result = await probeTarget(tcp, 'tcp://127.0.0.1:25', through(open()));
    expect(verdict(result)).toEqual(['down', 'status', 'connect']);
    expect(result.reason?.text).toContain('does not let us go to 127.0.0.1:25 (403');
  });

  it('other protocols by a tunnel', async () => {
    const mail = await listen((socket) => void socket.write('220 mail ESMTP\r\n'));
    closers.push(() => mail.close());
    const entry = { expect: { banner: '220 mail' } };
    const result = await probeTarget(tcp, `tcp://127.0.0.1:${String(mail.port)}`, through(open(), entry));
    expect(result.reasons).toEqual([]);
    expect(mail.connections()).toBe(1);
  });

  it('a proxy that is frozen is timeout', async () => {
    const frozen = await startSquid();
    closers.push(() => frozen.stop());
    frozen.signal('SIGSTOP');
    const proxy = `http://127.0.0.1:${String(frozen.port)}`;
    for (const url of ['http://127.0.0.1:9/', 'https://127.0.0.1:9/']) {
      const result = await probeTarget(http, url, through(proxy, { timeout_ms: 300 }));
      expect(result.reason?.code).toBe('timeout');
      expect(result.reason?.text).toContain(`the proxy 127.0.0.1:${String(frozen.port)}`);
    }
  });
});

describeWith([...DANTE_PROGRAMS, ...NGINX_PROGRAMS], 'through Dante (SOCKS5)', () => {
  let dante: Danted;
  let nginx: Nginx;
  beforeAll(async () => {
    [dante, nginx] = [await startDanted(), await startNginx()];
  }, 20_000);
  afterAll(async () => {
    await nginx.stop();
    await dante.stop();
  });
  const at = (scheme: string) => `${scheme}://127.0.0.1:${String(dante.port)}`;

  test.each(['socks5', 'socks5h'])('%s: http and https', async (scheme) => {
    for (const url of [
      `http://localhost:${String(nginx.port)}/`,
      `https://localhost:${String(nginx.securePort)}/`,
    ]) {
      const result = await probeTarget(http, url, through(at(scheme)));
      expect(result.reasons).toEqual([]);
      expect(result.facts['title']).toBe('It & works');
    }
  });

  it('socks5 is told the address that was resolved here, and says which; socks5h the name', async () => {
    const url = `http://localhost:${String(nginx.port)}/`;
    const known = await probeTarget(http, url, through(at('socks5'), { service: { ip: '4' } }));
    expect([known.address, known.facts['ip']]).toEqual(['127.0.0.1', '127.0.0.1']);
    const unknown = await probeTarget(http, url, through(at('socks5h')), IGNORANT);
    expect(unknown.reasons).toEqual([]);
    expect(unknown.address).toBeNull();
  });

  it('a service that refuses, and a way that is not allowed', async () => {
    const gone = String(await closedPort());
    const refused = await probeTarget(http, `http://127.0.0.1:${gone}/`, through(at('socks5')));
    expect(verdict(refused)).toEqual(['down', 'refused', 'connect']);
    expect(refused.reason?.text).toBe(
      `the proxy 127.0.0.1:${String(dante.port)}, asked for 127.0.0.1:${gone}, was refused the connection`,
    );
    const blocked = await probeTarget(http, 'http://127.0.0.9:9/', through(at('socks5')));
    expect(verdict(blocked)).toEqual(['down', 'status', 'connect']);
    expect(blocked.reason?.text).toContain('does not allow it');
  });
});

/** RFC 1928 and 1929, as little as it takes: user and secret, then the given reply, then a page. */
function socksPeer(reply: readonly number[], page: string) {
  return listen((socket) => {
    let turn = 0;
    socket.on('data', (data) => {
      turn += 1;
      if (turn === 1) socket.write(Buffer.from([5, data.includes(2, 2) ? 2 : 255]));
      else if (turn === 2)
        socket.write(Buffer.from([1, data.toString('latin1') === '\x01\x04user\x06secret' ? 0 : 1]));
      else if (turn === 3)
        socket.write(
          Buffer.concat([Buffer.from(reply), reply[1] === 0 ? Buffer.from(page) : Buffer.alloc(0)]),
        );
    });
  });
}

describe('a faithful SOCKS5 peer with logins', () => {
  const PAGE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  const probe = async (user: string, reply: readonly number[]) => {
    const peer = await socksPeer(reply, PAGE);
    closers.push(() => peer.close());
    const proxy = `socks5h://${user}127.0.0.1:${String(peer.port)}`;
    return probeTarget(http, 'http://web.example.org/', through(proxy), IGNORANT);
  };
  const IPV4 = [5, 0, 0, 1, 127, 0, 0, 1, 0, 80];

  it.each([
    ['an IPv4 address', IPV4],
    ['a name', [5, 0, 0, 3, 2, 97, 98, 0, 80]],
    ['an IPv6 address', [5, 0, 0, 4, ...Array.from({ length: 16 }, () => 0), 0, 80]],
  ])('a right login, and a reply with %s', async (_, reply) => {
    expect((await probe('user:secret@', reply)).reasons).toEqual([]);
  });

  it('a wrong login and none are auth', async () => {
    const wrong = await probe('user:wrong1@', IPV4);
    expect(verdict(wrong)).toEqual(['down', 'auth', 'auth']);
    expect(wrong.reason?.text).toMatch(/^the proxy 127\.0\.0\.1:\d+ refused the login$/);
    expect((await probe('', IPV4)).reason?.text).toContain('wants a login');
  });

  it.each([
    [1, 'unreachable'],
    [2, 'status'],
    [3, 'unreachable'],
    [4, 'unreachable'],
    [5, 'refused'],
    [6, 'timeout'],
    [7, 'protocol'],
    [8, 'protocol'],
    [200, 'protocol'],
  ])('reply %i is %s', async (reply, code) => {
    const result = await probe('user:secret@', [5, reply, 0, 1, 0, 0, 0, 0, 0, 0]);
    expect(verdict(result)).toEqual(['down', code, 'connect']);
    expect(result.reason?.text).toContain('web.example.org:80');
  });
});

describe('a proxy that is none', () => {
  const cases: readonly (readonly [Misbehaviour, readonly string[]])[] = [
    ['silent', ['timeout']],
    ['closing', ['closed']],
    ['resetting', ['reset']],
    ['garbage', ['protocol']],
    ['smtp', ['protocol']],
    ['flooding', ['protocol', 'too_large']],
  ];
  for (const scheme of ['http', 'socks5', 'socks5h']) {
    it.each(cases)(`${scheme}: %s, and it is the proxy’s fault`, async (misbehaviour, codes) => {
      const peer = await listen(MISBEHAVIOURS[misbehaviour]);
      closers.push(() => peer.close());
      const proxy = `${scheme}://127.0.0.1:${String(peer.port)}`;
      const result = await probeTarget(tcp, 'tcp://127.0.0.1:9', through(proxy, { timeout_ms: 400 }));
      expect(result.status).toBe('down');
      expect(codes, result.reason?.text).toContain(result.reason?.code);
      expect(result.reason?.phase).toBe('connect');
      expect(result.reason?.text).toContain(`the proxy 127.0.0.1:${String(peer.port)}`);
    });
  }

  it('nobody listens there', async () => {
    const port = String(await closedPort());
    const result = await probeTarget(http, 'http://127.0.0.1/', through(`http://127.0.0.1:${port}`));
    expect(verdict(result)).toEqual(['down', 'refused', 'connect']);
    expect(result.reason?.text).toContain(`the proxy 127.0.0.1:${port}: `);
  });

  it('what it knows of Proxy-Status (RFC 9209) is understood', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(502, { 'Proxy-Status': 'ExampleProxy; error=dns_error; rcode="NXDOMAIN"' });
      response.end();
    });
    closers.push(() => server.close());
    const proxy = `http://127.0.0.1:${String(await portOf(server))}`;
    const result = await probeTarget(http, 'http://nowhere.example.org/', through(proxy), IGNORANT);
    expect(verdict(result)).toEqual(['down', 'resolve_failed', 'connect']);
  });
});

test.each([
  ['ftp://proxy:21', 'expected http://, socks5://'],
  ['http://proxy:3128/path', 'saw a path'],
])('%s is no proxy', (url, words) => {
  const { protocol, hostname, port, pathname } = new URL(url);
  const target = { scheme: protocol.slice(0, -1), username: null, password: null, query: {}, raw: '' };
  expect(() => proxyOfTarget({ ...target, host: hostname, port: Number(port), path: pathname })).toThrow(
    words,
  );
});
