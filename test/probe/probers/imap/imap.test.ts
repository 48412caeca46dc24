import { afterEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../lib/words/json.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { imap } from '../../../../lib/probe/probers/imap.ts';
import { encodeMailbox } from '../../../../lib/probe/probers/imap/mailbox.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { until } from '../../../servers/daemon.ts';
import { type Script, type ScriptedServer, startScripted } from '../../../servers/scripted.ts';

const servers: ScriptedServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const HEALTHY: Script = {
  greeting: '* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] mail.example.org ready\r\n',
  CAPABILITY: '* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\nTAG OK done\r\n',
  AUTHENTICATE: 'TAG OK [CAPABILITY IMAP4rev1 STATUS=SIZE] welcome\r\n',
  LOGIN: 'TAG OK welcome\r\n',
  STATUS: '* STATUS "INBOX" (MESSAGES 5 UNSEEN 3 UIDNEXT 9 UIDVALIDITY 7 SIZE 1000)\r\nTAG OK done\r\n',
  LOGOUT: '* BYE\r\nTAG OK\r\n',
  '': 'TAG BAD what?\r\n',
};
const ME = 'me:secret@';
const IN_THE_CLEAR = { allow_plaintext: true };

async function probe(script: Script, userinfo = '', options: JsonObject = {}, entry: Entry = {}) {
  const server = await startScripted({ ...HEALTHY, ...script });
  servers.push(server);
  const result = await probeTarget(imap, `imap://${userinfo}127.0.0.1:${String(server.port)}`, {
    options: { ...(userinfo === '' ? {} : IN_THE_CLEAR), ...options },
    timeout_ms: 500,
    ...entry,
  });
  await until('the connection to be closed', () => server.open() === 0);
  return { result, heard: server.heard };
}
const verdict = ({ status, reason }: Result) => [status, reason?.code ?? null, reason?.phase ?? null];

describe('imap: legal forms of a healthy answer', () => {
  test.each<[string, Script]>([
    ['capabilities only when asked', { greeting: '* OK ready\r\n' }],
    ['lower case', { greeting: '* ok [capability imap4rev1 auth=plain sasl-ir] ready\r\n' }],
    ['a greeting of a word alone', { greeting: '* OK\r\n' }],
    ['line ends without a carriage return', { greeting: '* OK ready\n' }],
    ['logged in from the start', { greeting: '* PREAUTH [CAPABILITY IMAP4rev1] welcome\r\n' }],
    [
      'the name of a mailbox as a literal',
      { STATUS: '* STATUS {5}\r\nINBOX (MESSAGES 5 UNSEEN 3)\r\nTAG OK\r\n' },
    ],
    [
      'a literal with line ends and a tag in it',
      {
        STATUS:
          '* 1 FETCH (BODY[] {14}\r\na1 NO\r\na2 NO\r\n)\r\n* STATUS INBOX (UNSEEN 3 MESSAGES 5)\r\nTAG OK\r\n',
      },
    ],
    [
      'what nobody has asked for',
      {
        STATUS:
          '* 23 EXISTS\r\n* NO disk is getting full\r\n* STATUS INBOX (MESSAGES 5 UNSEEN 3)\r\nTAG OK\r\n',
      },
    ],
    ['a parenthesis in the name', { STATUS: '* STATUS "a (b" (MESSAGES 5 UNSEEN 3)\r\nTAG OK\r\n' }],
    ['attributes in lower case', { STATUS: '* status inbox (messages 5 unseen 3)\r\nTAG ok\r\n' }],
    [
      'words that look like literals',
      { greeting: '* OK ready {7}\r\n', AUTHENTICATE: 'TAG OK welcome {8}\r\n' },
    ],
    ['nobody says goodbye', { LOGOUT: '' }],
  ])('%s', async (_what, script) => {
    const { result } = await probe(script, ME);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ messages: 5, unseen: 3, tls: false });
    expect((await probe({ ...script, STATUS: '' })).result.status).toBe('up');
  });

  test('facts: greeting, capabilities before and after the login, methods, all counts', async () => {
    const { result, heard } = await probe({}, ME);
    expect(result.facts).toMatchObject({
      greeting: 'mail.example.org ready',
      preauth: false,
      capabilities: ['IMAP4REV1', 'AUTH=PLAIN', 'SASL-IR', 'STATUS=SIZE'],
      auth_methods: ['PLAIN'],
      messages: 5,
      unseen: 3,
      size: 1000,
      uid_next: 9,
      uid_validity: 7,
    });
    expect(result.facts['alert'] ?? null).toBeNull();
    expect(heard).toEqual([
      'AUTHENTICATE PLAIN AG1lAHNlY3JldA==',
      'STATUS "INBOX" (MESSAGES UNSEEN UIDNEXT UIDVALIDITY SIZE)',
      'LOGOUT',
    ]);
  });

  test('without a login nothing is said but goodbye', async () => {
    expect((await probe({})).heard).toEqual(['LOGOUT']);
  });

  test('an alert is a fact, and no failure', async () => {
    const { result } = await probe({ greeting: '* OK [ALERT] we go down at noon\r\n' });
    expect(result.status).toBe('up');
    expect(result.facts['alert']).toBe('we go down at noon');
    const later = await probe(
      { STATUS: '* OK [ALERT] too full\r\n* STATUS INBOX (MESSAGES 1)\r\nTAG OK\r\n' },
      ME,
    );
    expect(later.result.facts['alert']).toBe('too full');
  });
});

