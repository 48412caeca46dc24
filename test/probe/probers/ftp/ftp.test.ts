import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { ftp } from '../../../../lib/probe/probers/ftp.ts';
import { parseListLine, parseMachineLine } from '../../../../lib/probe/probers/ftp/listed-entry.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { until } from '../../../servers/daemon.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';

const peers: Peer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});

/** What the peer says to a command, by its beginning; `data` is what its listing is. */
type Script = { readonly [command: string]: string };
const HEALTHY: Script = {
  greeting: '220 ftp.example.org\r\n',
  'AUTH TLS': '500 what?\r\n',
  USER: '331 password please\r\n',
  PASS: '230 welcome\r\n',
  FEAT: '211-Features:\r\n MLST type*;size*;modify*;\r\n UTF8\r\n211 End\r\n',
  CWD: '250 ok\r\n',
  MLSD: '150 here it comes\r\n',
  LIST: '150 here it comes\r\n',
  MLST: '250-Listing\r\n type=file;size=7;modify=20260101000000; a.txt\r\n250 End\r\n',
  MDTM: '213 20260101000000\r\n',
  done: '226 done\r\n',
  QUIT: '221 bye\r\n',
};

/** A faithful little server with MLSD, written from RFC 959, 2428 and 3659; Debian’s vsftpd has none. */
async function scripted(script: Script, data = '', port?: number) {
  const heard: string[] = [];
  const said = { ...HEALTHY, ...script };
  let control: Socket | null = null;
  const listing = await listen((socket) => {
    socket.end(data, () => setTimeout(() => control?.write(said['done'] ?? ''), 20));
  });
  const server = await listen((socket) => {
    control = socket;
    socket.write(said['greeting'] ?? '');
    let unread = '';
    socket.on('data', (chunk) => {
      const lines = (unread + chunk.toString()).split('\r\n');
      unread = lines.pop() ?? '';
      for (const line of lines) {
        heard.push(line);
        const known = Object.keys(said).find((command) => line.startsWith(command));
        if (line === 'EPSV' && known === undefined)
          socket.write(`229 Extended (|||${String(port ?? listing.port)}|)\r\n`);
        else socket.write(known === undefined ? '502 what?\r\n' : (said[known] ?? ''));
      }
    });
  });
  peers.push(listing, server);
  return { port: server.port, heard, listing };
}

async function probe(path: string, script: Script = {}, data = '', entry: Entry = {}, port?: number) {
  const server = await scripted(script, data, port);
  const result = await probeTarget(ftp, `ftp://127.0.0.1:${String(server.port)}${path}`, {
    timeout_ms: 2000,
    ...entry,
  });
  return { result, ...server };
}
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const MLSD = [
  'type=cdir;modify=20260102000000; .',
  'type=pdir;modify=20260102000000; ..',
  'Type=dir;Modify=20260102000000; sub',
  'type=file;size=10;modify=20260101000000.123; old one',
  'size=20;modify=20260103000000;type=file;unix.mode=0644; new',
  '',
].join('\r\n');

