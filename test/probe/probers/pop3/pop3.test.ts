import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../lib/words/json.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { pop3 } from '../../../../lib/probe/probers/pop3.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { until } from '../../../servers/daemon.ts';
import { type Script, type ScriptedServer, startScripted } from '../../../servers/scripted.ts';

const servers: ScriptedServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const HEALTHY: Script = {
  greeting: '+OK mail.example.org ready\r\n',
  CAPA: '+OK\r\nUSER\r\nUIDL\r\nIMPLEMENTATION Little POP 1.0\r\n.\r\n',
  USER: '+OK\r\n',
  PASS: '+OK\r\n',
  STAT: '+OK 5 1000\r\n',
  QUIT: '+OK bye\r\n',
  '': '-ERR what?\r\n',
};
const ME = 'me:se%20cret@';

async function probe(script: Script, userinfo = '', options: JsonObject = {}, entry: Entry = {}) {
  const server = await startScripted({ ...HEALTHY, ...script });
  servers.push(server);
  const result = await probeTarget(pop3, `pop3://${userinfo}127.0.0.1:${String(server.port)}`, {
    options: { ...(userinfo === '' ? {} : { allow_plaintext: true }), ...options },
    timeout_ms: 500,
    ...entry,
  });
  await until('the connection to be closed', () => server.open() === 0);
  return { result, heard: server.heard };
}
const verdict = ({ status, reason }: Result) => [status, reason?.code ?? null, reason?.phase ?? null];

describe('pop3: legal forms of a healthy answer', () => {
  test.each<[string, Script]>([
    ['no CAPA', { CAPA: '-ERR unknown command\r\n' }],
    ['a greeting of +OK alone', { greeting: '+OK\r\n' }],
    ['line ends without a carriage return', { greeting: '+OK ready\n', STAT: '+OK 5 1000\n' }],
    ['lower case', { greeting: '+ok ready\r\n', CAPA: '+ok\r\nuser\r\nuidl\r\n.\r\n' }],
    ['words after the counts', { STAT: '+OK 5 1000 octets\r\n' }],
    ['a line that begins with a dot', { CAPA: '+OK\r\n..X\r\nUSER\r\n.\r\n' }],
    ['no capabilities but USER', { CAPA: '+OK here they are\r\nUSER\r\n.\r\n' }],
    ['nobody says goodbye', { QUIT: '' }],
  ])('%s', async (_what, script) => {
    const { result, heard } = await probe(script, ME);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ messages: 5, size: 1000, tls: false, apop: false });
    expect(heard).toEqual(['CAPA', 'USER me', 'PASS se cret', 'STAT', 'QUIT']);
  });

  test('facts of a server without a login', async () => {
    const { result, heard } = await probe({});
    expect(result.facts).toMatchObject({
      greeting: 'mail.example.org ready',
      capabilities: ['USER', 'UIDL', 'IMPLEMENTATION Little POP 1.0'],
      implementation: 'Little POP 1.0',
      auth_methods: [],
    });
    expect(heard).toEqual(['CAPA', 'QUIT']);
  });
});

describe('pop3: refusals', () => {
  test.each<[string, Script, string, string]>([
    ['a greeting of -ERR', { greeting: '-ERR not now\r\n' }, 'status', 'protocol'],
    ['out of order', { greeting: '-ERR [SYS/TEMP] later\r\n' }, 'status', 'protocol'],
    ['too many connections', { greeting: '-ERR Too many connections\r\n' }, 'overloaded', 'protocol'],
    ['a wrong password', { PASS: '-ERR [AUTH] no\r\n' }, 'auth', 'auth'],
    ['a wrong password in words', { PASS: '-ERR no\r\n' }, 'auth', 'auth'],
    ['a user that is refused', { USER: '-ERR no\r\n' }, 'auth', 'auth'],
    ['a store out of order', { PASS: '-ERR [SYS/TEMP] no\r\n' }, 'status', 'auth'],
    ['a store gone for good', { PASS: '-ERR [SYS/PERM] no\r\n' }, 'status', 'auth'],
    ['another client', { PASS: '-ERR [IN-USE] no\r\n' }, 'overloaded', 'auth'],
    ['another client, in words', { PASS: '-ERR maildrop already locked\r\n' }, 'overloaded', 'auth'],
    ['too often', { PASS: '-ERR [LOGIN-DELAY] no\r\n' }, 'overloaded', 'auth'],
    ['no counts', { STAT: '-ERR no\r\n' }, 'status', 'protocol'],
    ['counts out of order', { STAT: '-ERR [SYS/TEMP] no\r\n' }, 'status', 'protocol'],
  ])('%s', async (_what, script, code, phase) => {
    const { result, heard } = await probe(script, ME);
    expect(verdict(result)).toEqual(['down', code, phase]);
    expect(heard.at(-1)).toBe('QUIT');
    expect(JSON.stringify(result)).not.toContain('se cret');
  });
});

