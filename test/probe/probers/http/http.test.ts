import { createServer, type RequestListener } from 'node:http';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { http } from '../../../../lib/probe/probers/http.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import type { Peer } from '../../../contract/misbehaving-server.ts';
import { answer, answers, portOf, says } from './peers.ts';

proberContract({
  prober: http,
  target: (port) => `http://127.0.0.1:${String(port)}/`,
  tlsTarget: (port) => `https://127.0.0.1:${String(port)}/`,
  healthy: () => answers(() => answer(200, ['Content-Type: text/plain'], 'ok\n')),
  half: 12,
  codes: { http: ['status'] },
});

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function owned(peer: Peer): Peer {
  closers.push(() => peer.close());
  return peer;
}

const KEEP = ['body', 'json', 'headers'];

async function probePeer(peer: Peer, entry: Entry = {}, path = '/') {
  return probeTarget(http, `http://127.0.0.1:${String(owned(peer).port)}${path}`, { keep: KEEP, ...entry });
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${String(await portOf(server))}`;
}

const head = (...lines: string[]) => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`;

describe('an unusual but legal answer is up', () => {
  const rows: readonly (readonly [what: string, said: string | Buffer, body: string])[] = [
    ['no reason phrase', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok', 'ok'],
    ['HTTP/1.0 until close', 'HTTP/1.0 200 OK\r\n\r\nok', 'ok'],
    ['bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', 'ok'],
    ['an empty body', head('Content-Length: 0'), ''],
    ['204 with a length that means nothing', 'HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n', ''],
    ['folded header lines', head('X-Long: a', '  b', 'Content-Length: 2') + 'ok', 'ok'],
    ['the same length twice', head('Content-Length: 2', 'Content-Length: 2') + 'ok', 'ok'],
    [
      'interim answers before the final one',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' +
        head('Content-Length: 2') +
        'ok',
      'ok',
    ],
    [
      'chunks with extensions and trailers',
      head('Transfer-Encoding: chunked') + '1;a=b\r\no\r\n01\r\nk\r\n0\r\nX-Sum: 1\r\n\r\n',
      'ok',
    ],
    ['bytes after the body', head('Content-Length: 2') + 'okHTTP/1.1 500', 'ok'],
    ['identity encoding', head('Content-Encoding: identity', 'Content-Length: 2') + 'ok', 'ok'],
    ['an encoding of nothing', head('Content-Encoding: gzip', 'Content-Length: 0'), ''],
  ];
  it.each(rows)('%s', async (_what, said, body) => {
    const result = await probePeer(
      await says(said, { hangUp: !String(said).includes('ontent-Length') || body === '' }),
    );
    expect(result.reasons).toEqual([]);
    expect(result.facts['body']).toBe(body);
  });
});

describe('a broken answer is down, each with its own code', () => {
  const gzip = gzipSync('hello '.repeat(1000));
  const rows: readonly (readonly [what: string, said: string | Buffer, code: string, text: RegExp])[] = [
    ['HTTP/0.9', '<html>hello</html>', 'protocol', /does not answer in HTTP/],
    [
      'a TLS alert',
      Buffer.from([0x15, 3, 1, 0, 2, 2, 70]),
      'protocol',
      /answers in TLS: is it an https:\/\/ port\?/,
    ],
    ['SSH', 'SSH-2.0-OpenSSH\r\n', 'protocol', /speaks SSH/],
    ['a mail greeting', '220 mail ESMTP\r\n', 'protocol', /greets like a mail/],
    [
      'an HTTP/2 preface',
      Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 9]),
      'protocol',
      /HTTP\/2 without being asked/,
    ],
    ['a wrong version', 'HTTP/3.0 200 OK\r\n\r\n', 'protocol', /version of HTTP/],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', 'protocol', /status line is "HTTP\/1.1 20 OK"/],
    ['a header without colon', head('oops') + 'ok', 'protocol', /header line "oops" is none/],
    ['a blank before the colon', head('Content-Length : 2') + 'ok', 'protocol', /expected NAME: VALUE/],
    [
      'two lengths',
      head('Content-Length: 2', 'Content-Length: 3') + 'ok',
      'protocol',
      /Content-Length is 2, 3/,
    ],
    ['a negative length', head('Content-Length: -2') + 'ok', 'protocol', /expected one number/],
    [
      'a strange transfer coding',
      head('Transfer-Encoding: gzip, chunked') + '0\r\n\r\n',
      'protocol',
      /gzip, chunked/,
    ],
    ['101 unasked', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 'protocol', /switched/],
    [
      'interim answers without end',
      'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100),
      'protocol',
      /more than 20 interim/,
    ],
    [
      'a head without end',
      `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`,
      'too_large',
      /more than 65536 bytes/,
    ],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-Le', 'closed', /in the middle of an answer/],
    ['a short body', head('Content-Length: 10') + 'ok', 'truncated', /after 2 of 10 bytes/],
    [
      'no last chunk',
      head('Transfer-Encoding: chunked') + '2\r\nok\r\n',
      'truncated',
      /before the last chunk/,
    ],
    ['half a chunk', head('Transfer-Encoding: chunked') + 'a\r\nok', 'truncated', /before the last chunk/],
    [
      'no chunk size',
      head('Transfer-Encoding: chunked') + 'zz\r\nok\r\n0\r\n\r\n',
      'protocol',
      /chunk size is "zz"/,
    ],
    [
      'a chunk longer than it says',
      head('Transfer-Encoding: chunked') + '1\r\nok\r\n0\r\n\r\n',
      'protocol',
      /longer than its size/,
    ],
    [
      'an endless chunk line',
      head('Transfer-Encoding: chunked') + `1;${'x'.repeat(5000)}`,
      'too_large',
      /line between chunks/,
    ],
    [
      'half of a packed body',
      Buffer.concat([
        Buffer.from(head('Content-Encoding: gzip', 'Content-Length: 20')),
        gzip.subarray(0, 20),
      ]),
      'truncated',
      /in the middle of its gzip data/,
    ],
    [
      'what is not packed at all',
      head('Content-Encoding: gzip', 'Content-Length: 2') + 'ok',
      'protocol',
      /is no gzip data/,
    ],
    [
      'broken brotli',
      head('Content-Encoding: br', 'Content-Length: 4') + '<htm',
      'protocol',
      /is no br data/,
    ],
    [
      'an encoding not asked for',
      head('Content-Encoding: zstd', 'Content-Length: 2') + 'ok',
      'protocol',
      /encoded as zstd/,
    ],
  ];
  it.each(rows)('%s', async (_what, said, code, text) => {
    const began = performance.now();
    const result = await probePeer(await says(said), { timeout_ms: 1500 });
    expect(result.status).toBe('down');
    expect([result.reason?.code, result.reason?.phase]).toEqual([code, 'protocol']);
    expect(result.reason?.text).toMatch(text);
    expect(performance.now() - began).toBeLessThan(1200);
  });

  it('says so at once when the peer talks and keeps the line open', async () => {
    const result = await probePeer(await says('SSH-2.0-x\r\n', { hangUp: false }), { timeout_ms: 3000 });
    expect(result.reason?.code).toBe('protocol');
    expect(result.duration_ms).toBeLessThan(1000);
  });

  it('keeps the facts that it saw', async () => {
    const result = await probePeer(await says(head('Server: x', 'Content-Length: 10') + 'ok'));
    expect(result.facts).toMatchObject({ status: 200, version: '1.1', body: 'ok', ip: '127.0.0.1' });
    expect(result.facts['headers']).toMatchObject({ server: 'x' });
    expect(result.reasons).toHaveLength(1);
  });
});