describe('ftp against a little peer with MLSD', () => {
  test('a directory by MLSD: files, size, the newest by its exact time; what is said', async () => {
    const { result, heard } = await probe('/pub/', {}, MLSD);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ files: 2, directories: 1, size: 30, newest: 'new', found: true });
    const age = (Date.now() - Date.UTC(2026, 0, 3)) / 1000;
    expect(Math.abs((result.facts['age_s'] as number) - age)).toBeLessThan(5);
    await until('the goodbye', () => heard.includes('QUIT'));
    expect(heard).toEqual([
      'AUTH TLS',
      'USER anonymous',
      'PASS puptime@',
      'FEAT',
      'CWD pub/',
      'EPSV',
      'MLSD',
      'QUIT',
    ]);
  });

  test('a file by MLST', async () => {
    const { result, heard } = await probe('/a.txt');
    expect(result.facts).toMatchObject({ found: true, size: 7 });
    expect(heard).toContain('MLST a.txt');
  });

  test.each([
    ['120 before 220', { greeting: '120 in a minute\r\n220 ready\r\n' }],
    [
      'a greeting of several lines',
      { greeting: '220-hello\r\n  free text\r\n500 is no code here\r\n220 ready\r\n' },
    ],
    ['no password wanted', { USER: '230 welcome\r\n' }],
    ['FEAT unknown', { FEAT: '500 what?\r\n', LIST: '125 already open\r\n' }],
    ['FEAT that lists nothing', { FEAT: '211 no features\r\n' }],
    ['AUTH wants a user first', { 'AUTH TLS': '530 log in first\r\n' }],
    ['EPSV with another delimiter', { done: '250 done\r\n' }],
    [
      'line ends without a carriage return',
      { greeting: '220 hello\n', USER: '331 and?\n', PASS: '230-a\n230 b\n' },
    ],
  ])('legal: %s', async (_what, script) => {
    const { result } = await probe('/pub/', script, MLSD);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test.each([
    ['421 at the door', { greeting: '421 too many\r\n' }, 'overloaded', 'protocol'],
    ['421 in the middle', { FEAT: '421 shutting down\r\n' }, 'overloaded', 'protocol'],
    [
      '530 too many users',
      { PASS: '530 Sorry, the maximum number of clients (1) are already connected.\r\n' },
      'overloaded',
      'auth',
    ],
    ['530 wrong password', { PASS: '530 Login incorrect.\r\n' }, 'auth', 'auth'],
    ['332 an account', { PASS: '332 account?\r\n' }, 'auth', 'auth'],
    ['451 at login', { PASS: '451 local error\r\n' }, 'status', 'auth'],
    ['a listing that breaks off', { done: '426 aborted\r\n' }, 'status', 'protocol'],
    ['no listing', { MLSD: '425 no data connection\r\n' }, 'status', 'protocol'],
    ['EPSV without a port', { EPSV: '229 somewhere\r\n' }, 'protocol', 'protocol'],
    ['EPSV with port 0', { EPSV: '229 ok (|||0|)\r\n' }, 'protocol', 'protocol'],
    ['AUTH TLS that fails', { 'AUTH TLS': '431 no resources\r\n' }, 'tls_handshake', 'tls'],
    ['a greeting of news', { greeting: '200 news\r\n' }, 'protocol', 'protocol'],
    ['a greeting of mail', { greeting: '220 mail.example.org ESMTP\r\n' }, 'protocol', 'protocol'],
  ] as const)('broken: %s', async (_what, script, code, phase) => {
    const { result } = await probe('/pub/', script, MLSD);
    expect(verdict(result), result.reason?.text).toEqual(['down', code, phase, null]);
  });

  test('passive ports that cannot be reached are told from the port itself', async () => {
    const { result } = await probe('/pub/', {}, '', {}, 1);
    expect(verdict(result)).toEqual(['down', 'refused', 'connect', null]);
    expect(result.reason?.text).toContain('listing');
    expect(result.facts).toMatchObject({ code: 220 });
  });

  test('what was said before TLS may be injected', async () => {
    const { result } = await probe('/', { 'AUTH TLS': '234 go\r\n230 logged in already\r\n' });
    expect(verdict(result)).toEqual(['down', 'protocol', 'tls', null]);
  });

  test.each([
    ['ftp://user@h/', {}, 'login needs both'],
    ['ftp://user:pass@h/', { starttls: 'never' }, 'in the clear'],
    ['ftps://h/', { starttls: 'auto' }, 'TLS from the first byte'],
    ['ftp://h/file', { login: false }, 'without a login'],
    ['ftp://h/a%0ADELE%20b', {}, 'line end'],
    ['ftp://u:a%0Ab@h/', {}, 'line end'],
  ])('%s %j is a mistake', (target, options, text) => {
    expect(() => jobFor(ftp, target, { options })).toThrow(text);
  });
});

describe('lines of listings', () => {
  const now = Date.UTC(2026, 5, 15);
  test.each([
    [
      '-rw-r--r--    1 ftp      ftp          1000 Jun 14 12:30 a file',
      'a file',
      'file',
      1000,
      Date.UTC(2026, 5, 14, 12, 30),
    ],
    ['-rw-r--r-- 1 ftp ftp 5 Dec 31 23:59 x', 'x', 'file', 5, Date.UTC(2025, 11, 31, 23, 59)],
    ['-rw-r--r-- 1 ftp ftp 5 Jan  2  2020  two blanks', ' two blanks', 'file', 5, Date.UTC(2020, 0, 2)],
    ['-rw-r--r-- 1 owner 5 Jan 2 2020 no group', 'no group', 'file', 5, Date.UTC(2020, 0, 2)],
    ['-rw-r--r-- 1 me Domain Users 5 Jan 2 2020 group', 'group', 'file', 5, Date.UTC(2020, 0, 2)],
    ['drwxr-xr-x+ 2 0 0 4096 Jan 2 2020 dir', 'dir', 'directory', null, Date.UTC(2020, 0, 2)],
    ['lrwxrwxrwx 1 0 0 3 Jan 2 2020 link -> to', 'link', 'file', null, Date.UTC(2020, 0, 2)],
    [
      '01-31-26  01:05PM                 1234 iis file',
      'iis file',
      'file',
      1234,
      Date.UTC(2026, 0, 31, 13, 5),
    ],
    ['01-31-2026  12:05AM       <DIR>          sub', 'sub', 'directory', null, Date.UTC(2026, 0, 31, 0, 5)],
  ] as const)('%s', (line, name, kind, size, changed) => {
    expect(parseListLine(line, now)).toEqual({ name, kind, size, changed });
  });

  test.each(['total 12', '', 'drwxr-xr-x 2 0 0 4096 Jan 2 2020 ..', 'no such thing', '-'.repeat(4000)])(
    'no entry: %s',
    (line) => expect(parseListLine(line, now)).toBeNull(),
  );

  test.each(['', 'x', 'type=cdir; .', ' name', 'a=b;'.repeat(500)])('no machine entry: %s', (line) =>
    expect(parseMachineLine(line)).toBeNull(),
  );
});
