import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { TLSSocket, createSecureContext } from 'node:tls';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../lib/words/json.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { smtp } from '../../../../lib/probe/probers/smtp.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith, until } from '../../../servers/daemon.ts';

const peers: Peer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});

/** What the peer says to a command, by its beginning. */
type Script = { readonly [command: string]: string };
const HEALTHY: Script = {
  greeting: '220 mail.example.org ESMTP\r\n',
  EHLO: '250-mail.example.org\r\n250-SIZE 1000\r\n250 AUTH PLAIN LOGIN CRAM-MD5\r\n',
  'MAIL FROM': '250 2.1.0 Ok\r\n',
  'RCPT TO': '250 2.1.5 Ok\r\n',
  RSET: '250 2.0.0 Ok\r\n',
  QUIT: '221 2.0.0 Bye\r\n',
};

/** A server that follows a script, and writes down what it was told. */
async function scripted(script: Script): Promise<Peer & { readonly heard: string[] }> {
  const heard: string[] = [];
  const peer = await listen((socket) => follow(socket, { ...HEALTHY, ...script }, heard));
  peers.push(peer);
  return { ...peer, heard };
}

function follow(socket: Socket, script: Script, heard: string[]): void {
  if (script['greeting'] !== '') socket.write(script['greeting'] ?? '');
  let unread = '';
  socket.on('data', (data) => {
    const lines = (unread + data.toString()).split('\r\n');
    unread = lines.pop() ?? '';
    for (const line of lines) {
      heard.push(line);
      const known = Object.keys(script).find((command) => line.startsWith(command));
      socket.write(known === undefined ? '500 5.5.2 what?\r\n' : (script[known] ?? ''));
    }
  });
}

async function probe(script: Script, options: JsonObject = {}, entry: Entry = {}, userinfo = '') {
  const { port, heard, open } = await scripted(script);
  const result = await probeTarget(smtp, `smtp://${userinfo}127.0.0.1:${String(port)}`, {
    options,
    timeout_ms: 500,
    ...entry,
  });
  await until('the connection to be closed', () => open() === 0);
  return { result, heard };
}
const verdict = ({ status, reason }: Result) => [status, reason?.code ?? null, reason?.phase ?? null];

proberContract({
  prober: smtp,
  target: (port) => `smtp://127.0.0.1:${String(port)}`,
  healthy: () => scripted({}),
  codes: { smtp: ['status'], http: ['timeout'] },
  patient: ['http'],
});

describe('legal forms of a healthy answer', () => {
  test.each([
    [
      'a greeting of several lines',
      { greeting: '220-mail.example.org ESMTP\r\n220-no spam please\r\n220 ready\r\n' },
    ],
    ['a greeting of a code alone', { greeting: '220\r\n' }],
    ['line ends without a carriage return', { greeting: '220 mail\n', EHLO: '250-mail\n250 PIPELINING\n' }],
    ['no capabilities', { EHLO: '250 mail.example.org\r\n' }],
    ['lower case', { EHLO: '250-mail.example.org\r\n250-pipelining\r\n250 size\r\n' }],
    [
      'a hundred capabilities',
      { EHLO: `${Array.from({ length: 100 }, (_, n) => `250-X${String(n)}\r\n`).join('')}250 Z\r\n` },
    ],
    ['nobody says goodbye', { QUIT: '' }],
  ])('%s', async (_what, script) => {
    const { result } = await probe(script);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['code']).toBe(220);
  });

  test('facts: greeting, capabilities in upper case, size, methods of both spellings', async () => {
    const { result } = await probe({
      greeting: '220-mail.example.org ESMTP\r\n220 ready\r\n',
      EHLO: '250-mail.example.org\r\n250-pipelining\r\n250-Size 1000\r\n250-AUTH PLAIN cram-md5\r\n250 AUTH=LOGIN PLAIN\r\n',
    });
    expect(result.facts).toMatchObject({
      greeting: 'mail.example.org ESMTP\nready',
      capabilities: ['PIPELINING', 'SIZE 1000', 'AUTH PLAIN CRAM-MD5', 'AUTH=LOGIN PLAIN'],
      auth_methods: ['PLAIN', 'CRAM-MD5', 'LOGIN'],
      max_size: 1000,
      tls: false,
    });
  });

  test('what is said: EHLO with our own address, QUIT, nothing else', async () => {
    expect((await probe({})).heard).toEqual(['EHLO [127.0.0.1]', 'QUIT']);
    expect((await probe({}, { helo: 'probe.example.org' })).heard[0]).toBe('EHLO probe.example.org');
  });
});

