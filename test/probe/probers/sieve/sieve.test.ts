import { afterEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../lib/words/json.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { sieve } from '../../../../lib/probe/probers/sieve.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { until } from '../../../servers/daemon.ts';
import { type Script, type ScriptedServer, startScripted } from '../../../servers/scripted.ts';

const servers: ScriptedServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const LISTED =
  '"IMPLEMENTATION" "Little Sieve 1"\r\n"SASL" "PLAIN"\r\n"SIEVE" "fileinto vacation"\r\n"VERSION" "1.0"\r\n';
const HEALTHY: Script = {
  greeting: `${LISTED}OK\r\n`,
  AUTHENTICATE: 'OK\r\n',
  LISTSCRIPTS: '"summer"\r\n"rules" ACTIVE\r\nOK\r\n',
  LOGOUT: 'OK\r\n',
  '': 'NO "what?"\r\n',
};
const ME = 'me:secret@';

async function probe(script: Script, userinfo = '', options: JsonObject = {}, entry: Entry = {}) {
  const server = await startScripted({ ...HEALTHY, ...script });
  servers.push(server);
  const result = await probeTarget(sieve, `sieve://${userinfo}127.0.0.1:${String(server.port)}`, {
    options: { ...(userinfo === '' ? {} : { allow_plaintext: true }), ...options },
    timeout_ms: 500,
    ...entry,
  });
  await until('the connection to be closed', () => server.open() === 0);
  return { result, heard: server.heard };
}
const verdict = ({ status, reason }: Result) => [status, reason?.code ?? null, reason?.phase ?? null];

describe('sieve: legal forms of a healthy answer', () => {
  test.each<[string, Script]>([
    [
      'words for a person',
      { greeting: `${LISTED}OK "welcome"\r\n`, LISTSCRIPTS: '"a"\r\n"b" active\r\nok "two"\r\n' },
    ],
    ['line ends without a carriage return', { greeting: `${LISTED}OK\r\n`.replaceAll('\r', '') }],
    [
      'literals',
      {
        greeting: `{14}\r\nIMPLEMENTATION {14}\r\nLittle Sieve 1\r\n"SASL" {5}\r\nPLAIN\r\n"SIEVE" "x"\r\nOK {7}\r\nwelcome\r\n`,
        LISTSCRIPTS: '{5}\r\na\r\nOK\r\n"b" ACTIVE\r\nOK\r\n',
      },
    ],
    ['lower case', { greeting: LISTED.toLowerCase().concat('ok\r\n') }],
    [
      'response codes',
      {
        greeting: `${LISTED}OK (X-NEW "a \\"b\\" (c)") "welcome"\r\n`,
        AUTHENTICATE: 'OK (SASL "") "hi"\r\n',
      },
    ],
    ['capabilities of tomorrow', { greeting: `"XFUTURE" "a" "b"\r\n"UNAUTHENTICATE"\r\n${LISTED}OK\r\n` }],
    ['a question before PLAIN is done', { AUTHENTICATE: 'OK\r\n' }],
    ['nobody says goodbye', { LOGOUT: '' }],
  ])('%s', async (_what, script) => {
    const { result } = await probe(script, ME);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ scripts: 2, tls: false, auth_methods: ['PLAIN'] });
    expect(result.facts['implementation']).toMatch(/^little sieve 1$/i);
  });

  test('facts, and what is said', async () => {
    const { result, heard } = await probe({}, ME);
    expect(result.facts).toMatchObject({
      version: '1.0',
      extensions: ['fileinto', 'vacation'],
      scripts: 2,
      active_script: 'rules',
    });
    expect(heard).toEqual(['AUTHENTICATE "PLAIN" "AG1lAHNlY3JldA=="', 'LISTSCRIPTS', 'LOGOUT']);
    expect((await probe({})).heard).toEqual(['LOGOUT']);
    const none = await probe({ LISTSCRIPTS: 'OK\r\n' }, ME);
    expect(none.result.facts).toMatchObject({ scripts: 0 });
    expect(none.result.facts['active_script'] ?? null).toBeNull();
  });
});

