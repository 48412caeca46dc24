import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { http } from '../../../../lib/probe/probers/http.ts';
import { stepMark } from '../../../../lib/probe/step-reference.ts';
import { jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { portOf } from './peers.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A little shop: a form with a token and a cookie, a login that wants both, an order that gives a number. */
async function shop(): Promise<{ readonly url: string; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
      const cookie = request.headers.cookie ?? '';
      const answer = (status: number, text: string, headers: { [name: string]: string } = {}) => {
        response.writeHead(status, { 'Content-Type': 'text/html', ...headers });
        response.end(text);
      };
      switch (request.url) {
        case '/login':
          if (request.method === 'GET')
            return answer(200, '<form><input name="csrf" value="c/5+rf token"></form>', {
              'Set-Cookie': 'sid=abc',
            });
          if (cookie !== 'sid=abc' || new URLSearchParams(body).get('csrf') !== 'c/5+rf token')
            return answer(403, 'forbidden');
          return answer(302, '', { Location: '/account', 'Set-Cookie': 'sid=inside' });
        case '/account':
          return cookie === 'sid=inside'
            ? answer(200, '<title>Welcome</title>')
            : answer(403, 'who are you?');
        case '/orders':
          return answer(201, '{"order":{"id":4711}}', {
            'Content-Type': 'application/json',
            'X-Key': 'k-123456',
          });
        case '/orders/4711':
          return answer(request.headers['x-key'] === 'k-123456' ? 200 : 401, `order for ${body}`);
        default:
          return answer(404, 'no such page');
      }
    });
  });
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${String(await portOf(server))}`, asked };
}

const FORM = { url: '/login', capture: { csrf: { body: 'name="csrf" value="([^"]+)"' } } };
const LOGIN = { name: 'login', url: '/login', form: { user: 'bob', csrf: stepMark('csrf') } };

describe('several steps', () => {
  it('share cookies and what was captured; the last one’s facts are the service’s', async () => {
    const { url, asked } = await shop();
    const secrets: string[] = [];
    const result = await probeTarget(http, `${url}/`, {
      options: { steps: [FORM, { ...LOGIN, expect: { title: 'Welcome' } }] },
      expect: { title: 'Welcome' },
      conceal: (secret) => secrets.push(secret),
    });
    expect(result.reasons).toEqual([]);
    expect(asked).toEqual(['GET /login', 'POST /login', 'GET /account']);
    expect(result.facts).toMatchObject({ status: 200, title: 'Welcome', url: `${url}/account` });
    expect(result.facts['steps']).toEqual([
      { name: '1', url: `${url}/login`, status: 200 },
      { name: 'login', url: `${url}/account`, status: 200 },
    ]);
    expect(secrets).toEqual(['c/5+rf token']);
    const sum = Object.values(result.timings).reduce<number>((all, ms) => all + Number(ms), 0);
    expect(Math.abs(sum - (result.duration_ms ?? Number.NaN))).toBeLessThan(0.01);
  });

  it('capture from JSON, headers and cookies, for URLs and headers', async () => {
    const { url, asked } = await shop();
    const result = await probeTarget(http, url, {
      keep: ['body'],
      options: {
        steps: [
          { url: '/login', capture: { session: { cookie: 'sid' } } },
          {
            url: '/orders',
            method: 'POST',
            expect: { status: 201, json: { '$.order.id': '> 1' } },
            capture: { id: { json: '$.order.id' }, key: { header: 'X-Key' } },
          },
          {
            url: `/orders/${stepMark('id')}`,
            method: 'PUT',
            headers: { 'X-Key': stepMark('key') },
            body: `session ${stepMark('session')}`,
          },
        ],
      },
    });
    expect(result.reasons).toEqual([]);
    expect(asked.at(-1)).toBe('PUT /orders/4711');
    expect(result.facts['body']).toBe('order for session abc');
  });

  it('a step that fails is named, and no later one is taken', async () => {
    const { url, asked } = await shop();
    const wrong = { ...LOGIN, form: { csrf: 'guessed' } };
    const result = await probeTarget(http, url, { options: { steps: [FORM, wrong, { url: '/account' }] } });
    expect(result.reason).toMatchObject({
      code: 'status',
      phase: 'expect',
      text: 'step login: status is 403, expected 200 to 299',
      got: 403,
    });
    expect(result.reasons).toHaveLength(1);
    expect(asked).toHaveLength(2);
    expect(result.facts['steps']).toHaveLength(2);
  });

  it('a capture that finds nothing is an assertion', async () => {
    const { url } = await shop();
    const result = await probeTarget(http, url, {
      options: { steps: [{ url: '/account', expect: { status: 403 }, capture: { id: { json: '$.id' } } }] },
    });
    expect(result.reason).toMatchObject({
      code: 'assertion',
      text: 'step 1: there is nothing to capture as id',
    });
  });

  it('a server that is gone at the second step is named with its step', async () => {
    const { url } = await shop();
    const result = await probeTarget(http, url, {
      options: { steps: [{ url: '/login' }, { name: 'there', url: 'http://127.0.0.1:1/' }] },
    });
    expect(result.reason).toMatchObject({ code: 'refused', phase: 'connect' });
    expect(result.reason?.text).toBe('step there: 127.0.0.1:1 refused the connection');
    expect(result.facts['status'] ?? null).toBeNull();
  });

  it('what is captured for a header and holds a line end is not sent', async () => {
    const { url, asked } = await shop();
    const result = await probeTarget(http, url, {
      options: {
        steps: [
          { url: '/login', capture: { all: { body: '(?s)<form>(.*)' } } },
          { url: '/orders', headers: { 'X-All': `a\r\n${stepMark('all')}` } },
        ],
      },
    }).catch((error: unknown) => error);
    expect(result).toBeInstanceOf(Error);
    expect(asked).toEqual([]);
  });

  it.each([
    [[{ url: `/${stepMark('id')}` }], 'no step before captures that'],
    [[{ url: '/', expect: { colour: 1 } }], 'no such fact'],
    [[{ url: 'ftp://x/' }], 'leads out of HTTP'],
    [[{ url: '/', body: 'a', json: {} }], 'exclude each other'],
    [[{ url: '/', capture: { a: { body: '(' } } }], 'does not compile'],
  ])('%j is a mistake of the config', (steps, words) => {
    expect(() => jobFor(http, 'http://127.0.0.1/', { options: { steps } })).toThrow(words);
  });
});