describe('refusals', () => {
  test.each([
    ['greeting', '421 4.3.2 shutting down\r\n', 'overloaded', 421],
    ['greeting', '554 no SMTP service here\r\n', 'status', 554],
    ['greeting', '450 try later\r\n', 'status', 450],
    ['greeting', '451-4.3.0 broken\r\n451 4.3.0 indeed\r\n', 'status', 451],
    ['EHLO', '421 too many connections\r\n', 'overloaded', 421],
    ['EHLO', '450 4.7.1 come back\r\n', 'status', 450],
    ['EHLO', '550 5.7.1 go away\r\n', 'status', 550],
    ['EHLO', '502 5.5.1 not implemented\r\n', 'status', 502],
    ['MAIL FROM', '421 4.3.2 shutting down\r\n', 'overloaded', 421],
    ['MAIL FROM', '452 4.3.1 disk full\r\n', 'overloaded', 452],
    ['RCPT TO', '421 4.7.0 enough\r\n', 'overloaded', 421],
  ])('%s: %j', async (command, reply, code, number) => {
    const { result, heard } = await probe({ [command]: reply }, { rcpt_to: 'postmaster' });
    expect(verdict(result)).toEqual(['down', code, 'protocol']);
    expect(result.facts['code']).toBe(number);
    expect(result.reason?.text).toContain(String(number));
    expect(heard.at(-1)).toBe('QUIT');
  });

  test.each([
    ['MAIL FROM', '451 4.3.0 later\r\n', 'deferred', 451],
    ['MAIL FROM', '530 5.7.0 log in first\r\n', 'refused', 530],
    ['RCPT TO', '450 4.2.1 mailbox busy\r\n', 'deferred', 450],
    ['RCPT TO', '452 4.5.3 too many recipients\r\n', 'deferred', 452],
    ['RCPT TO', '550 5.1.1 no such user\r\n', 'refused', 550],
  ])('%s: %j is a fact of the recipient', async (command, reply, recipient, number) => {
    const { result } = await probe(
      { [command]: reply },
      { mail_from: 'a@example.org', rcpt_to: 'b@example.org' },
    );
    expect(verdict(result)).toEqual(['down', 'status', 'expect']);
    expect(result.facts).toMatchObject({ recipient, code: number, recipient_reply: reply.trim() });
    const wanted = await probe({ [command]: reply }, { rcpt_to: 'b@example.org' }, { expect: { recipient } });
    expect(wanted.result.status, JSON.stringify(wanted.result.reasons)).toBe('up');
  });

  test('an envelope is taken back; the sender alone can be asked about', async () => {
    const { heard } = await probe({}, { mail_from: 'a@example.org', rcpt_to: 'b@example.org' });
    expect(heard.slice(1)).toEqual(['MAIL FROM:<a@example.org>', 'RCPT TO:<b@example.org>', 'RSET', 'QUIT']);
    expect((await probe({}, { rcpt_to: 'b@example.org' })).heard[1]).toBe('MAIL FROM:<>');
    const refused = await probe({ 'MAIL FROM': '550 5.7.1 not you\r\n' }, { mail_from: 'a@example.org' });
    expect(refused.result.reason).toMatchObject({ code: 'status', fact: 'sender' });
    expect(refused.heard.at(-1)).toBe('QUIT');
  });
});