describe('status', () => {
  it.each([200, 204, 299])('%i is up', async (status) => {
    expect(
      (await probePeer(await answers(() => `HTTP/1.1 ${String(status)} X\r\nContent-Length: 0\r\n\r\n`)))
        .status,
    ).toBe('up');
  });

  it.each([199 + 101, 304, 404, 500, 503])('%i is down', async (status) => {
    const result = await probePeer(await answers(() => answer(status)));
    expect(result.status).toBe('down');
    expect(result.reason).toMatchObject({
      code: 'status',
      phase: 'expect',
      fact: 'status',
      got: status,
      text: `status is ${String(status)}, expected 200 to 299`,
    });
  });

  it('can be expected otherwise', async () => {
    const peer = await answers(() => answer(404, [], 'gone'));
    expect((await probePeer(peer, { expect: { status: [404, 410] } })).status).toBe('up');
  });

  it('is still checked when only the body is expected', async () => {
    expect(
      (await probePeer(await answers(() => answer(500, [], 'ok')), { expect: { body: 'ok' } })).status,
    ).toBe('down');
  });
});

describe('body', () => {
  const packed: readonly (readonly [string, (text: string) => Buffer])[] = [
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['gzip, br', (text) => brotliCompressSync(gzipSync(text))],
  ];
  it.each(packed)('is unpacked from %s', async (coding, pack) => {
    const bytes = pack('ok: héllo');
    const result = await probePeer(
      await answers(() =>
        Buffer.concat([
          Buffer.from(head(`Content-Encoding: ${coding}`, `Content-Length: ${String(bytes.length)}`)),
          bytes,
        ]),
      ),
    );
    expect(result.facts).toMatchObject({ body: 'ok: héllo', size: 10 });
  });

  it('is read in the charset that it names', async () => {
    const said = Buffer.from(
      `${head('Content-Type: text/plain; charset=iso-8859-1', 'Content-Length: 5')}h\xe9llo`,
      'latin1',
    );
    expect((await probePeer(await answers(() => said))).facts['body']).toBe('héllo');
  });

  it('of 10 MiB is up, its first 1 MiB is matched and all of it counted', async () => {
    const origin = await serve((_request, response) => void response.end(Buffer.alloc(10 * 2 ** 20, 'ok ')));
    const result = await probeTarget(http, `${origin}/`, {
      timeout_ms: 10_000,
      expect: { body: 'ok ok', size: '>= 10MiB' },
    });
    expect(result.reasons).toEqual([]);
    expect(result.facts['size']).toBe(10 * 2 ** 20);
  });

  it('that unpacks without end is too_large, and not held in memory', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 2 ** 20));
    const origin = await serve(
      (_request, response) => void response.setHeader('content-encoding', 'gzip').end(bomb),
    );
    const before = process.memoryUsage().rss;
    const result = await probeTarget(http, `${origin}/`, { timeout_ms: 10_000 });
    expect(result.reason).toMatchObject({ code: 'too_large', phase: 'protocol' });
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  });

  it('longer than max_size is too_large', async () => {
    const peer = await answers(() => answer(200, [], 'x'.repeat(3000)));
    expect((await probePeer(peer, { options: { max_size: '2KiB' } })).reason?.code).toBe('too_large');
  });

  it('is absent after HEAD, which waits for none', async () => {
    const peer = await answers((request) => (request.startsWith('HEAD') ? head('Content-Length: 99') : ''));
    const result = await probePeer(peer, { options: { method: 'head' } });
    expect(result.reasons).toEqual([]);
    expect(result.facts).not.toHaveProperty('body');
    expect(result.facts).not.toHaveProperty('size');
  });

  it('is JSON where it says so or where JSON is expected', async () => {
    const json = (type: string, text: string) => answers(() => answer(200, [`Content-Type: ${type}`], text));
    const up = { expect: { json: { '$.database': 'up', '$.jobs[*].late': '< 5' } } };
    const text = '{"database":"up","jobs":[{"late":1},{"late":4}]}';
    expect((await probePeer(await json('application/json', text), up)).status).toBe('up');
    expect((await probePeer(await json('text/plain', text), up)).status).toBe('up');
    expect((await probePeer(await json('application/health+json', text))).facts['json']).toMatchObject({
      database: 'up',
    });
    const html = await probePeer(await json('application/json', '<html>'), up);
    expect(html.reason?.text).toBe('json $.database is missing, expected up');
  });

  it('of JSON nested to hurt is no JSON', async () => {
    const text = '['.repeat(200_000) + ']'.repeat(200_000);
    const result = await probePeer(
      await answers(() => answer(200, ['Content-Type: application/json'], text)),
      { expect: { json: { '$..a': 1 } } },
    );
    expect(result.reason?.code).toBe('assertion');
  });

  it.each([
    ['<html><head><TITLE lang=en>\n Hello &amp; w&ouml;rld </TITLE><title>second</title>', 'Hello & wörld'],
    [
      '<!doctype html><!-- <title>no</title> --><script>"<title>no</title>"</script><title>yes</title>',
      'yes',
    ],
    ['<title></title>', ''],
    ['<p>nothing', undefined],
  ])('of HTML gives a title: %s', async (text, title) => {
    const result = await probePeer(await answers(() => answer(200, ['Content-Type: text/html'], text)));
    expect(result.facts['title'] ?? undefined).toBe(title);
  });
});