describe('pop3: other protocols, and broken POP3', () => {
  test.each<[string, Script, string]>([
    ['SMTP', { greeting: '220 mail.example.org ESMTP\r\n' }, 'protocol'],
    ['IMAP', { greeting: '* OK ready\r\n' }, 'protocol'],
    ['Redis', { greeting: '-NOAUTH no\r\n' }, 'protocol'],
    ['a question as greeting', { greeting: '+ go on\r\n' }, 'protocol'],
    ['STAT without numbers', { STAT: '+OK many\r\n' }, 'protocol'],
    ['a question to PASS', { PASS: '+ \r\n' }, 'protocol'],
    ['an endless line', { greeting: `+OK ${'x'.repeat(20_000)}` }, 'too_large'],
    ['endless capabilities', { CAPA: `+OK\r\n${'X\r\n'.repeat(2000)}` }, 'too_large'],
    ['capabilities without an end', { CAPA: '+OK\r\nUSER\r\n' }, 'timeout'],
    ['no answer', { STAT: '' }, 'timeout'],
  ])('%s', async (_what, script, code) => {
    const { result } = await probe(script, ME);
    expect([result.status, result.reason?.code], result.reason?.text).toEqual(['down', code]);
  });
});

describe('pop3: the login', () => {
  const digest = createHash('md5').update('<1896.697170952@dbc.mtview.ca.us>tanstaaf').digest('hex');
  const offering = (sasl: string): Script => ({ CAPA: `+OK\r\nUSER\r\nSASL ${sasl}\r\n.\r\n` });

  test('APOP without TLS, where the greeting offers it: as RFC 1939 prints it', async () => {
    expect(digest).toBe('c4c9334bac560ecc979e58001b3e22fb');
    const script = {
      greeting: '+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n',
      APOP: '+OK\r\n',
      ...offering('PLAIN'),
    };
    const { result, heard } = await probe(script, 'mrose:tanstaaf@');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['apop']).toBe(true);
    expect(heard[1]).toBe(`APOP mrose ${digest}`);
    const refused = await probe({ ...script, APOP: '-ERR no\r\n' }, 'mrose:tanstaaf@');
    expect(verdict(refused.result)).toEqual(['down', 'auth', 'auth']);
  });

  test('what is in angles, but no timestamp, offers nothing', async () => {
    const { result } = await probe({ greeting: '+OK <ready> <<<@\r\n' }, ME);
    expect(result.facts['apop']).toBe(false);
    expect(result.status).toBe('up');
  });

  test('AUTH where it is offered; a long first message waits for the server', async () => {
    const { heard } = await probe({ ...offering('PLAIN'), AUTH: '+OK\r\n' }, 'me:pw@');
    expect(heard[1]).toBe('AUTH PLAIN AG1lAHB3');
    const long = 'x'.repeat(300);
    const later = await probe({ ...offering('PLAIN'), AUTH: '+ \r\n', AG1l: '+OK\r\n' }, `me:${long}@`);
    expect(later.result.status, JSON.stringify(later.result.reasons)).toBe('up');
    expect(later.heard[1]).toBe('AUTH PLAIN');
  });

  test('nothing that puptime knows is auth', async () => {
    const { result } = await probe({ CAPA: '+OK\r\nSASL GSSAPI\r\n.\r\n' }, ME);
    expect(verdict(result)).toEqual(['down', 'auth', 'auth']);
    expect(result.reason?.text).toContain('offers GSSAPI');
  });

  test('without permission no password goes in the clear', async () => {
    const { result, heard } = await probe({}, ME, { allow_plaintext: false });
    expect(verdict(result)).toEqual(['down', 'tls_handshake', 'tls']);
    expect(heard).toEqual(['CAPA']);
    const old = await probe({ CAPA: '-ERR\r\n' }, ME, { allow_plaintext: false });
    expect(old.result.reason?.text).toContain('does not know STLS');
    expect(old.heard).toEqual(['CAPA', 'STLS']);
  });
});

describe('pop3: STLS', () => {
  const offering = { CAPA: '+OK\r\nSTLS\r\n.\r\n' };
  test.each<[string, string, string]>([
    ['offered, but refused', '-ERR no\r\n', 'tls_handshake'],
    ['bytes put in before the handshake', '+OK go\r\n+OK injected\r\n', 'protocol'],
    ['a handshake that never comes', '+OK go\r\n', 'timeout'],
  ])('%s', async (_what, answer, code) => {
    const { result } = await probe({ ...offering, STLS: answer });
    expect(verdict(result)).toEqual(['down', code, 'tls']);
  });
});

describe('pop3: the config', () => {
  test.each([
    ['pop3://:pw@localhost', {}, 'a login needs both'],
    ['pop3://me:pw@localhost', { starttls: 'never' }, 'sent in the clear'],
    ['pop3s://localhost', { starttls: 'require' }, 'TLS from the first byte'],
    ['pop3://me%0Ayou:pw@localhost', {}, 'a line end'],
  ])('%s %j', (target, options, words) => {
    expect(() => jobFor(pop3, target, { options })).toThrow(words);
  });
});