describe('other protocols, and broken SMTP', () => {
  test.each([
    ['FTP', { greeting: '220 (vsFTPd 3.0.3)\r\n', EHLO: '500 Unknown command.\r\n' }, 'protocol'],
    ['POP3', { greeting: '+OK ready\r\n' }, 'protocol'],
    ['IMAP', { greeting: '* OK ready\r\n' }, 'protocol'],
    ['a greeting of another code', { greeting: '200 news.example.org InterNetNews ready\r\n' }, 'protocol'],
    ['codes that differ within a reply', { EHLO: '250-mail\r\n550 no\r\n' }, 'protocol'],
    ['a line without a code', { EHLO: '250-mail\r\nPIPELINING\r\n250 x\r\n' }, 'protocol'],
    ['a code without a blank', { greeting: '2200 mail\r\n' }, 'protocol'],
    ['EHLO answered with 354', { EHLO: '354 go ahead\r\n' }, 'protocol'],
    ['RCPT answered with 354', { 'RCPT TO': '354 go ahead\r\n' }, 'protocol'],
    ['an endless line', { greeting: `220 ${'x'.repeat(20_000)}` }, 'too_large'],
    ['endless lines', { EHLO: '250-x\r\n'.repeat(2000) }, 'too_large'],
    ['no answer to EHLO', { EHLO: '' }, 'timeout'],
  ])('%s', async (_what, script, code) => {
    const { result } = await probe(script, { rcpt_to: 'postmaster' });
    expect(verdict(result)).toEqual(['down', code, 'protocol']);
  });
});

describe('logging in without TLS, where that was allowed', () => {
  const me = 'me%40example.org:p%C3%A4ss%3A@';
  const [user, password] = ['me@example.org', 'päss:'];
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const allowed = { allow_plaintext: true };
  const offering = (methods: string) => `250-mail\r\n250 AUTH ${methods}\r\n`;

  test('CRAM-MD5 first, for it does not show the password', async () => {
    const challenge = '<1896.697170952@postoffice.example.org>';
    const digest = createHmac('md5', password).update(challenge).digest('hex');
    const { result, heard } = await probe(
      { 'AUTH CRAM-MD5': `334 ${base64(challenge)}\r\n`, [base64(`${user} ${digest}`)]: '235 2.7.0 ok\r\n' },
      allowed,
      {},
      me,
    );
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(heard).toHaveLength(4);
  });

  test('PLAIN', async () => {
    const script = {
      EHLO: offering('LOGIN PLAIN'),
      [`AUTH PLAIN ${base64(`\0${user}\0${password}`)}`]: '235 ok\r\n',
    };
    expect((await probe(script, allowed, {}, me)).result.status).toBe('up');
  });

  test('LOGIN', async () => {
    const script = {
      EHLO: offering('LOGIN'),
      'AUTH LOGIN': '334 VXNlcm5hbWU6\r\n',
      [base64(user)]: '334 UGFzc3dvcmQ6\r\n',
      [base64(password)]: '235 ok\r\n',
    };
    expect((await probe(script, allowed, {}, me)).result.status).toBe('up');
  });

  test.each([
    ['535 5.7.8 authentication failed\r\n', 'auth'],
    ['534 5.7.9 mechanism too weak\r\n', 'auth'],
    ['454 4.7.0 temporary failure\r\n', 'status'],
    ['421 4.3.2 shutting down\r\n', 'overloaded'],
    ['250 ok?\r\n', 'protocol'],
  ])('%j', async (reply, code) => {
    const script = { EHLO: offering('PLAIN'), 'AUTH PLAIN': reply };
    const { result } = await probe(script, allowed, {}, me);
    expect(verdict(result)).toEqual(['down', code, 'auth']);
    expect(JSON.stringify(result)).not.toContain(base64(`\0${user}\0${password}`));
  });

  test('mechanisms that puptime does not know are told', async () => {
    const { result } = await probe({ EHLO: offering('GSSAPI XOAUTH2') }, allowed, {}, me);
    expect(verdict(result)).toEqual(['down', 'auth', 'auth']);
    expect(result.reason?.text).toContain('offers GSSAPI, XOAUTH2');
  });

  test('without that permission no password is sent in the clear', async () => {
    const { result, heard } = await probe({}, {}, {}, me);
    expect(verdict(result)).toEqual(['down', 'tls_handshake', 'tls']);
    expect(heard.join()).not.toContain('AUTH');
  });
});

