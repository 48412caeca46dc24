import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWith, freePort } from '../servers/daemon.ts';
import { type HttpReceiver, startHttpReceiver } from './http-receiver.ts';
import { EXAMPLES, hostileEvent, realEvent, runExample } from './run-example.ts';

let receiver: HttpReceiver;
beforeEach(async () => {
  receiver = await startHttpReceiver();
});
afterEach(() => receiver.close());

const done = { exitCode: 0, output: '' };

/** What to make of the receiver’s answer. */
const ANSWERS = [
  [201, 0],
  [400, 100],
  [404, 100],
  [429, 75],
  [500, 75],
  [503, 75],
] as const;

describeWith(['curl', 'jq'], 'on_slow', () => {
  const env = () => ({ SLACK_WEBHOOK_URL: `${receiver.url}/services/T0/B0/secret` });

  test('posts a message, with the id of the event', async () => {
    const event = realEvent('slow');
    expect(await runExample('on_slow', event, env())).toEqual(done);
    const [post] = receiver.received;
    expect(post).toMatchObject({ method: 'POST', path: '/services/T0/B0/secret' });
    expect(post?.headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': event.id });
    const { text } = JSON.parse(post!.body);
    expect(text.split('\n')).toEqual([
      `cache is slow: ${event.summary}`,
      event.reason!.text.replaceAll('>', '&gt;'),
      event.runbook,
      `event ${event.id}`,
    ]);
  });

  test('leaves out what is missing, and marks a test', async () => {
    await runExample('on_slow', realEvent('slow', { reason: null, runbook: null, test: true }), env());
    const { text } = JSON.parse(receiver.received[0]!.body);
    expect(text).toMatch(/^\[test\] cache is slow: .*\nevent [0-9a-f]+$/);
  });

  test('hostile texts stay text: no other field, no call to a channel, no shell', async () => {
    expect(
      await runExample('on_slow', hostileEvent('slow', { runbook: '"},"channel":"#all"' }), env()),
    ).toEqual(done);
    const body = JSON.parse(receiver.received[0]!.body);
    expect(Object.keys(body)).toEqual(['text']);
    expect(body.text).toContain('&lt;!channel&gt;');
    expect(body.text).not.toMatch(/[<>]/);
    expect(body.text).toContain('$(touch pwned) `touch pwned` "; touch pwned');
    expect(existsSync(path.join(EXAMPLES, 'pwned'))).toBe(false);
  });

  test.each(ANSWERS)('an answer of %i is exit code %i', async (status, code) => {
    receiver.answer(status);
    const { exitCode, output } = await runExample('on_slow', realEvent('slow'), env());
    expect(exitCode).toBe(code);
    expect(output).toContain(code === 0 ? '' : String(status));
    expect(output).not.toContain('secret');
  });

  test('nobody there: later', async () => {
    const url = `http://127.0.0.1:${String(await freePort())}/secret`;
    const { exitCode, output } = await runExample('on_slow', realEvent('slow'), { SLACK_WEBHOOK_URL: url });
    expect(exitCode).toBe(75);
    expect(output).not.toContain('secret');
  });

  test('without its URL it says so, and is tried again', async () => {
    const { exitCode, output } = await runExample('on_slow', realEvent('slow'), {});
    expect([0, 100]).not.toContain(exitCode);
    expect(output).toContain('SLACK_WEBHOOK_URL: is not set: list it in hooks.env');
  });
});

describeWith(['curl', 'jq'], 'sms', () => {
  const env = () => ({ SMS_URL: `${receiver.url}/send`, SMS_TOKEN: 'tok+en/=', SMS_TO: '+4712345678' });
  const fields = () => Object.fromEntries(new URLSearchParams(receiver.received[0]!.body));

  test('posts number, text and reference, url-encoded, and the token as a header', async () => {
    const event = realEvent('down', { summary: 'port 6379 refused & closed + 100 % (refused)' });
    expect(await runExample('more/sms', event, env())).toEqual(done);
    const [post] = receiver.received;
    expect(post).toMatchObject({ method: 'POST', path: '/send' });
    expect(post?.headers).toMatchObject({
      authorization: 'Bearer tok+en/=',
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(fields()).toEqual({
      to: '+4712345678',
      text: 'DOWN cache: port 6379 refused & closed + 100 % (refused)',
      reference: event.id,
    });
  });

  test('vars.sms_to of the service goes before SMS_TO', async () => {
    await runExample('more/sms', realEvent('down', { vars: { sms_to: '@/etc/passwd' } }), env());
    expect(fields()).toMatchObject({ to: '@/etc/passwd' });
  });

  test('hostile texts become one field of at most 160 printable characters', async () => {
    const event = hostileEvent('down', { service: '@/etc/passwd', vars: {} });
    expect(await runExample('more/sms', event, env())).toEqual(done);
    const { text, ...others } = fields();
    expect(text).toMatch(/^DOWN @\/etc\/passwd: [ -~]*$/);
    expect(text?.length).toBeLessThanOrEqual(160);
    expect(others).toEqual({ to: '+4712345678', reference: event.id });
  });

  test.each(ANSWERS)('an answer of %i is exit code %i', async (status, code) => {
    receiver.answer(status);
    const { exitCode, output } = await runExample('more/sms', realEvent('down'), env());
    expect(exitCode).toBe(code);
    expect(output).not.toContain('tok+en');
  });

  test('without a number it gives up, without a gateway it is tried again', async () => {
    const { SMS_TO: _, ...numberless } = env();
    const noNumber = await runExample('more/sms', realEvent('down', { vars: {} }), numberless);
    expect(noNumber).toEqual({ exitCode: 100, output: expect.stringContaining('vars.sms_to') });
    const { SMS_URL: __, ...homeless } = env();
    const noGateway = await runExample('more/sms', realEvent('down'), homeless);
    expect([0, 100]).not.toContain(noGateway.exitCode);
    expect(receiver.received).toEqual([]);
  });
});

describeWith(['curl'], 'dead-mans-switch', () => {
  test('pings, and fails when it cannot', async () => {
    const env = { SWITCH_URL: `${receiver.url}/ping/secret` };
    expect(await runExample('more/dead-mans-switch', realEvent('run'), env)).toEqual(done);
    expect(receiver.received).toMatchObject([{ method: 'GET', path: '/ping/secret' }]);
    receiver.answer(500);
    const failed = await runExample('more/dead-mans-switch', realEvent('run'), env);
    expect(failed.exitCode).not.toBe(0);
    expect(failed.output).not.toContain('secret');
  });
});
