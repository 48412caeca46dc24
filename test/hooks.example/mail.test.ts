import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeWith, freePort, temporaryDirectory } from '../servers/daemon.ts';
import { isRoot } from '../servers/postfix.ts';
import { EXAMPLES, hostileEvent, realEvent, runExample } from './run-example.ts';
import { type Mail, type SmtpSink, startSmtpSink, writeSendmail } from './smtp-sink.ts';

let sink: SmtpSink;
let place: ReturnType<typeof temporaryDirectory>;
let env: { PATH: string; SINK_PORT: string };

beforeEach(async () => {
  sink = await startSmtpSink();
  place = temporaryDirectory('mail');
  writeSendmail(place.path);
  env = { PATH: `${place.path}:${process.env['PATH'] ?? ''}`, SINK_PORT: String(sink.port) };
});
afterEach(async () => {
  await sink.close();
  place.remove();
});

const done = { exitCode: 0, output: '' };

function header({ headers }: Mail, name: string): string | undefined {
  const lines = headers.split('\n').filter((line) => line.startsWith(`${name}: `));
  if (lines.length > 1) throw new Error(`${name} is there ${String(lines.length)} times`);
  return lines[0]?.slice(name.length + 2);
}

/** RFC 2047: encoded words, and the white space between them does not count. */
function decoded(subject: string | undefined): string | undefined {
  return subject
    ?.replace(/\?= =\?/g, '?==?')
    .replace(/=\?UTF-8\?B\?([^?]*)\?=/g, (_, text: string) => Buffer.from(text, 'base64').toString('utf8'));
}

describeWith(['jq', 'curl'], 'e-mail examples', () => {
  test('on_down says what and why, and on_up follows in its thread', async () => {
    const down = realEvent('down', { runbook: 'https://example.org/runbook' });
    const up = realEvent('up', { id: 'aaaa0e7a9b3d48266a7be0c1d2f3a4b5', summary: 'back after 12m: works' });
    expect(await runExample('on_down', down, env)).toEqual(done);
    expect(await runExample('on_up', up, env)).toEqual(done);
    const [first, second] = sink.mails as [Mail, Mail];
    expect(first.recipients).toEqual(['root']);
    expect(header(first, 'To')).toBe('root');
    expect(header(first, 'Subject')).toBe(`DOWN cache: ${down.summary}`);
    expect(first.body).toContain(`cache is down since ${down.since}.`);
    expect(first.body).toContain('reason: port 6379 refused the connection');
    expect(first.body).toContain('runbook: https://example.org/runbook');
    expect(first.body).not.toContain('null');
    expect(header(second, 'Subject')).toBe('UP cache: back after 12m: works');
    expect(second.body).toContain('lasted (s): 754');
    expect(second.body).not.toContain('null');
    expect(header(second, 'References')).toBe(header(first, 'References'));
    expect(header(first, 'References')).toBe('<c0ffee00c0ffee00c0ffee00c0ffee00@puptime>');
  });

  test('the Message-ID is made of the event’s id alone, so that a repeat is the same mail', async () => {
    const event = realEvent('down');
    for (const _ of [1, 2]) await runExample('on_down', event, env);
    const [first, second] = sink.mails as [Mail, Mail];
    expect(header(first, 'Message-ID')).toBe('<5f1c0e7a9b3d48266a7be0c1d2f3a4b5@puptime>');
    expect(second).toEqual(first);
  });

  test('on_change shows the difference', async () => {
    const change = { fact: 'answers', before: [], after: [], diff: '- 10 mx1\n+ 10 mx3\n.\n+ .' };
    expect(await runExample('on_change', realEvent('change', { change }), env)).toEqual(done);
    const [mail] = sink.mails as [Mail];
    expect(header(mail, 'Subject')).toBe('CHANGED cache: answers');
    expect(mail.body).toContain('\n- 10 mx1\n+ 10 mx3\n.\n+ .\n');
    expect(mail.body).not.toContain('cut');
    await runExample('on_change', realEvent('change', { change, truncated: true }), env);
    expect(sink.mails[1]?.body).toContain('(cut: the texts are longer)');
  });

  test.each(['on_down', 'on_up', 'on_change'])('%s goes to vars.mail_to, else MAIL_TO', async (hook) => {
    const kind = { on_down: 'down', on_up: 'up', on_change: 'change' } as const;
    const event = realEvent(kind[hook as keyof typeof kind], { vars: {} });
    await runExample(hook, event, { ...env, MAIL_TO: 'team@example.org' });
    await runExample(hook, { ...event, vars: { mail_to: '-oQ/tmp@example.org' } }, env);
    expect(sink.mails.map(({ recipients }) => recipients)).toEqual([
      ['team@example.org'],
      ['-oQ/tmp@example.org'],
    ]);
  });

  test('on_down serves for other events under their names', async () => {
    for (const kind of ['degraded', 'unknown', 'reminder', 'dead'] as const) {
      expect(await runExample('on_down', realEvent(kind), env)).toEqual(done);
    }
    const words = sink.mails.map((mail) => header(mail, 'Subject')?.split(' ')[0]);
    expect(words).toEqual(['DEGRADED', 'UNKNOWN', 'REMINDER', 'DEAD']);
  });

  test('a service that has left the config, and nothing is known of it', async () => {
    const event = realEvent('up', { status: 'unknown', cause: 'removed', target: null, incident: null });
    expect(await runExample('on_up', event, env)).toEqual(done);
    expect(header(sink.mails[0]!, 'Subject')).toMatch(/^UNKNOWN cache: /);
    expect(sink.mails[0]!.body).toContain('cause: removed');
    expect(sink.mails[0]!.headers).not.toContain('References');
  });

  test('a test is marked as one', async () => {
    await runExample('on_down', realEvent('down', { test: true }), env);
    expect(header(sink.mails[0]!, 'Subject')).toMatch(/^\[test\] DOWN /);
  });

  test.each(['down', 'up', 'change'] as const)(
    'on_%s: hostile texts add no header, recipient or mail',
    async (kind) => {
      const event = hostileEvent(kind, { service: 'Größe/犬', vars: {} });
      expect(await runExample(`on_${kind}`, event, env)).toEqual(done);
      expect(sink.mails).toHaveLength(1);
      const [mail] = sink.mails as [Mail];
      expect(mail.recipients).toEqual(['root']);
      const names = mail.headers.split('\n').map((line) => line.split(':')[0]);
      expect(names).not.toContain('Bcc');
      expect(new Set(names).size).toBe(names.length);
      expect(mail.headers).toMatch(/^[\n -~]*$/);
      expect(decoded(header(mail, 'Subject'))).toContain('Größe/犬');
      for (const line of mail.headers.split('\n')) expect(line.length).toBeLessThan(998);
      if (kind !== 'up') expect(mail.body).toContain('$(touch pwned)');
      expect(sink.commands.filter((line) => /^(QUIT|RCPT|MAIL)/i.test(line))).toHaveLength(3);
      expect(existsSync(path.join(EXAMPLES, 'pwned'))).toBe(false);
    },
  );

  test('a mailer that fails is asked again later; so is one that is missing', async () => {
    const closed = { ...env, SINK_PORT: String(await freePort()) };
    for (const [kind, hook] of [
      ['down', 'on_down'],
      ['up', 'on_up'],
      ['change', 'on_change'],
    ] as const) {
      expect((await runExample(hook, realEvent(kind), closed)).exitCode).toBe(75);
    }
    expect(sink.mails).toEqual([]);
  });

  test('an event that is no JSON sends nothing and is no success', async () => {
    const file = path.join(place.path, 'event.json');
    writeFileSync(file, '{"service": ');
    expect(() => execFileSync(path.join(EXAMPLES, 'on_down'), [file], { env, stdio: 'pipe' })).toThrow();
    expect(sink.mails).toEqual([]);
  });
});