describe('sieve: refusals', () => {
  test.each<[string, Script, string, string]>([
    ['a goodbye as greeting', { greeting: 'BYE "not now"\r\n' }, 'status', 'protocol'],
    ['too many connections', { greeting: 'BYE "Too many connections"\r\n' }, 'overloaded', 'protocol'],
    ['a greeting of NO', { greeting: 'NO (TRYLATER) "later"\r\n' }, 'status', 'protocol'],
    ['a wrong password', { AUTHENTICATE: 'NO "no"\r\n' }, 'auth', 'auth'],
    ['a mechanism too weak', { AUTHENTICATE: 'NO (AUTH-TOO-WEAK) "no"\r\n' }, 'auth', 'auth'],
    ['a store out of order', { AUTHENTICATE: 'NO (TRYLATER) {5}\r\nlater\r\n' }, 'status', 'auth'],
    ['a goodbye at the login', { AUTHENTICATE: 'BYE "we close"\r\n' }, 'status', 'auth'],
    ['no scripts', { LISTSCRIPTS: 'NO "no"\r\n' }, 'status', 'protocol'],
    ['a quota', { LISTSCRIPTS: 'NO (QUOTA/MAXSIZE) "no"\r\n' }, 'overloaded', 'protocol'],
    ['a goodbye', { LISTSCRIPTS: 'BYE "we close"\r\n' }, 'status', 'protocol'],
  ])('%s', async (_what, script, code, phase) => {
    const { result, heard } = await probe(script, ME);
    expect(verdict(result)).toEqual(['down', code, phase]);
    expect(heard.at(-1)).toBe('LOGOUT');
    expect(JSON.stringify(result)).not.toContain('AG1lAHNlY3JldA');
  });
});

describe('sieve: other protocols, and broken ManageSieve', () => {
  test.each<[string, Script, string]>([
    ['SMTP', { greeting: '220 mail.example.org ESMTP\r\n' }, 'protocol'],
    ['IMAP', { greeting: '* OK ready\r\n' }, 'protocol'],
    ['OK alone', { greeting: 'OK "hello"\r\n' }, 'protocol'],
    ['a word of another protocol', { greeting: 'Banner\r\n' }, 'protocol'],
    ['words without end', { greeting: `"a" ${'b '.repeat(500)}\r\n` }, 'protocol'],
    ['quotes without end', { greeting: `"a" ${'"\\'.repeat(2000)}\r\n` }, 'protocol'],
    ['an endless line', { greeting: `"${'x'.repeat(20_000)}` }, 'too_large'],
    ['an endless string', { greeting: '{999999999}\r\n' }, 'too_large'],
    ['endless capabilities', { greeting: '"X" "y"\r\n'.repeat(5000) }, 'too_large'],
    ['endless questions', { AUTHENTICATE: '""\r\n', '': '""\r\n' }, 'protocol'],
    ['no answer', { LISTSCRIPTS: '' }, 'timeout'],
  ])('%s', async (_what, script, code) => {
    const { result } = await probe(script, ME);
    expect([result.status, result.reason?.code], result.reason?.text).toEqual(['down', code]);
  });
});

describe('sieve: STARTTLS', () => {
  const offering = { greeting: `"STARTTLS"\r\n${LISTED}OK\r\n` };
  test.each<[string, string, string]>([
    ['offered, but refused', 'NO "no"\r\n', 'tls_handshake'],
    ['bytes put in before the handshake', `OK\r\n${LISTED}OK\r\n`, 'protocol'],
    ['a handshake that never comes', 'OK\r\n', 'timeout'],
  ])('%s', async (_what, answer, code) => {
    const { result } = await probe({ ...offering, STARTTLS: answer });
    expect(verdict(result)).toEqual(['down', code, 'tls']);
  });

  test('without permission no password goes in the clear', async () => {
    const { result, heard } = await probe({}, ME, { allow_plaintext: false });
    expect(verdict(result)).toEqual(['down', 'tls_handshake', 'tls']);
    expect(heard).toEqual([]);
  });
});

describe('sieve: the config', () => {
  test.each([
    ['sieve://me@localhost', {}, 'a login needs both'],
    ['sieve://me:pw@localhost', { starttls: 'never' }, 'sent in the clear'],
  ])('%s %j', (target, options, words) => {
    expect(() => jobFor(sieve, target, { options })).toThrow(words);
  });
});
