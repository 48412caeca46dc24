import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { challengesOf } from '../../../../lib/probe/wire/http/challenges.ts';
import { digestAuthorization } from '../../../../lib/probe/wire/http/digest.ts';
import { http } from '../../../../lib/probe/probers/http.ts';
import { closedPort } from '../../../contract/misbehaving-server.ts';
import { jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { probeWithTranscript } from '../../../contract/transcript.ts';
import { portOf } from './peers.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server, its origin, and how many requests it was asked. */
async function serve(listener: (request: IncomingMessage, body: string, response: ServerResponse) => void) {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => listener(request, body, response));
  });
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${String(await portOf(server))}`, requests: () => requests };
}

describe('digest', () => {
  const REQUEST = { method: 'GET', uri: '/dir/index.html', body: null };
  const LOGIN = { username: 'Mufasa', password: 'Circle of Life' };
  const CNONCE = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';

  it('answers both challenges of RFC 7616, section 3.9.1, choosing SHA-256', () => {
    const challenge = (algorithm: string) =>
      `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
    const both = challengesOf(`${challenge('SHA-256')}, ${challenge('MD5')}`);
    expect(both).toHaveLength(2);
    expect(digestAuthorization(both, LOGIN, REQUEST, CNONCE)).toContain(
      'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"',
    );
    expect(digestAuthorization(challengesOf(challenge('MD5')), LOGIN, REQUEST, CNONCE)).toContain(
      'response="8ca523f5e9506fed4657c9700eebdbec"',
    );
  });

  it('answers a challenge of RFC 2069, which has no qop', () => {
    const challenges = challengesOf('Digest realm="r", nonce="n"');
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');
    const response = md5(`${md5('Mufasa:r:Circle of Life')}:n:${md5('GET:/dir/index.html')}`);
    const answer = digestAuthorization(challenges, LOGIN, REQUEST, CNONCE) ?? '';
    expect(answer).toContain(`response="${response}"`);
    expect(answer).not.toContain('cnonce');
  });

  it('hashes a user name outside of ASCII as in RFC 7616, section 3.9.2 (erratum 4897), with SHA-512-256', () => {
    const challenges = challengesOf(
      'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true',
    );
    const answer = digestAuthorization(
      challenges,
      { username: 'J\u00e4s\u00f8n Doe', password: 'Secret, or not?' },
      { method: 'GET', uri: '/doe.json', body: null },
      'NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm',
    );
    expect(answer).toContain('username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"');
    expect(answer).toContain('algorithm=SHA-512-256');
    expect(answer).toContain('userhash=true');
  });

  it.each([
    ['nothing', null],
    ['another scheme', 'Basic realm="a, b", Negotiate abc=='],
    ['an algorithm nobody knows', 'Digest realm="r", nonce="n", algorithm=SHA-3'],
    ['no nonce', 'Digest realm="r"'],
    ['a qop nobody knows', 'Digest realm="r", nonce="n", qop="auth-conf"'],
    ['garbage', '=,"\\ Digest'],
  ])('cannot answer %s', (_, field) => {
    expect(digestAuthorization(challengesOf(field), LOGIN, REQUEST)).toBeNull();
  });

  /** A server of digest logins (user:secret) by RFC 7616, SHA-256-sess; a nonce is good from its `goodFrom`th on. */
  async function digestServer({ goodFrom = 1, scheme = 'SHA-256-sess' } = {}) {
    let nonces = 0;
    const hash = (text: string) => createHash('sha256').update(text).digest('hex');
    return serve((request, _body, response) => {
      const [{ parameters } = { parameters: new Map<string, string>() }] = challengesOf(
        request.headers.authorization ?? null,
      );
      const said = (name: string) => parameters.get(name) ?? '';
      const secret = hash(`${hash('user:puptime:secret')}:${said('nonce')}:${said('cnonce')}`);
      const middle = [said('nonce'), said('nc'), said('cnonce'), said('qop')].join(':');
      const right = hash(`${secret}:${middle}:${hash(`${request.method ?? ''}:${request.url ?? ''}`)}`);
      const isRight = said('response') === right && said('uri') === request.url;
      const isFresh = Number(said('nonce').split('-')[1] ?? 0) >= goodFrom;
      if (isRight && isFresh) return void response.end('welcome');
      nonces += 1;
      response.setHeader('WWW-Authenticate', [
        'Basic realm="old"',
        `Digest realm="puptime", nonce="nonce-${String(nonces)}", qop="auth", algorithm=${scheme}${isRight ? ', stale=true' : ''}`,
      ]);
      response.statusCode = 401;
      response.end('no');
    });
  }

  const digest = (password: string) => ({
    options: { auth: { digest: { username: 'user', password } } },
    keep: ['body'],
  });

  it('logs in with just one more request', async () => {
    const { origin, requests } = await digestServer();
    const result = await probeTarget(http, `${origin}/a?b=c`, digest('secret'));
    expect(result.reasons).toEqual([]);
    expect(result.facts['body']).toBe('welcome');
    expect(requests()).toBe(2);
  });

  it('a wrong password is auth, and is not tried again', async () => {
    const { origin, requests } = await digestServer();
    const result = await probeTarget(http, `${origin}/`, digest('wrong'));
    expect(result.reason).toMatchObject({ code: 'auth', phase: 'auth' });
    expect(requests()).toBe(2);
  });

  it('a nonce that the server calls stale is replaced, once', async () => {
    const second = await digestServer({ goodFrom: 2 });
    expect((await probeTarget(http, `${second.origin}/`, digest('secret'))).reasons).toEqual([]);
    expect(second.requests()).toBe(3);
    const never = await digestServer({ goodFrom: 100 });
    expect((await probeTarget(http, `${never.origin}/`, digest('secret'))).reason?.code).toBe('auth');
    expect(never.requests()).toBe(3);
  });

  it('a server that offers only what is unknown is auth, and is sent no password', async () => {
    const { origin, requests } = await digestServer({ scheme: 'ROT13' });
    expect((await probeTarget(http, `${origin}/`, digest('secret'))).reason?.code).toBe('auth');
    expect(requests()).toBe(1);
  });
});