describe('a request', () => {
  const ask = async (entry: Entry, target = (port: number) => `http://127.0.0.1:${String(port)}/a?b=c`) => {
    let request = '';
    let body = '';
    const server = createServer((incoming, response) => {
      request = `${incoming.method ?? ''} ${incoming.url ?? ''} HTTP/${incoming.httpVersion}\n${JSON.stringify(incoming.headers)}`;
      incoming.on('data', (chunk: Buffer) => void (body += chunk.toString())).on('end', () => response.end());
    });
    closers.push(() => server.close());
    const port = await portOf(server);
    const result = await probeTarget(http, target(port), entry);
    expect(result.reasons).toEqual([]);
    const [line = '', headers = ''] = request.split('\n');
    return { line, headers: JSON.parse(headers) as Record<string, string>, body, port };
  };

  it('says what it is, asks for packed answers and no second turn', async () => {
    const { line, headers, port } = await ask({});
    expect(line).toBe('GET /a?b=c HTTP/1.1');
    expect(headers).toMatchObject({
      host: `127.0.0.1:${String(port)}`,
      accept: '*/*',
      'accept-encoding': 'gzip, deflate, br',
      connection: 'close',
    });
    expect(headers['user-agent']).toMatch(/^puptime\/\d/);
    expect(headers).not.toHaveProperty('content-length');
  });

  it('carries a form, JSON or text, as a POST', async () => {
    const form = await ask({ options: { form: { user: 'a b', n: 1 } } });
    expect([form.line, form.body, form.headers['content-type']]).toEqual([
      'POST /a?b=c HTTP/1.1',
      'user=a+b&n=1',
      'application/x-www-form-urlencoded',
    ]);
    const json = await ask({ options: { json: { a: [1] }, method: 'PUT' } });
    expect([json.line, json.body, json.headers['content-type']]).toEqual([
      'PUT /a?b=c HTTP/1.1',
      '{"a":[1]}',
      'application/json',
    ]);
    const text = await ask({ options: { body: 'héllo', headers: { 'content-type': 'text/plain' } } });
    expect([text.body, text.headers['content-length'], text.headers['content-type']]).toEqual([
      'héllo',
      '6',
      'text/plain',
    ]);
    expect((await ask({ options: { method: 'POST' } })).headers['content-length']).toBe('0');
  });

  it('carries the login of the target or of auth', async () => {
    const inTarget = await ask({}, (port) => `http://us%40er:p%3A%20w@127.0.0.1:${String(port)}/`);
    expect(Buffer.from(inTarget.headers['authorization']!.slice(6), 'base64').toString()).toBe('us@er:p: w');
    expect((await ask({ options: { auth: { bearer: 'tok' } } })).headers['authorization']).toBe('Bearer tok');
    const basic = await ask({ options: { auth: { basic: { username: 'u', password: 'pä' } } } });
    expect(basic.headers['authorization']).toBe(`Basic ${Buffer.from('u:pä').toString('base64')}`);
  });

  it('takes the config’s fields before its own', async () => {
    const { headers } = await ask({
      options: { headers: { Host: 'other.example', 'User-Agent': 'me', 'X-Key': 5 } },
    });
    expect(headers).toMatchObject({ host: 'other.example', 'user-agent': 'me', 'x-key': '5' });
  });

  it('with a long body that is refused unread hears the answer', async () => {
    const peer = await says(answer(413), { hangUp: false });
    const result = await probePeer(peer, { options: { body: 'x'.repeat(20_000_000) }, timeout_ms: 3000 });
    expect(result.reason).toMatchObject({ code: 'status', got: 413 });
  });

  it('whose login is refused is down with auth', async () => {
    const peer = owned(await answers(() => answer(401)));
    const result = await probeTarget(http, `http://u:secret-password@127.0.0.1:${String(peer.port)}/`);
    expect(result.reason).toMatchObject({ code: 'auth', phase: 'auth' });
    expect(JSON.stringify(result.reasons)).not.toContain('secret-password');
    expect((await probePeer(await answers(() => answer(401)))).reason?.code).toBe('status');
  });

  it.each([
    [{ headers: { 'a b': 'c' } }, 'headers', /is no name/],
    [{ headers: { a: 'b\r\nc' } }, 'headers.a', /line end/],
    [{ headers: { 'Content-Length': '5' } }, 'headers.Content-Length', /leave it out/],
    [{ body: 'a', json: 1 }, 'json', /exclude each other/],
    [{ method: 'CONNECT' }, 'method', /proxy/],
    [{ auth: { bearer: 'a\nb' } }, 'auth.bearer', /plain ASCII/],
    [{ auth: { basic: { username: 'a:b', password: 'c' } } }, 'auth.basic.username', /colon/],
    [{ max_body: 'big' }, 'max_body', /expected a size/],
  ])('that cannot be is told in validate: %j', (options, key, text) => {
    const prepare = () => jobFor(http, 'http://127.0.0.1/', { options });
    expect(prepare).toThrow(text);
    expect(prepare).toThrow(expect.objectContaining({ key }));
  });
});