describeWith(['openssl'], 'STARTTLS', () => {
  const offering = '250-mail\r\n250 STARTTLS\r\n';
  const entry = (): Entry => ({ service: { tls: { ca: testCertificates().ca }, ip: '4' } });

  test('offered, but refused', async () => {
    const { result } = await probe({ EHLO: offering, STARTTLS: '454 4.7.0 TLS not available\r\n' });
    expect(verdict(result)).toEqual(['down', 'tls_handshake', 'tls']);
    expect(result.facts).toMatchObject({ code: 454, tls: false });
  });

  test('bytes put in before the handshake are refused', async () => {
    const { result } = await probe({ EHLO: offering, STARTTLS: '220 go\r\n250 injected\r\n' }, {}, entry());
    expect(verdict(result)).toEqual(['down', 'protocol', 'tls']);
    expect(result.reason?.text).toContain('injected');
  });

  test('a handshake that never comes', async () => {
    const { result } = await probe({ EHLO: offering, STARTTLS: '220 go\r\n' }, {}, { timeout_ms: 300 });
    expect(verdict(result)).toEqual(['down', 'timeout', 'tls']);
  });

  test('what was offered before TLS counts for nothing afterwards, and no password comes before it', async () => {
    const heard: string[] = [];
    const { cert, key } = testCertificates().valid;
    const peer = await listen((socket) => {
      follow(
        socket,
        { ...HEALTHY, EHLO: '250-mail\r\n250-AUTH LOGIN\r\n250 STARTTLS\r\n', STARTTLS: '220 go\r\n' },
        heard,
      );
      socket.on('data', (data: Buffer) => {
        if (!data.toString().startsWith('STARTTLS')) return;
        socket.removeAllListeners('data');
        const secureContext = createSecureContext({ cert: readFileSync(cert), key: readFileSync(key) });
        const secure = new TLSSocket(socket, { isServer: true, secureContext });
        follow(
          secure,
          { ...HEALTHY, greeting: '', EHLO: '250-mail\r\n250 AUTH PLAIN\r\n', 'AUTH PLAIN': '235 ok\r\n' },
          heard,
        );
      });
    });
    peers.push(peer);
    const result = await probeTarget(smtp, `smtp://me:secret@localhost:${String(peer.port)}`, entry());
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    await until('the goodbye', () => heard.at(-1) === 'QUIT');
    expect(heard.map((line) => line.split(' ', 2).join(' '))).toEqual([
      'EHLO [127.0.0.1]',
      'STARTTLS',
      'EHLO [127.0.0.1]',
      'AUTH PLAIN',
      'QUIT',
    ]);
    expect(result.facts).toMatchObject({
      auth_methods: ['PLAIN'],
      capabilities: ['AUTH LOGIN', 'STARTTLS', 'AUTH PLAIN'],
    });
  });
});

describe('mistakes in the config', () => {
  test.each([
    ['smtp://me@localhost', {}, 'a login needs both'],
    ['smtp://me:pw@localhost', { starttls: 'never' }, 'sent in the clear'],
    ['smtps://localhost', { starttls: 'require' }, 'TLS from the first byte'],
    ['smtp://me:a%0Db@localhost', {}, 'a line end'],
    ['smtp://localhost', { helo: 'a b' }, 'expected a host name'],
    ['smtp://localhost', { rcpt_to: 'a>\r\nDATA' }, 'expected an address'],
    ['smtp://localhost', { mail_from: '<a@b>' }, 'expected an address'],
    ['smtp://localhost', { rcpt_to: '' }, 'expected an address'],
  ])('%s %j', (target, options, words) => {
    expect(() => jobFor(smtp, target, { options })).toThrow(words);
  });
});