describe('imap: the quota', () => {
  const answer = (quota: string) => ({ GETQUOTAROOT: `* QUOTAROOT INBOX "me"\r\n${quota}TAG OK\r\n` });
  const entry: Entry = { expect: { quota_percent: { any_of: ['< 90', { exists: false }] } } };

  test.each<[string, Script, unknown]>([
    ['storage', answer('* QUOTA "me" (STORAGE 10 512)\r\n'), 2],
    ['the fuller one', answer('* QUOTA "a (b" (STORAGE 10 512 MESSAGE 89 100)\r\n'), 89],
    ['no limit', answer('* QUOTA "me" ()\r\n'), null],
    ['other resources', answer('* quota me (X-NUM-FOLDERS 5 5 storage 1 2)\r\n'), 50],
    ['unknown to the server', { GETQUOTAROOT: 'TAG BAD what?\r\n' }, null],
  ])('%s', async (_what, script, percent) => {
    const { result } = await probe(script, ME, {}, entry);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['quota_percent'] ?? null).toBe(percent);
  });

  test('too full is overloaded, and nothing is asked when nobody wants to know', async () => {
    const full = answer('* QUOTA "me" (STORAGE 500 512)\r\n');
    const { result } = await probe(full, ME, {}, entry);
    expect(result.reason).toMatchObject({ code: 'overloaded', fact: 'quota_percent' });
    expect((await probe(full, ME)).heard.join()).not.toContain('QUOTA');
  });
});