describe('OAuth2 client credentials', () => {
  const TOKEN = 'tok-3f9a77b2';

  /** A token endpoint for probe:s%cret at /token, and a service at / that wants what it gives. */
  async function oauthServer() {
    return serve((request, body, response) => {
      if (request.url !== '/token') {
        response.statusCode = request.headers.authorization === `Bearer ${TOKEN}` ? 200 : 401;
        return void response.end(`you said ${request.headers.authorization ?? ''}`);
      }
      const fields = new URLSearchParams(body);
      const basic = `Basic ${Buffer.from('probe:s%25cret').toString('base64')}`;
      const inBody = fields.get('client_id') === 'probe' && fields.get('client_secret') === 's%cret';
      response.setHeader('Content-Type', 'application/json');
      if (
        fields.get('grant_type') !== 'client_credentials' ||
        (request.headers.authorization !== basic && !inBody)
      ) {
        response.statusCode = 401;
        return void response.end('{"error":"invalid_client","error_description":"no such client"}');
      }
      if (fields.get('scope') === 'too much') {
        response.statusCode = 400;
        return void response.end('{"error":"invalid_scope"}');
      }
      response.end(JSON.stringify({ access_token: TOKEN, token_type: 'Bearer', expires_in: 60 }));
    });
  }

  const login = (token_url: string, more: object = {}) => ({
    options: { auth: { oauth2: { token_url, client_id: 'probe', client_secret: 's%cret', ...more } } },
    keep: ['body'],
  });

  it.each([{}, { client_auth: 'body' }, { scope: 'read write', audience: 'shop' }])(
    'gets a token and is let in: %j',
    async (more) => {
      const { origin, requests } = await oauthServer();
      const secrets: string[] = [];
      const result = await probeTarget(http, `${origin}/`, {
        ...login(`${origin}/token`, more),
        conceal: (secret) => secrets.push(secret),
      });
      expect(result.reasons).toEqual([]);
      expect(requests()).toBe(2);
      expect(secrets).toEqual([TOKEN]);
    },
  );

  it.each([
    ['a wrong secret', { client_secret: 'wrong' }, '401, invalid_client: no such client'],
    ['a scope that is not given', { scope: 'too much' }, '400, invalid_scope'],
  ])('%s is auth, in the words of the endpoint', async (_, more, words) => {
    const { origin, requests } = await oauthServer();
    const result = await probeTarget(http, `${origin}/`, login(`${origin}/token`, more));
    expect([result.status, result.reason?.code, result.reason?.phase]).toEqual(['down', 'auth', 'auth']);
    expect(result.reason?.text).toBe(`no token from ${origin}/token: ${words}`);
    expect(requests()).toBe(1);
  });

  it.each([
    ['no JSON', '<html>', '200 without a bearer token in JSON'],
    [
      'another kind of token',
      '{"access_token":"a","token_type":"mac"}',
      '200 without a bearer token in JSON',
    ],
    [
      'a token with a line end',
      '{"access_token":"a\\nb","token_type":"bearer"}',
      '200 without a bearer token in JSON',
    ],
  ])('an endpoint that answers with %s is auth', async (_, said, words) => {
    const endpoint = await serve((_request, _body, response) => void response.end(said));
    const result = await probeTarget(http, 'http://127.0.0.1:9/', login(`${endpoint.origin}/t`));
    expect(result.reason).toMatchObject({
      code: 'auth',
      text: `no token from ${endpoint.origin}/t: ${words}`,
    });
  });

  it.each(['basic', 'body'])('a transcript shows no secret (%s)', async (client_auth) => {
    const { origin } = await oauthServer();
    const entry = login(`${origin}/token`, { client_auth });
    const { result, transcript } = await probeWithTranscript(http, `${origin}/`, entry);
    expect(result.status).toBe('up');
    expect(transcript).toContain('POST /token');
    for (const secret of [
      'cret',
      Buffer.from('s%25cret').toString('base64').slice(2, -2),
      `Bearer ${TOKEN}\r`,
    ])
      expect(transcript.replace(/you said.*/, '')).not.toContain(secret);
  });

  it('asks for one token for all steps', async () => {
    const { origin, requests } = await oauthServer();
    const { auth } = login(`${origin}/token`).options;
    const result = await probeTarget(http, `${origin}/`, {
      options: { auth, steps: [{ url: '/a' }, { url: '/b' }] },
    });
    expect(result.reasons).toEqual([]);
    expect(requests()).toBe(3);
  });

  it('an endpoint that is not there is auth as well, and says why', async () => {
    const port = String(await closedPort());
    const result = await probeTarget(http, 'http://127.0.0.1:9/', login(`http://127.0.0.1:${port}/t`));
    expect(result.reason?.code).toBe('auth');
    expect(result.reason?.text).toContain('refused the connection');
  });

  it('a token URL without http is a mistake of the config', () => {
    expect(() => jobFor(http, 'http://127.0.0.1/', login('login.example.org/token'))).toThrow(
      'it has no https://',
    );
  });
});