describeWith(['jq', 'curl'], 'the digest', () => {
  const lines = (...events: object[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');

  test('is one mail for all events of a run', async () => {
    const results = lines(
      { puptime: 'a header line of another kind' },
      { ...realEvent('result'), schema: 'puptime.result.v1' },
      realEvent('result'),
      realEvent('down', { summary: 'password refused (auth)' }),
      realEvent('up', { service: 'shop', summary: 'back after 5m: works' }),
    );
    expect(await runExample('more/digest', realEvent('run'), env, results)).toEqual(done);
    const [mail] = sink.mails as [Mail];
    expect(header(mail, 'Subject')).toBe('puptime: 2 events');
    expect(mail.body).toContain('3 services probed');
    expect(mail.body).toContain('DOWN  cache: password refused (auth)\nUP  shop: back after 5m: works');
  });

  test('sends nothing when there is no news', async () => {
    const results = lines({ ...realEvent('result'), schema: 'puptime.result.v1' }, realEvent('run'));
    expect(await runExample('more/digest', realEvent('run'), env, results)).toEqual(done);
    expect(await runExample('more/digest', realEvent('run'), env)).toEqual(done);
    expect(sink.mails).toEqual([]);
  });
});

// a queue of its own is written to by root alone
const describePostfix: typeof describeWith = (programs, name, body) =>
  isRoot ? describeWith(programs, name, body) : describe.skip(`${name} (only root can fill its queue)`, body);

describePostfix(['jq', 'sendmail', 'postcat'], 'the sendmail of postfix', () => {
  test('takes the mail as it is, dots and all', async () => {
    const at = (name: string) => path.join(place.path, name);
    for (const name of ['conf', 'queue/maildrop', 'queue/public', 'queue/pid', 'data']) {
      mkdirSync(at(name), { recursive: true });
    }
    writeFileSync(at('conf/master.cf'), '');
    writeFileSync(
      at('conf/main.cf'),
      `compatibility_level = 3.6\nqueue_directory = ${at('queue')}\ndata_directory = ${at('data')}\n` +
        'myhostname = mail.example.org\nmaillog_file = /dev/stdout\n',
    );
    const event = realEvent('down', { output: 'first\n.\nlast' });
    const postfix = { MAIL_CONFIG: at('conf'), MAIL_TO: 'team@example.org' };
    expect((await runExample('on_down', event, postfix)).exitCode).toBe(0);
    const queued = readdirSync(at('queue/maildrop')).map((name) => at(`queue/maildrop/${name}`));
    const mail = execFileSync('/usr/sbin/postcat', ['-c', at('conf'), ...queued], { encoding: 'utf8' });
    expect(queued).toHaveLength(1);
    expect(mail).toContain('recipient: team@example.org\n');
    expect(mail).toContain(`Subject: DOWN cache: ${event.summary}\n`);
    expect(mail).toContain('output: first\n.\nlast\n');
  });
});