describe('imap: refusals', () => {
  test.each<[string, Script, string, string]>([
    ['a goodbye as greeting', { greeting: '* BYE not now\r\n' }, 'status', 'protocol'],
    ['one for want of room', { greeting: '* BYE [LIMIT] later\r\n' }, 'overloaded', 'protocol'],
    ['the same in words', { greeting: '* BYE Too many connections\r\n' }, 'overloaded', 'protocol'],
    ['out of order', { greeting: '* BYE [UNAVAILABLE] later\r\n' }, 'status', 'protocol'],
    ['a wrong password', { AUTHENTICATE: 'TAG NO [AUTHENTICATIONFAILED] no\r\n' }, 'auth', 'auth'],
    ['a wrong password in words', { AUTHENTICATE: 'TAG NO no\r\n' }, 'auth', 'auth'],
    ['an expired one', { AUTHENTICATE: 'TAG NO [EXPIRED] no\r\n' }, 'auth', 'auth'],
    ['a store out of order', { AUTHENTICATE: 'TAG NO [UNAVAILABLE] no\r\n' }, 'status', 'auth'],
    ['a bug', { AUTHENTICATE: 'TAG NO [SERVERBUG] no\r\n' }, 'status', 'auth'],
    ['a limit', { AUTHENTICATE: 'TAG NO [LIMIT] no\r\n' }, 'overloaded', 'auth'],
    [
      'a limit by alert',
      { AUTHENTICATE: 'TAG NO [ALERT] Too many simultaneous connections\r\n' },
      'overloaded',
      'auth',
    ],
    ['a goodbye at the login', { AUTHENTICATE: '* BYE shutting down\r\n' }, 'status', 'protocol'],
    ['BAD to the login', { AUTHENTICATE: 'TAG BAD what?\r\n' }, 'protocol', 'auth'],
    ['no such mailbox', { STATUS: 'TAG NO [NONEXISTENT] no\r\n' }, 'status', 'protocol'],
    ['no such mailbox in words', { STATUS: 'TAG NO no\r\n' }, 'status', 'protocol'],
    ['a mailbox of others', { STATUS: 'TAG NO [NOPERM] no\r\n' }, 'auth', 'protocol'],
    ['BAD to STATUS', { STATUS: 'TAG BAD no\r\n' }, 'status', 'protocol'],
    ['no capabilities', { greeting: '* OK\r\n', CAPABILITY: 'TAG NO no\r\n' }, 'status', 'protocol'],
  ])('%s', async (_what, script, code, phase) => {
    const { result, heard } = await probe(script, ME);
    expect(verdict(result)).toEqual(['down', code, phase]);
    expect(JSON.stringify(result)).not.toContain('AG1lAHNlY3JldA');
    if (code !== 'protocol') expect(heard.at(-1)).toBe('LOGOUT');
  });

  test('facts that were seen before stay', async () => {
    const { result } = await probe({ STATUS: 'TAG NO [NONEXISTENT] no\r\n' }, ME, { mailbox: 'Archive' });
    expect(result.reason?.text).toContain('does not give the mailbox Archive: NO [NONEXISTENT] no');
    expect(result.facts).toMatchObject({ greeting: 'mail.example.org ready', auth_methods: ['PLAIN'] });
  });
});

describe('imap: other protocols, and broken IMAP', () => {
  test.each<[string, Script, string]>([
    ['SMTP', { greeting: '220 mail.example.org ESMTP\r\n' }, 'protocol'],
    ['POP3', { greeting: '+OK ready\r\n' }, 'protocol'],
    ['ACAP', { greeting: '* ACAP (IMPLEMENTATION "x")\r\n' }, 'protocol'],
    ['a greeting of NO', { greeting: '* NO no\r\n' }, 'protocol'],
    ['a greeting without a line end', { greeting: '+' }, 'protocol'],
    ['another tag', { AUTHENTICATE: 'a99 OK\r\n' }, 'protocol'],
    ['neither tag nor star', { AUTHENTICATE: 'OK welcome\r\n' }, 'protocol'],
    ['a tag without a state', { AUTHENTICATE: 'TAG WELL\r\n' }, 'protocol'],
    ['an endless question', { AUTHENTICATE: '+ \r\n', '': '+ \r\n' }, 'protocol'],
    ['STATUS without its data', { STATUS: 'TAG OK\r\n' }, 'protocol'],
    ['STATUS without numbers', { STATUS: '* STATUS INBOX (MESSAGES many)\r\nTAG OK\r\n' }, 'protocol'],
    ['a question to STATUS', { STATUS: '+ go on\r\n' }, 'protocol'],
    ['an endless line', { greeting: `* OK ${'x'.repeat(100_000)}` }, 'too_large'],
    ['an endless literal', { STATUS: '* STATUS {999999999}\r\n' }, 'too_large'],
    [
      'endless literals',
      { STATUS: `* STATUS {1000}\r\n${`${'x'.repeat(1000)}{1000}\r\n`.repeat(1100)}` },
      'too_large',
    ],
    ['endless data', { STATUS: '* 1 EXISTS\r\n'.repeat(2000) }, 'too_large'],
    ['endless words', { STATUS: '* OK still here\r\n'.repeat(2000) }, 'too_large'],
    ['no answer', { STATUS: '' }, 'timeout'],
  ])('%s', async (_what, script, code) => {
    const { result } = await probe(script, ME);
    expect([result.status, result.reason?.code], result.reason?.text).toEqual(['down', code]);
  });
});