describe('redirects', () => {
  it('are followed, cookies kept, each hop told', async () => {
    const seen: string[] = [];
    const origin = await serve((request, response) => {
      seen.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers.cookie ?? '-'}`);
      if (request.url === '/')
        response.writeHead(302, {
          location: '/login?x#frag',
          'set-cookie': ['s=1; Path=/', 'gone=1; Max-Age=0'],
        });
      else if (request.url === '/login?x') response.writeHead(303, { location: 'home' });
      response.end('done');
    });
    const result = await probeTarget(http, `${origin}/`, { options: { form: { a: 'b' } } });
    expect(result.reasons).toEqual([]);
    expect(seen).toEqual(['POST / -', 'GET /login?x s=1', 'GET /home s=1']);
    expect(result.facts).toMatchObject({
      status: 200,
      redirects: 2,
      hops: [`${origin}/login?x`, `${origin}/home`],
      url: `${origin}/home`,
    });
  });

  it('307 keeps method and body', async () => {
    const seen: string[] = [];
    const origin = await serve((request, response) => {
      request.on('data', (chunk: Buffer) => seen.push(`${request.method ?? ''} ${chunk.toString()}`));
      request.on('end', () => {
        if (request.url === '/') response.writeHead(307, { location: '/b' });
        response.end();
      });
    });
    await probeTarget(http, `${origin}/`, { options: { method: 'PUT', body: 'x' } });
    expect(seen).toEqual(['PUT x', 'PUT x']);
  });

  it('0: the redirect is the answer', async () => {
    const peer = await answers(() => answer(301, ['Location: /elsewhere']));
    const result = await probePeer(peer, {
      options: { redirects: 0 },
      expect: { status: 301, headers: { location: '/elsewhere' } },
    });
    expect(result.reasons).toEqual([]);
    expect(result.facts['redirects']).toBe(0);
  });

  it('a cookie check that redirects to itself is no circle', async () => {
    const origin = await serve((request, response) => {
      if (request.headers.cookie === undefined)
        response.writeHead(302, { location: '/', 'set-cookie': 'seen=1' });
      response.end();
    });
    expect((await probeTarget(http, `${origin}/`)).reasons).toEqual([]);
  });

  it.each([
    ['in a circle', '/', /in a circle, back to/],
    ['without end', '/?', /more than 10 times/],
    ['out of HTTP', 'ftp://example.org/', /leads out of HTTP/],
    ['to nothing', 'http://', /is no URL/],
  ])('%s are down', async (_what, to, text) => {
    let count = 0;
    const origin = await serve((_request, response) => {
      response.writeHead(302, { location: to === '/?' ? `/?${String(++count)}` : to }).end();
    });
    const result = await probeTarget(http, `${origin}/`);
    expect(result.reason).toMatchObject({ code: 'redirect', phase: 'protocol' });
    expect(result.reason?.text).toMatch(text);
  });

  it('do not carry credentials to another origin, and carry them again on the way back', async () => {
    const seen: Record<string, unknown>[] = [];
    let back = '';
    const other = await serve((request, response) => {
      seen.push({ at: 'other', ...request.headers });
      response.writeHead(302, { location: `${back}/end` }).end();
    });
    back = await serve((request, response) => {
      seen.push({ at: 'own', ...request.headers });
      if (request.url === '/')
        response.writeHead(302, { location: `${other}/`, 'set-cookie': 'session=abc' });
      response.end();
    });
    const options = { headers: { 'X-Api-Key': 'k', Cookie: 'own=1', 'Accept-Language': 'no' } };
    const result = await probeTarget(http, back.replace('http://', 'http://u:p@') + '/', { options });
    expect(result.reasons).toEqual([]);
    expect(seen.map(({ at }) => at)).toEqual(['own', 'other', 'own']);
    expect(seen[0]).toMatchObject({ authorization: 'Basic dTpw', 'x-api-key': 'k', cookie: 'own=1' });
    expect(seen[1]).toMatchObject({ 'accept-language': 'no' });
    for (const field of ['authorization', 'x-api-key', 'cookie']) expect(seen[1]).not.toHaveProperty(field);
    expect(seen[2]).toMatchObject({ authorization: 'Basic dTpw', cookie: 'own=1; session=abc' });
  });

  it('do not carry a body to another origin', async () => {
    const other = await serve((_request, response) => void response.end());
    const origin = await serve(
      (_request, response) => void response.writeHead(307, { location: `${other}/` }).end(),
    );
    const result = await probeTarget(http, `${origin}/`, { options: { form: { password: 'x' } } });
    expect(result.reason?.code).toBe('redirect');
  });

  it('to a port where nobody listens say so, with the hops so far', async () => {
    const origin = await serve(
      (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    );
    const result = await probeTarget(http, `${origin}/`);
    expect(result.reason).toMatchObject({ code: 'refused', phase: 'connect' });
    expect(result.facts).toMatchObject({ redirects: 1, hops: ['http://127.0.0.1:1/'] });
    expect(result.facts).not.toHaveProperty('status');
  });
});

it('tells a plain request on a TLS port, where the server says so', async () => {
  const said = answer(
    400,
    ['Content-Type: text/html'],
    '<center>The plain HTTP request was sent to HTTPS port</center>',
  );
  const result = await probePeer(await answers(() => said));
  expect(result.reason).toMatchObject({ code: 'protocol' });
  expect(result.reason?.text).toContain('use https://');
});