describe('imap: the login', () => {
  const offering = (words: string): Script => ({
    greeting: `* OK [CAPABILITY IMAP4rev1 ${words}] ready\r\n`,
  });

  test('without SASL-IR the first message waits for the server', async () => {
    const { result, heard } = await probe(
      { ...offering('AUTH=PLAIN'), AUTHENTICATE: '+ \r\n', AG1lAHNlY3JldA: 'a1 OK\r\n' },
      ME,
    );
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(heard.slice(0, 2)).toEqual(['AUTHENTICATE PLAIN', 'AG1lAHNlY3JldA==']);
  });

  test('the command LOGIN where no mechanism is offered: quoted', async () => {
    const { result, heard } = await probe(offering(''), 'me:a%20%22b%5C@');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(heard[0]).toBe(String.raw`LOGIN "me" "a \"b\\"`);
  });

  test('LOGIN with a literal for what cannot be quoted', async () => {
    const { result, heard } = await probe(
      { ...offering(''), LOGIN: '+ go on\r\n', päss: 'a1 OK welcome\r\n' },
      'me:p%C3%A4ss@',
    );
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(heard.slice(0, 2)).toEqual(['LOGIN "me" {5}', 'päss']);
    const both = await probe(
      {
        ...offering(''),
        LOGIN: '+ go on\r\n',
        'mé {5}': '+ go on\r\n',
        päss: 'a1 OK\r\n',
        mé: '+ go on\r\n',
      },
      'm%C3%A9:p%C3%A4ss@',
    );
    expect(both.result.status, JSON.stringify(both.result.reasons)).toBe('up');
    expect(both.heard.slice(0, 3)).toEqual(['LOGIN {3}', 'mé {5}', 'päss']);
  });

  test('LOGIN forbidden and nothing else offered is auth', async () => {
    const { result } = await probe(offering('LOGINDISABLED AUTH=GSSAPI'), ME);
    expect(verdict(result)).toEqual(['down', 'auth', 'auth']);
    expect(result.reason?.text).toContain('offers GSSAPI');
  });

  test('without permission no password goes in the clear', async () => {
    const { result, heard } = await probe({}, ME, { allow_plaintext: false });
    expect(verdict(result)).toEqual(['down', 'tls_handshake', 'tls']);
    expect(heard).toEqual([]);
    const preauth = await probe({ greeting: '* PREAUTH welcome\r\n' }, ME, { allow_plaintext: false });
    expect(preauth.result.reason?.text).toContain('PREAUTH');
  });
});

describe('imap: STARTTLS', () => {
  const offering = { greeting: '* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n' };
  test.each<[string, string, string]>([
    ['offered, but refused', 'TAG NO no\r\n', 'tls_handshake'],
    ['bytes put in before the handshake', 'TAG OK go\r\n* injected\r\n', 'protocol'],
    ['a handshake that never comes', 'TAG OK go\r\n', 'timeout'],
  ])('%s', async (_what, answer, code) => {
    const { result } = await probe({ ...offering, STARTTLS: answer });
    expect(verdict(result)).toEqual(['down', code, 'tls']);
  });

  test('never: not even where it is offered', async () => {
    expect((await probe(offering, '', { starttls: 'never' })).result.status).toBe('up');
  });
});

describe('imap: the config', () => {
  test.each([
    ['imap://me@localhost', {}, 'a login needs both'],
    ['imap://me:pw@localhost', { starttls: 'never' }, 'sent in the clear'],
    ['imaps://localhost', { starttls: 'auto' }, 'TLS from the first byte'],
    ['imap://localhost', { mailbox: 'INBOX' }, 'it needs a login'],
    ['imap://me:pw@localhost', { mailbox: 'a\r\nb' }, 'a name on one line'],
  ])('%s %j', (target, options, words) => {
    expect(() => jobFor(imap, target, { options })).toThrow(words);
  });

  // The first three are of RFC 3501 §5.1.3.
  test.each([
    ['台北', '&U,BTFw-'],
    ['日本語', '&ZeVnLIqe-'],
    ['~peter/mail/台北/日本語', '~peter/mail/&U,BTFw-/&ZeVnLIqe-'],
    ['R&D', 'R&-D'],
    ['Entwürfe', 'Entw&APw-rfe'],
  ])('the mailbox %s is written %s', (name, encoded) => {
    expect(encodeMailbox(name)).toBe(encoded);
  });
});
